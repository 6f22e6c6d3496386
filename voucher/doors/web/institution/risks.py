"""线索说明: what a supervisor asks this institution about a risk flag, and its answer, once."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import PAYEE_STAFF
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import my_houses
from voucher.plumbing.unit_of_work import Work
from voucher.rules.risk.catalogue import BY_CODE
from voucher.stages.oversee.risk.answering import answer
from voucher.stages.oversee.risk.queries import list_asked

PAGE = 20


@institution.get("/institution/risks")
def risks() -> ResponseReturnValue:
    """Show what this institution was asked about."""
    return _page()


@institution.post("/institution/risks/<int:flag_id>/answers")
def answer_risk(flag_id: int) -> ResponseReturnValue:
    """Answer, once."""

    def call(work: Work) -> Done:
        answer(work, flag_id, fields.text("words", "说明", limit=1000))
        return Done("已提交说明，等监管人员下结论", url_for("web.institution.risks"))

    return submit(call, _page)


def _page() -> str:
    before = fields.cursor("before")
    with the_door().read() as session:
        rows = list_asked(session, my_houses(PAYEE_STAFF), before_id=before or None, limit=PAGE)
        return render_template(
            "institution/risks.html",
            rows=rows,
            rules=BY_CODE,
            before=before,
            page=PAGE,
            today=the_door().today,
        )
