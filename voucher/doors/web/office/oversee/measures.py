"""处置: proposed with grounds and effect in view, confirmed by another person, then shown to everybody."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.measure_paper import answer_decision
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import SYSTEM_NAME, Happening, name_people
from voucher.ledger.states import list_events
from voucher.plumbing.unit_of_work import Work
from voucher.registry import sanctions
from voucher.registry.institutions import Institution
from voucher.registry.measure_paths import read_paths
from voucher.rules.lifecycle import EVENT_NAMES, STATE_NAMES, Thing
from voucher.rules.measure_effects import TOUCHED_NAMES, UNITS, Effect, say_then
from voucher.rules.measures import ENDING_NAMES, STEP_NAMES, WITH_DEADLINE, Ending, Step, find_path
from voucher.stages.oversee.complaints.queries import list_appeals
from voucher.stages.oversee.measures import drafting, queries
from voucher.stages.oversee.measures.confirming import confirm, drop
from voucher.stages.oversee.measures.effects import read_effect
from voucher.stages.oversee.measures.exposing import SHOWN
from voucher.stages.oversee.measures.grounds import list_attached, list_grounds
from voucher.stages.oversee.measures.models import Measure
from voucher.stages.oversee.measures.proposing import Proposal, propose

PER_PAGE = 20
STATES = dict(STATE_NAMES[Thing.MEASURE])
DEEDS = {str(each): name for each, name in STEP_NAMES.items()}
WORDS: dict[Step, str] = {
    Step.WARN: "约谈后机构仍在目录，可以照常开班；约谈的事实和要求写在下面。",
    Step.RECTIFY: "整改期间不能新开班、不能接收新学员；已在班的学员继续培训。",
    Step.SUSPEND: "停止新开班、报名和核销；在培的券停住，由您转班、本人另选或恢复后继续。",
    Step.DELIST: "移出目录并公开；在培的券停住，等待转班或本人另选。",
    Step.BLACKLIST: "查实造假的才列入，并公开；期满或申诉成立也只能先恢复到移出目录。",
    Step.REFER: "只作记录并出具移送书，不改变机构的状态；停住的款项按线索的结论办理。",
    Step.RESTORE: "确认后当即恢复；因它停住的券继续办理。黑名单只恢复到移出目录。",
}


@office.get("/office/measures")
def measures() -> ResponseReturnValue:
    """Show the measures of these regions, the newest first."""
    state, step = fields.asked("state", STATES), fields.asked("step", DEEDS)
    before = fields.cursor("before")
    with the_door().read() as session:
        rows = queries.list_measures(
            session,
            regions=current_actor().regions,
            states=[state] if state else None,
            step=step,
            before_id=before or None,
            limit=PER_PAGE,
        )
        return render_template(
            "office/measures.html",
            rows=rows,
            houses=_name_houses(session, rows),
            states=list(STATES.items()),
            steps=list(DEEDS.items()),
            chosen={"state": state, "step": step},
            before=before,
            per_page=PER_PAGE,
        )


@office.get("/office/institutions/<int:institution_id>/measures/<word>")
def new_measure(institution_id: int, word: str) -> ResponseReturnValue:
    """Ask what a step stands on, with everything it would touch."""
    return _ask(institution_id, word)


@office.post("/office/institutions/<int:institution_id>/measures/<word>")
def propose_measure(institution_id: int, word: str) -> ResponseReturnValue:
    """Propose a step; nothing happens to the institution yet."""
    step = _step(word)

    def call(work: Work) -> Done:
        made = propose(work, institution_id, _read_proposal(step), seen=_seen())
        heard = f"；机构可以在 {made.heard_until} 前陈述申辩" if made.heard_until else ""
        return Done(f"已提出，等待另一人确认{heard}；确认前一切不变", address_of(made.id))

    return submit(call, lambda: _ask(institution_id, word))


@office.get("/office/measures/<int:measure_id>")
def measure(measure_id: int) -> ResponseReturnValue:
    """Show one measure: grounds, effect as shown and as it is now, what was said to it, what came of it."""
    return show_measure(measure_id)


@office.post("/office/measures/<int:measure_id>/confirmations")
def confirm_measure(measure_id: int) -> ResponseReturnValue:
    """Confirm what another person proposed."""

    def call(work: Work) -> Done:
        done = confirm(work, measure_id, seen=_seen())
        held = f"；{done.vouchers_held:,} 张在培券已停住，请逐班转班" if done.vouchers_held else ""
        freed = f"；{done.vouchers_released:,} 张停住的券已恢复办理" if done.vouchers_released else ""
        name = STATE_NAMES[Thing.INSTITUTION][done.state]
        return Done(f"已确认，机构现为：{name}{held}{freed}", address_of(measure_id))

    return submit(call, lambda: show_measure(measure_id))


@office.post("/office/measures/<int:measure_id>/dismissals")
def drop_measure(measure_id: int) -> ResponseReturnValue:
    """Drop a proposal."""

    def call(work: Work) -> Done:
        drop(work, measure_id, fields.text("why", "理由"))
        return Done("已作废，机构的状态没有变", address_of(measure_id))

    return submit(call, lambda: show_measure(measure_id))


@office.get("/office/measures/<int:measure_id>/decision.pdf")
def measure_paper(measure_id: int) -> Response:
    """Hand out the notice, the decision or the letter of referral."""
    with the_door().read() as session:
        found = queries.get_measure(session, measure_id, current_actor().regions)
        return answer_decision(session, found)


def list_open_steps(session: Session, institution: Institution, today: date) -> list[tuple[str, str, bool]]:
    """Return the steps this actor may propose for an institution: word, name, whether it is a leap."""
    actor = current_actor()
    return [
        (str(each.step), STEP_NAMES[each.step], each.is_direct)
        for each in read_paths(session)
        if each.from_state == institution.state
        and each.since <= today
        and (each.until is None or today <= each.until)
        and actor.has(*sanctions.roles_for(str(each.step)))
    ]


def view_effect(effect: Effect) -> list[tuple[str, str, int, int | None, str]]:
    """Return an effect as a table: what, how many, of how many people, in fen, what becomes of it."""
    return [
        (
            TOUCHED_NAMES[each.touched],
            f"{each.count:,} {UNITS.get(each.touched, '张')}",
            each.people,
            each.amount_fen,
            say_then(effect.step, each.touched, effect.from_state) if each.count else "没有",
        )
        for each in effect.lines
    ]


def _step(word: str) -> Step:
    if word not in DEEDS:
        abort(404)
    return Step(word)


def _seen() -> str:
    return fields.text("seen", "后果摘要", limit=64)


def address_of(measure_id: int) -> str:
    """Return where a measure's page lies."""
    return url_for("web.office.measure", measure_id=measure_id)


