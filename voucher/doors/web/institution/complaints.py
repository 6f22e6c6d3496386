"""投诉说明: what the office asks this institution about a complaint, never who complained; answered once."""

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
from voucher.rules.complaints import TOPIC_NAMES
from voucher.stages.oversee.complaints.handling import answer
from voucher.stages.oversee.complaints.queries import list_asked

PAGE = 20


@institution.get("/institution/complaints")
def complaints() -> ResponseReturnValue:
    """Show what this institution was asked about."""
    return _page()


@institution.post("/institution/complaints/<int:complaint_id>/answers")
def answer_complaint(complaint_id: int) -> ResponseReturnValue:
    """Answer, once."""

    def call(work: Work) -> Done:
        answer(work, complaint_id, fields.text("words", "说明", limit=1000))
        return Done("已提交说明，等人社部门下结论", url_for("web.institution.complaints"))

    return submit(call, _page)


def _page() -> str:
    before = fields.cursor("before")
    with the_door().read() as session:
        rows = list_asked(session, my_houses(PAYEE_STAFF), before_id=before or None, limit=PAGE)
        return render_template(
            "institution/complaints.html",
            rows=rows,
            topics={str(each): name for each, name in TOPIC_NAMES.items()},
            before=before,
            page=PAGE,
            today=the_door().today,
        )
