"""课程变更: what institutions change of approved classes; what waits is decided with an opinion."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.stages.train import changing
from voucher.stages.train import queries as training
from voucher.stages.train.queries import timetables as reading

PER_PAGE = 20
STATES = {"waiting": "待审核", "all": "全部"}


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
    door, before = the_door(), fields.cursor("before")
    state = fields.asked("state", STATES) or "waiting"
    with door.read() as session:
        region, regions = reach.asked_regions(session)
        rows = reading.list_timetable_changes(
            session,
            regions=regions,
            waiting_only=state == "waiting",
            before_id=before or None,
            limit=PER_PAGE,
        )
        ids = {each.class_id for each in rows}
        views = training.view_classes(session, list(training.find_classes(session, ids).values()))
        return render_template(
            "office/timetable_changes.html",
            rows=rows,
            sessions=reading.list_session_changes(session, [each.id for each in rows]),
            classes={each.found.id: each for each in views},
            people=name_people(session, [each.asked_by_person_id for each in rows]),
            today=door.today,
            states=list(STATES.items()),
            regions=reach.list_region_choices(session),
            chosen={"region": region, "state": state},
            before=before,
            per_page=PER_PAGE,
        )
