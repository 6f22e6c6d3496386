"""The account's own sessions: where it is signed in, and ending the others."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.access import SIGN_IN_NEEDED
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import Visitor, current_visitor, read_idle_of
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.entrance.blueprint import entrance
from voucher.plumbing.unit_of_work import Work
from voucher.registry.sessions import end_sessions_of, list_sessions


@entrance.get("/sessions")
def sessions() -> ResponseReturnValue:
    """Show the living sessions of this account."""
    return _show()


@entrance.post("/sessions/endings")
def end_others() -> ResponseReturnValue:
    """End every session of this account but the present one."""
    visitor = _visitor()

    def call(work: Work) -> Done:
        ended = end_sessions_of(work, visitor.actor.user_id, keep=visitor.token_hash)
        return Done(f"已退出其他 {ended} 处登录", url_for("web.entrance.sessions"))

    return submit(call, _show)


def _visitor() -> Visitor:
    visitor = current_visitor()
    if visitor is None:
        raise SIGN_IN_NEEDED.refused()
    return visitor


def _show() -> str:
    visitor, door = _visitor(), the_door()
    with door.read() as session:
        rows = list_sessions(
            session,
            visitor.actor.user_id,
            door.at,
            idle_minutes=read_idle_of(session, visitor),
            password_alone=visitor.is_only_worker,
        )
        return render_template("entrance/sessions.html", rows=rows, own_hash=visitor.token_hash)