def _name_houses(session: Session, rows: list[Measure]) -> dict[int, str]:
    found = (session.get(Institution, each) for each in sorted({row.institution_id for row in rows}))
    return {each.id: each.name for each in found if each is not None}


def _read_proposal(step: Step) -> Proposal:
    return Proposal(
        step=step,
        facts=fields.text("facts", "事实", limit=1000),
        legal_basis=fields.text("legal_basis", "法律依据"),
        grounds=request.form.getlist("ground"),
        skip_why=fields.text("skip_why", "越级的理由", required=False),
        demand=fields.text("demand", "要求", required=False),
        deadline_on=fields.day("deadline_on", "整改期限") if step in WITH_DEADLINE else None,
        until_on=fields.day("until_on", "黑名单期限") if step is Step.BLACKLIST else None,
        recipient=fields.text("recipient", "移送机关", limit=100) if step is Step.REFER else "",
        ending=fields.one_of("ending", "恢复的缘由", Ending) if step is Step.RESTORE else None,
    )


def _ask(institution_id: int, word: str) -> str:
    step, door = _step(word), the_door()
    with door.read() as session:
        found = sanctions.get_institution_within(session, institution_id, current_actor().regions)
        path = find_path(read_paths(session), found.state, step, door.today)
        effect = read_effect(session, found, step)
        return render_template(
            "office/new_measure.html",
            found=found,
            step=word,
            name=STEP_NAMES[step],
            words=WORDS[step],
            path=path,
            grounds=list_grounds(session, institution_id),
            effect=view_effect(effect),
            seen=effect.digest,
            endings=[(str(each), words) for each, words in ENDING_NAMES.items()],
            has_deadline=step in WITH_DEADLINE,
            waiting=queries.find_proposed(session, institution_id),
        )


def show_measure(measure_id: int) -> str:
    """Return a measure's page with what may be done next."""
    door, actor = the_door(), current_actor()
    with door.read() as session:
        found = queries.get_measure(session, measure_id, actor.regions)
        house = session.get_one(Institution, found.institution_id)
        shown = Effect.of_json(found.shown)
        now = read_effect(session, house, shown.step) if found.state == "proposed" else None
        events = list_events(session, Thing.MEASURE, measure_id)
        names = name_people(session, [each.actor_person_id for each in events])
        exposure = queries.find_exposure(session, measure_id)
        may_act = actor.has(*sanctions.roles_for(found.step))
        context: dict[str, Any] = {
            "found": found,
            "house": house,
            "effect": view_effect(now or shown),
            "seen": now.digest if now is not None else "",
            "is_stale": now is not None and now.digest != shown.digest,
            "grounds": list_attached(session, measure_id, house.id),
            "ending": ENDING_NAMES[Ending(found.ending)] if found.ending else None,
            "appeals": list_appeals(session, [measure_id])[measure_id],
            "exposure": exposure,
            "may_decide": may_act and found.state == "proposed",
            "is_own": found.proposed_by_person_id == actor.person_id,
            "is_heard": found.heard_until is None
            or found.stated_at is not None
            or door.today > found.heard_until,
            "draft": (draft := drafting.find_draft(session, measure_id)),
            "is_own_draft": draft is not None and draft.drafted_by_person_id == actor.person_id,
            "may_release": draft is not None and actor.has(*OFFICERS),
            "may_expose": exposure is None
            and draft is None
            and found.state == "final"
            and Step(found.step) in SHOWN
            and actor.has(*OFFICERS),
            "may_take_down": exposure is not None and exposure.removed_at is None and actor.has(*OFFICERS),
            "words": WORDS[shown.step],
            "happenings": [
                Happening(
                    EVENT_NAMES[Thing.MEASURE][each.event],
                    SYSTEM_NAME if each.event == "finish" else names.get(each.actor_person_id, "机构"),
                    each.at,
                    each.reason,
                )
                for each in events
            ],
        }
        return render_template("office/measure.html", **context)
