"""The office's answer, for good: the evaluator has to put it right, or it stays as it was.

What an evaluator does not put right in time the office ends, with the days given back.
"""

from __future__ import annotations

from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.rules.appeals import SOURCE, check_uninvolved
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.words import check_why
from voucher.stages.assess.appeals.reading import SETTLE, due_on, lock_behind, lock_reached, read_hands
from voucher.stages.assess.models_appeals import Appeal
from voucher.stages.assess.righting import give_days_back, right_by_counting
from voucher.stages.assess.telling import tell_appellants

SETTLE_IN_TIME = reason(
    "appeal_settle_in_time",
    "评价机构更正的期限 {until} 还没有过",
    "请督促评价机构更正；逾期仍没有更正的，再来终结",
    SOURCE,
    Family.CONFLICT,
)


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
    _check_foreign(work, appeal)
    appeal.final_answer, appeal.final_opinion = answer, words
    appeal.ended_at, appeal.ended_by_person_id = work.at, work.actor.person_id
    work.session.flush()  # the database takes a decided state only with its answer
    states.move(work, Appeal, [appeal], event, reason=words)
    appeal.due_on = due_on(work, appeal.region_code, SETTLE) if overrule else None
    work.session.flush()
    if overrule:
        right_by_counting(work, appeal, vouchers)
    if appeal.state != "settled":  # of which there has been word already
        tell_appellants(work, [appeal], event)
    return appeal


def end_unmet(work: Work, appeal_id: int, opinion: str) -> Appeal:
    """End an overruled appeal its evaluator has not put right in time; its voucher has the days back.

    The holder may sit the exam of another evaluator, and the voucher may come to an end again.
    Raises Refused role_missing, region_foreign, appeal_missing, why_missing, event_not_allowed,
    appeal_settle_in_time, appeal_involved.
    """
    words = check_why(opinion)
    vouchers = lock_behind(work, appeal_id)
    appeal = lock_reached(work, appeal_id)
    check_event(Thing.APPEAL, appeal.state, "end_unmet")
    if appeal.due_on is not None and work.today <= appeal.due_on:
        raise SETTLE_IN_TIME.refused(until=appeal.due_on.isoformat())
    _check_foreign(work, appeal)
    give_days_back(work, appeal, vouchers)
    states.move(work, Appeal, [appeal], "end_unmet", reason=words)
    appeal.due_on = None
    work.session.flush()
    tell_appellants(work, [appeal], "end_unmet")
    return appeal


def _check_foreign(work: Work, appeal: Appeal) -> None:
    hands = read_hands(work.session, appeal) | {appeal.decided_by_person_id or appeal.person_id}
    check_uninvolved(work.actor.person_id, hands)
