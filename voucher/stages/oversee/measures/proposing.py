"""Proposing a measure (提出处置): facts, grounds, legal basis, and the effect that was on the page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.registry import sanctions
from voucher.registry.institutions import Institution
from voucher.registry.measure_paths import read_paths
from voucher.registry.tables import read_calendar
from voucher.rules.calendar import add_workdays
from voucher.rules.lifecycle import Thing
from voucher.rules.measure_effects import check_seen
from voucher.rules.measures import (
    WITH_DEADLINE,
    Ending,
    Step,
    check_details,
    check_grounds,
    check_restorable,
    find_path,
)
from voucher.rules.words import check_why
from voucher.stages.oversee.measures.effects import read_effect
from voucher.stages.oversee.measures.grounds import choose_grounds
from voucher.stages.oversee.measures.models import Measure, MeasureGround
from voucher.stages.oversee.measures.queries import list_standing
from voucher.stages.oversee.measures.reading import check_apart


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed; what does not belong to its step is left empty."""

    step: Step
    facts: str
    legal_basis: str
    grounds: Collection[str] = ()
    skip_why: str = ""
    demand: str = ""
    deadline_on: date | None = None
    until_on: date | None = None
    recipient: str = ""
    ending: Ending | None = None


def propose(work: Work, institution_id: int, wish: Proposal, *, seen: str) -> Measure:
    """Propose a step; nothing happens to the institution until another person confirms it.

    `seen` is the digest of the effect on the page. Raises Refused role_missing, institution_absent,
    measure_own_institution, measure_step_not_open, measure_ground_missing, measure_skip_unexplained,
    measure_detail_missing, measure_not_proven, measure_not_expired, measure_no_appeal_upheld,
    measure_effect_changed, measure_open_already, why_missing, calendar_year_missing.
    """
    institution = sanctions.lock_institution(work, institution_id, str(wish.step))
    check_apart(work, institution_id)
    facts = check_why(wish.facts)
    path = find_path(read_paths(work.session), institution.state, wish.step, work.today)
    basis = wish.legal_basis.strip() or path.legal_basis
    grounds = choose_grounds(work.session, institution_id, wish.grounds)
    check_grounds(path, len(grounds), wish.skip_why)
    check_details(
        wish.step, work.today, deadline_on=wish.deadline_on, until_on=wish.until_on,
        recipient=wish.recipient, ending=wish.ending,
    )  # fmt: skip
    if wish.step is Step.RESTORE and wish.ending is not None:
        check_ending(work, institution, wish.ending)
    now = read_effect(work.session, institution, wish.step)
    check_seen(now, seen)
    heard_until = None
    if path.hearing_workdays:
        calendar = read_calendar(work.session)
        heard_until = add_workdays(work.today, path.hearing_workdays, calendar, count_first=False)
    made = Measure(
        institution_id=institution_id,
        region_code=institution.region_code,
        step=str(wish.step),
        from_state=institution.state,
        is_direct=path.is_direct,
        facts=facts,
        legal_basis=basis,
        skip_why=wish.skip_why.strip() or None if path.is_direct else None,
        demand=wish.demand.strip() or None,
        deadline_on=wish.deadline_on if wish.step in WITH_DEADLINE else None,
        until_on=wish.until_on if wish.step is Step.BLACKLIST else None,
        recipient=wish.recipient.strip() if wish.step is Step.REFER else None,
        ending=str(wish.ending) if wish.step is Step.RESTORE and wish.ending is not None else None,
        shown=now.as_json(),
        heard_until=heard_until,
        proposed_by_person_id=work.actor.person_id,
        proposed_at=work.at,
        **states.first_state(Thing.MEASURE, "propose"),
    )
    work.session.add(made)
    work.session.flush()
    work.session.add_all(
        MeasureGround(measure_id=made.id, kind=str(each.kind), object_id=each.object_id) for each in grounds
    )
    work.session.flush()
    told = {"step": made.step, "institution": institution_id, "grounds": [each.key for each in grounds]}
    states.begin(work, Thing.MEASURE, [made.id], "propose", reason=facts, content={made.id: told})
    return made


def check_ending(work: Work, institution: Institution, ending: Ending) -> None:
    """Check that what is to restore an institution is true of it.

    Raises Refused measure_not_proven, measure_not_expired, measure_no_appeal_upheld.
    """
    standing = list_standing(work.session, institution.id, institution.state)
    check_restorable(ending, standing, work.today)
