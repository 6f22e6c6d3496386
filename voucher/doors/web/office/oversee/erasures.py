"""注销申请: asked by people themselves, agreed to by one officer, carried out by another."""

from __future__ import annotations

from collections.abc import Callable

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.stages.oversee.privacy import erasing
from voucher.stages.oversee.privacy.holding import read_holding

ROWS_SHOWN, LONGEST_WORDS = 100, 200


@office.get("/erasures")
def erasures() -> ResponseReturnValue:
    """Show the requests that wait and those that ended."""
    door, regions = the_door(), current_actor().regions
    with door.read() as session:
        waiting, ended = (
            erasing.list_erasures(session, door.keyring, regions, waiting=each, limit=ROWS_SHOWN)
            for each in (True, False)
        )
        return render_template("office/erasures.html", waiting=waiting, ended=ended)


@office.get("/erasures/<int:request_id>")
def erasure(request_id: int) -> ResponseReturnValue:
    """Show one request: what of the person is held, and what would stay."""
    return _show(request_id)


@office.post("/erasures/<int:request_id>/agreements")
def agree_erasure(request_id: int) -> ResponseReturnValue:
    """Agree as the first of two."""
    return _decide(request_id, erasing.agree_erasure, "已同意，等待另一名审核人员办理注销")


@office.post("/erasures/<int:request_id>/executions")
def carry_out_erasure(request_id: int) -> ResponseReturnValue:
    """Erase the person as the second of two."""
    return _decide(request_id, erasing.erase_person, "已注销：密钥已销毁，姓名、号码不能再读出")


@office.post("/erasures/<int:request_id>/refusals")
def decline_erasure(request_id: int) -> ResponseReturnValue:
    """Turn a request down."""

    def decline(work: Work, found_id: int) -> object:
        return erasing.decline_erasure(
            work, found_id, fields.text("why", "不予办理的理由", limit=LONGEST_WORDS)
        )

    return _decide(request_id, decline, "已退回，理由会显示给本人")


def _decide(request_id: int, decide: Callable[[Work, int], object], words: str) -> ResponseReturnValue:
    def call(work: Work) -> Done:
        decide(work, request_id)
        return Done(words, url_for("web.office.erasures"))

    return submit(call, lambda: _show(request_id))


def _show(request_id: int) -> str:
    door = the_door()
    with door.read() as session:
        found = erasing.get_erasure(session, door.keyring, current_actor().regions, request_id)
        hands = [found.request.agreed_by_person_id, found.request.ended_by_person_id]
        return render_template(
            "office/erasure.html",
            found=found,
            holding=read_holding(session, door.keyring, found.request.person_id, door.today),
            hands=name_people(session, [each for each in hands if each is not None]),
        )
