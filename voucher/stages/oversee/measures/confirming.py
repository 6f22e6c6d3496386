"""Confirming a measure (确认处置): another person, the same effect in view, and then it happens."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from voucher.ledger.states import move
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.registry.measure_paths import read_paths
from voucher.registry.tables import require_parameter_number
from voucher.rules.approval import check_two_people
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.measure_effects import check_seen
from voucher.rules.measures import Ending, Step, check_heard, find_path
from voucher.rules.words import check_why
from voucher.stages.oversee.measures.effects import read_effect
from voucher.stages.oversee.measures.exposing import remove_exposures
from voucher.stages.oversee.measures.imposing import Imposed, impose
from voucher.stages.oversee.measures.models import Measure
from voucher.stages.oversee.measures.proposing import check_ending
from voucher.stages.oversee.measures.queries import find_upheld, select_standing
from voucher.stages.oversee.measures.reading import load_measure

APPEAL_DAYS = "measure_appeal_days"


def confirm(work: Work, measure_id: int, *, seen: str) -> Imposed:
    """Confirm what another person proposed, with what it touches now in view; `seen` is its digest.

    Raises Refused measure_missing, role_missing, measure_own_institution, second_person_needed,
    event_not_allowed, measure_hearing_open, measure_step_not_open, measure_effect_changed.
    """
    measure = load_measure(work, measure_id)
    check_event(Thing.MEASURE, measure.state, "confirm")
    check_two_people(measure.proposed_by_person_id, work.actor.person_id)
    check_heard(work.today, measure.heard_until, has_stated=measure.stated_at is not None)
    step = Step(measure.step)
    institution = work.session.get_one(Institution, measure.institution_id)
    find_path(read_paths(work.session), institution.state, step, work.today)
    if measure.ending is not None:
        check_ending(work, institution, Ending(measure.ending))
    check_seen(read_effect(work.session, institution, step), seen)
    before = institution.state
    done = impose(work, measure.institution_id, measure.step, measure.facts)
    days = require_parameter_number(work.session, APPEAL_DAYS, work.today, ())
    # set together: a query between them would flush half
    measure.decided_by_person_id, measure.decided_at = work.actor.person_id, work.at
    measure.appeal_until = work.today + timedelta(days=days)
    measure.applied = asdict(done)
    work.session.flush()
    move(work, Measure, [measure], "confirm", content={measure.id: asdict(done)})
    if measure.ending is not None:
        _end_standing(work, measure, before)
    return done


def drop(work: Work, measure_id: int, why: str) -> Measure:
    """Drop a proposal: nothing happens to the institution.

    Raises Refused measure_missing, role_missing, measure_own_institution, why_missing, event_not_allowed.
    """
    said = check_why(why)
    measure = load_measure(work, measure_id)
    move(work, Measure, [measure], "drop", reason=said)
    return measure


def _end_standing(work: Work, restoration: Measure, before: str) -> None:
    """Lift what a restoration ends; what an appeal of its own was upheld against falls, with its exposure."""
    ended = work.session.scalars(
        select_standing(restoration.institution_id, before).order_by(Measure.id).with_for_update()
    ).all()
    upheld = find_upheld(work.session, [each.id for each in ended])
    why = f"{restoration.number}：{restoration.facts}"
    lifted = [each for each in ended if each.id not in upheld]
    overturned = [each for each in ended if each.id in upheld]
    if lifted:
        move(work, Measure, lifted, "lift", reason=why)
    if overturned:
        move(work, Measure, overturned, "overturn", reason=why)
        remove_exposures(work, upheld, why)
