"""领券申请: the office reads what was said, asks item by item, agrees or declines, the days left in sight."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import SYSTEM_NAME, name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry.outside.reading import read_outside
from voucher.rules.applications import Demand
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.outside import FACT_NAMES, FactKind
from voucher.stages.issue import queries
from voucher.stages.issue.applications import deciding, filing

PER_PAGE = 50
ALL = "all"
DEMANDS_MOST = 10
STATES = STATE_NAMES[Thing.APPLICATION]


@office.get("/office/applications")
def applications() -> ResponseReturnValue:
    """Show the applications of the visitor's regions, those waiting for the office unless asked otherwise."""
    door, before = the_door(), fields.cursor("before")
    asked = fields.asked("state", {*STATES, ALL}) or "filed"
    with door.read() as session:
        rows = queries.list_applications(
            session,
            door.keyring,
            current_actor().regions,
            state=None if asked == ALL else asked,
            before_id=before or None,
            limit=PER_PAGE,
        )
        regions = reach.name_regions(session, {each.region_code for each in rows})
    return render_template(
        "office/applications.html",
        rows=rows,
        asked=asked,
        states=STATES,
        region_names=regions,
        per_page=PER_PAGE,
        before=before,
    )


@office.get("/office/applications/<int:application_id>")
def application(application_id: int) -> ResponseReturnValue:
    """Show one application with what other systems have said of the person."""
    return _show(application_id)


@office.post("/office/applications/<int:application_id>/questions")
def ask_applicant(application_id: int) -> ResponseReturnValue:
    """Ask what is unclear, item by item."""

    def call(work: Work) -> Done:
        found = deciding.ask_clarification(work, application_id, _read_questions())
        until = found.answer_by.isoformat() if found.answer_by else ""
        return Done(f"已要求补充说明，{until} 前答复", _here(application_id))

    return submit(call, lambda: _show(application_id))


@office.post("/office/applications/<int:application_id>/decision")
def decide_application(application_id: int) -> ResponseReturnValue:
    """Agree or decline, with the reason."""

    def call(work: Work) -> Done:
        opinion = fields.text("opinion", "办理意见")
        if request.form.get("decision") == "approve":
            deciding.approve(work, application_id, opinion)
            return Done("已同意，本人可以领取", _here(application_id))
        deciding.decline(work, application_id, opinion)
        return Done("不予同意，已告知本人", _here(application_id))

    return submit(call, lambda: _show(application_id))


@office.get("/office/programmes/<int:programme_id>/demands")
def demands(programme_id: int) -> ResponseReturnValue:
    """Show what a programme wants proven."""
    return _show_demands(programme_id)


@office.post("/office/programmes/<int:programme_id>/demands")
def state_demands(programme_id: int) -> ResponseReturnValue:
    """Write what a draft programme wants proven."""

    def call(work: Work) -> Done:
        filing.state_demands(work, programme_id, _read_demands())
        return Done("已保存要求的证明", url_for("web.office.demands", programme_id=programme_id))

    return submit(call, lambda: _show_demands(programme_id))


def _read_questions() -> dict[int, str]:
    numbers = [each.removeprefix("ask-") for each in request.form if each.startswith("ask-")]
    return {
        int(each): fields.text(f"ask-{each}", "要补充什么", required=False)
        for each in numbers
        if each.isascii() and each.isdigit() and len(each) <= 18
    }


def _read_demands() -> list[Demand]:
    found = []
    for position in range(1, DEMANDS_MOST + 1):
        label = fields.text(f"label-{position}", "证明", required=False, limit=60)
        fact = request.form.get(f"fact-{position}", "")
        if label:
            found.append(Demand(label, FactKind(fact) if fact in set(FactKind) else None))
    return found


def _here(application_id: int) -> str:
    return url_for("web.office.application", application_id=application_id)


def _show(application_id: int) -> str:
    door, actor = the_door(), current_actor()
    with door.read() as session:
        found = queries.get_application(session, door.keyring, application_id, regions=actor.regions)
        facts = read_outside(session, [found.person_id]).get(found.person_id, {})
        places = {each.id: each.place for each in found.list_attachments()}
        looks = queries.list_looks(session, list(places))
        names = name_people(session, [each.person_id for each in looks])
    return render_template(
        "office/application.html",
        found=found,
        facts=[(FACT_NAMES[kind], each) for kind, told in facts.items() for each in told],
        looks=[
            (places[each.attachment_id], names.get(each.person_id, SYSTEM_NAME), each.at) for each in looks
        ],
    )


def _show_demands(programme_id: int) -> str:
    actor = current_actor()
    with the_door().read() as session:
        programme = queries.get_programme(session, programme_id, actor.regions)
        standing = queries.demands_of(session, programme_id)
    return render_template(
        "office/demands.html",
        programme=programme,
        standing=standing,
        facts=list(FACT_NAMES.items()),
        rows=range(1, min(DEMANDS_MOST, len(standing) + 3) + 1),
    )
