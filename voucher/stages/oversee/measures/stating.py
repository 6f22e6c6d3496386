"""What an institution says to a measure: its statement before (陈述申辩), its proof afterwards (整改)."""

from __future__ import annotations

from voucher.ledger.states import move
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.measures import SOURCE, WITH_DEADLINE, Step
from voucher.rules.words import check_why
from voucher.stages.oversee.measures.models import Measure
from voucher.stages.oversee.measures.reading import MEASURE_MISSING, lock_measure

STAFF = (Role.INSTITUTION_ADMIN, Role.EVALUATOR_ADMIN)

SAID_ALREADY = reason(
    "measure_said_already",
    "已经提交过，不能再改",
    "还有补充的，请联系经办的人社部门",
    SOURCE,
    Family.CONFLICT,
)
NOTHING_TO_PROVE = reason(
    "measure_nothing_to_prove",
    "{step}没有要整改的事项",
    "对处置有异议的，请提出申诉",
    SOURCE,
    Family.CONFLICT,
)


def state(work: Work, measure_id: int, words: str) -> Measure:
    """Say what there is to say to a proposed measure, once, by an administrator of the institution.

    Raises Refused role_missing, measure_missing (also for another institution's), why_missing,
    measure_said_already, event_not_allowed.
    """
    said = check_why(words)
    measure = load_own(work, measure_id)
    check_event(Thing.MEASURE, measure.state, "state")
    if measure.stated_at is not None:
        raise SAID_ALREADY.refused()
    measure.statement, measure.stated_at = said, work.at
    work.session.flush()
    move(work, Measure, [measure], "state")
    return measure


def prove(work: Work, measure_id: int, words: str) -> Measure:
    """Say how what a measure asked for was put right, once; two people of the office accept it.

    Raises Refused as `state` does, and measure_nothing_to_prove.
    """
    said = check_why(words)
    measure = load_own(work, measure_id)
    check_event(Thing.MEASURE, measure.state, "prove")
    if Step(measure.step) not in WITH_DEADLINE:
        raise NOTHING_TO_PROVE.refused(step=measure.step_name)
    if measure.proven_at is not None:
        raise SAID_ALREADY.refused()
    measure.proof, measure.proven_at = said, work.at
    work.session.flush()
    move(work, Measure, [measure], "prove")
    return measure


def load_own(work: Work, measure_id: int) -> Measure:
    """Return a measure against an institution this actor administers, locked.

    Raises Refused role_missing, measure_missing.
    """
    check_role(work.actor, *STAFF)
    measure = lock_measure(work, measure_id)
    if not work.actor.serves(measure.institution_id, *STAFF):
        raise MEASURE_MISSING.refused()
    return measure
