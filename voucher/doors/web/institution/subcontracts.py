"""分包: classes this institution hands to others or is asked to teach; whoever is asked answers."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_DESK
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import list_houses, my_houses
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import read_parameter_number
from voucher.stages.train import subcontracting
from voucher.stages.train.queries.subcontracts import list_subcontracts

PAGE = 20


@institution.get("/institution/subcontracts")
def subcontracts() -> ResponseReturnValue:
    """Show what was handed on in either direction, the newest first, and how much of the year is left."""
    return _page()


@institution.post("/institution/subcontracts/<int:subcontract_id>/agreements")
def agree_to_teach(subcontract_id: int) -> ResponseReturnValue:
    """Agree to teach a class of another institution."""

    def call(work: Work) -> Done:
        subcontracting.agree_to_teach(work, subcontract_id)
        return Done("已同意承训，主办机构可以提交开班申请", url_for("web.institution.subcontracts"))

    return submit(call, _page)


@institution.post("/institution/subcontracts/<int:subcontract_id>/refusals")
def refuse_to_teach(subcontract_id: int) -> ResponseReturnValue:
    """Refuse, with why."""

    def call(work: Work) -> Done:
        why = fields.text("why", "不同意的理由", limit=400)
        subcontracting.refuse_to_teach(work, subcontract_id, why)
        return Done("已不同意承训，主办机构须改计划后才能提交", url_for("web.institution.subcontracts"))

    return submit(call, _page)


def _page() -> str:
    door, actor, before = the_door(), current_actor(), fields.cursor("before")
    houses = my_houses(INSTITUTION_DESK)
    with door.read() as session:
        rows = list_subcontracts(session, houses=houses, before_id=before or None, limit=PAGE)
        return render_template(
            "institution/subcontracts.html",
            rows=rows,
            answerable={
                each.subcontract.id
                for each in rows
                if each.state == "asked"
                and each.training_class.state in subcontracting.PLANNED
                and subcontracting.may_answer(actor, each.subcontract)
            },
            houses=houses,
            given=[
                (house.name, *subcontracting.count_given(session, house.id, door.today.year))
                for house in list_houses(session)
            ],
            limits={
                name: read_parameter_number(session, name, door.today, ())
                for name in (subcontracting.ALLOWED, subcontracting.SHARE_MOST, subcontracting.FREE)
            },
            year=door.today.year,
            before=before,
            page=PAGE,
        )
