"""The account's own sessions: where it is signed in, and ending the others."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.access import SIGN_IN_NEEDED
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import Visitor, current_visitor, read_idle_of
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.entrance.blueprint import entrance
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.changes import list_access_changes
from voucher.registry.access.linked_identities import is_linked
from voucher.registry.access.own_accounts import WAY_NAMES
from voucher.registry.access.sessions import end_one_of, end_sessions_of, list_sittings


@entrance.get("/sessions")
def sessions() -> ResponseReturnValue:
    """Show the living sessions of this account."""
    return show_sessions()


@entrance.post("/sessions/endings")
def end_others() -> ResponseReturnValue:
    """End every session of this account but the present one."""
    visitor = _visitor()

    def call(work: Work) -> Done:
        ended = end_sessions_of(work, visitor.actor.user_id, keep=visitor.token_hash)
        return Done(f"已退出其他 {ended} 处登录", url_for("web.entrance.sessions"))

    return submit(call, show_sessions)


@entrance.post("/sessions/ending")
def end_one() -> ResponseReturnValue:
    """End one other session of this account."""
    visitor = _visitor()

    def call(work: Work) -> Done:
        ended = end_one_of(work, visitor.actor.user_id, fields.text("session", "登录", limit=64))
        words = "已退出该处登录" if ended else "该处登录已经退出"
        return Done(words, url_for("web.entrance.sessions"))

    return submit(call, show_sessions)


def _visitor() -> Visitor:
    visitor = current_visitor()
    if visitor is None:
        raise SIGN_IN_NEEDED.refused()
    return visitor


def show_sessions() -> str:
    """Return the page of the account's living sessions."""
    visitor, door = _visitor(), the_door()
    with door.read() as session:
        rows = list_sittings(
            session,
            visitor.actor.user_id,
            door.at,
            idle_minutes=read_idle_of(session, visitor),
            password_alone=visitor.is_only_worker,
        )
        linked = is_linked(session, visitor.actor.user_id)
        changes = list_access_changes(session, visitor.actor.user_id)
    return render_template(
        "entrance/sessions.html",
        rows=rows,
        own_hash=visitor.token_hash,
        way_names=WAY_NAMES,
        sign_on=door.config.sign_on,
        linked=linked,
        changes=changes,
        has_password=not visitor.is_only_worker or visitor.has_password,
    )
