"""What who appealed does next: takes the appeal back, or takes it to the office."""

from __future__ import annotations

from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.words import check_why
from voucher.stages.assess.appeals.reading import REVIEW, STEP_LATE, due_on, lock_mine, seal_words
from voucher.stages.assess.models_appeals import INSISTED_CONTEXT, Appeal
from voucher.stages.assess.telling import tell_appellants


def withdraw(work: Work, appeal_id: int) -> Appeal:
    """Take one's own appeal back; within the days it may be filed anew.

    Raises Refused role_missing, appeal_missing, event_not_allowed.
    """
    appeal = lock_mine(work, appeal_id)
    check_event(Thing.APPEAL, appeal.state, "withdraw")
    states.move(work, Appeal, [appeal], "withdraw")
    appeal.due_on = None
    work.session.flush()
    tell_appellants(work, [appeal], "withdraw")
    return appeal


def escalate(work: Work, appeal_id: int, said: str) -> Appeal:
    """Take an appeal the evaluator has not upheld to the office, within its days.

    Raises Refused role_missing, appeal_missing, why_missing, event_not_allowed, appeal_step_late.
    """
    words = check_why(said)
    sealed = seal_words(work, words, INSISTED_CONTEXT)
    appeal = lock_mine(work, appeal_id)
    check_event(Thing.APPEAL, appeal.state, "escalate")
    if appeal.due_on is not None and work.today > appeal.due_on:
        raise STEP_LATE.refused(until=appeal.due_on.isoformat())
    states.move(work, Appeal, [appeal], "escalate")
    appeal.insisted_sealed = sealed
    appeal.due_on = due_on(work, appeal.region_code, REVIEW)
    work.session.flush()
    tell_appellants(work, [appeal], "escalate")
    return appeal
