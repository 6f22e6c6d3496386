"""The office's answer, for good: the evaluator has to put it right, or it stays as it was."""

from __future__ import annotations

from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.rules.appeals import check_uninvolved
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.words import check_why
from voucher.stages.assess.appeals.reading import SETTLE, due_on, lock_behind, lock_reached, read_hands
from voucher.stages.assess.models_appeals import Appeal
from voucher.stages.assess.righting import right_by_counting


def decide(work: Work, appeal_id: int, *, overrule: bool, opinion: str) -> Appeal:
    """Overrule the evaluator, who then has days to put it right, or affirm what it answered.

    Where a better correction counts by now, overruling settles the appeal at once.
    Raises Refused role_missing, region_foreign, appeal_missing, why_missing, event_not_allowed,
    appeal_involved, parameter_missing.
    """
    words = check_why(opinion)
    vouchers = lock_behind(work, appeal_id)
    appeal = lock_reached(work, appeal_id)
    event, answer = ("overrule", "overruled") if overrule else ("affirm", "affirmed")
    check_event(Thing.APPEAL, appeal.state, event)
    hands = read_hands(work.session, appeal) | {appeal.decided_by_person_id or appeal.person_id}
    check_uninvolved(work.actor.person_id, hands)
    appeal.final_answer, appeal.final_opinion = answer, words
    appeal.ended_at, appeal.ended_by_person_id = work.at, work.actor.person_id
    work.session.flush()  # the database takes a decided state only with its answer
    states.move(work, Appeal, [appeal], event, reason=words)
    appeal.due_on = due_on(work, appeal.region_code, SETTLE) if overrule else None
    work.session.flush()
    if overrule:
        right_by_counting(work, appeal, vouchers)
    return appeal
