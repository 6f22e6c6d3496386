"""名册反映: people who never asked for the class whose intake names them, answered one by one."""

from __future__ import annotations

from enum import StrEnum

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.unit_of_work import Work
from voucher.stages.train import disowning
from voucher.stages.train.queries.intake_denials import page_denials

PER_PAGE = 20
STATES = {"open": True, "closed": False}


class Finding(StrEnum):
    """What the office found a case to be."""

    TRUE = "true"
    UNTRUE = "false"


@office.get("/office/intake-denials")
def intake_denials() -> ResponseReturnValue:
    """Show what people of these regions say of intakes, with the form that answers each."""
    return _list()


@office.post("/office/intake-denials/<int:denial_id>/answers")
def answer_intake_denial(denial_id: int) -> ResponseReturnValue:
    """Say what was found."""

    def call(work: Work) -> Done:
        upheld = fields.one_of("upheld", "是否属实", Finding) is Finding.TRUE
        disowning.answer(
            work, denial_id, upheld=upheld, words=fields.text("answer", "核实情况和结论", limit=1000)
        )
        words = "已答复：属实，已从名册去掉，机构不能再列入" if upheld else "已答复：不属实，名册恢复"
        return Done(words, url_for("web.office.intake_denials"))

    return submit(call, _list)


def _list() -> str:
    door, before = the_door(), fields.cursor("before")
    state = fields.asked("state", STATES)
    with door.read() as session:
        rows = page_denials(
            session,
            door.keyring,
            current_actor().regions,
            standing=STATES[state] if state else None,
            before_id=before or None,
            limit=PER_PAGE,
        )
    return render_template(
        "office/intake_denials.html",
        rows=rows,
        state=state,
        before=before,
        per_page=PER_PAGE,
        today=door.today,
    )
