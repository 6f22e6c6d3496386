"""现场检查 at one's own institution: what was found, and the answer to it."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_DESK
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import my_houses
from voucher.plumbing.unit_of_work import Work
from voucher.rules.inspections import CHECKLIST, CONCLUSION_NAMES, MARK_NAMES
from voucher.stages.train import inspecting
from voucher.stages.train import queries as training
from voucher.stages.train.queries import inspections as reading

PAGE = 20


@institution.get("/institution/inspections")
def inspections() -> ResponseReturnValue:
    """Show the inspections this institution may know of."""
    return _page()


@institution.post("/institution/inspections/<int:inspection_id>/answers")
def answer_inspection(inspection_id: int) -> ResponseReturnValue:
    """Answer the findings, once."""

    def call(work: Work) -> Done:
        inspecting.answer(work, inspection_id, fields.text("words", "说明", limit=1000))
        return Done("已提交说明，等人社部门办结", url_for("web.institution.inspections"))

    return submit(call, _page)


def _page() -> str:
    before = fields.cursor("before")
    with the_door().read() as session:
        rows = reading.list_inspections(
            session, houses=my_houses(INSTITUTION_DESK), before_id=before or None, limit=PAGE
        )
        return render_template(
            "institution/inspections.html",
            rows=rows,
            classes=training.find_classes(session, [each.class_id for each in rows]),
            checklist=CHECKLIST,
            mark_names=MARK_NAMES,
            conclusions=CONCLUSION_NAMES,
            before=before,
            page=PAGE,
        )
