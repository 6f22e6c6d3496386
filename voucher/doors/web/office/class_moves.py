"""拆班、并班: what institutions ask, decided with an opinion; agreed to, the people move at once."""

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
from voucher.stages.train import moving
from voucher.stages.train import queries as training
from voucher.stages.train.queries import changes as reading

PER_PAGE = 20
STATES = {"waiting": "待审核", "all": "全部"}


@office.get("/office/class-moves")
def class_moves() -> ResponseReturnValue:
    """Show the splits and mergers that wait, or all."""
    return _page()


@office.post("/office/class-moves/<int:move_id>/decisions")
def decide_move(move_id: int) -> ResponseReturnValue:
    """Agree or decline."""

    def call(work: Work) -> Done:
        agreed = request.form.get("decision") == "agree"
        moving.decide_move(work, move_id, agreed, fields.text("opinion", "意见"))
        words = "已同意，学员已转班，学时保留" if agreed else "不同意，已告知机构"
        return Done(words, url_for("web.office.class_moves"))

    return submit(call, _page)


def _page() -> str:
    door, before = the_door(), fields.cursor("before")
    state = fields.asked("state", STATES) or "waiting"
    with door.read() as session:
        region, regions = reach.asked_regions(session)
        rows = reading.list_moves(
            session,
            regions=regions,
            waiting_only=state == "waiting",
            before_id=before or None,
            limit=PER_PAGE,
        )
        ids = {side for each in rows for side in (each.from_class_id, each.to_class_id)}
        views = training.view_classes(session, list(training.find_classes(session, ids).values()))
        return render_template(
            "office/class_moves.html",
            rows=rows,
            classes={each.found.id: each for each in views},
            counts=reading.count_moved(session, [each.id for each in rows]),
            people=name_people(session, [each.asked_by_person_id for each in rows]),
            states=list(STATES.items()),
            regions=reach.list_region_choices(session),
            chosen={"region": region, "state": state},
            before=before,
            per_page=PER_PAGE,
        )
