"""课程变更: what institutions change of approved classes; what waits is decided with an opinion."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.train.class_requests import show_requests
from voucher.plumbing.unit_of_work import Work
from voucher.stages.train import changing
from voucher.stages.train.queries import timetables as reading


@office.get("/office/timetable-changes")
def timetable_changes() -> ResponseReturnValue:
    """Show the changes of timetables that wait, or all."""
    return _page()


@office.post("/office/timetable-changes/<int:change_id>/decisions")
def decide_timetable(change_id: int) -> ResponseReturnValue:
    """Agree or decline."""

    def call(work: Work) -> Done:
        agreed = request.form.get("decision") == "agree"
        changing.decide_change(work, change_id, agreed, fields.text("opinion", "意见"))
        words = "已同意，课程表已更新，学员已告知" if agreed else "不同意，课程表不变"
        return Done(words, url_for("web.office.timetable_changes"))

    return submit(call, _page)


def _page() -> str:
    return show_requests(
        "office/timetable_changes.html",
        reading.list_timetable_changes,
        lambda each: (each.class_id,),
        lambda session, rows: {
            "sessions": reading.list_session_changes(session, [each.id for each in rows]),
            "today": the_door().today,
        },
    )
