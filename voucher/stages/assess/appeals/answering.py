"""The evaluator's answer: taken up, refused as late, upheld with what puts it right, or rejected."""

from __future__ import annotations

from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.rules.appeals import NO_BETTER, SOURCE, AppealKind, Scored, check_uninvolved, is_better
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.words import check_why
from voucher.stages.assess.appeals.reading import (
    ANSWER,
    ANSWERERS,
    ESCALATE,
    SETTLE,
    due_on,
    get_served,
    lock_served,
    read_hands,
)
from voucher.stages.assess.corrections import ask_correction
from voucher.stages.assess.models import Candidate
from voucher.stages.assess.models_appeals import Appeal
from voucher.stages.assess.reading import find_counting_results, lock_own_batch
from voucher.stages.assess.righting import scored
from voucher.stages.assess.telling import tell_appellants

IN_TIME = reason(
    "appeal_in_time",
    "这件复核申请没有逾期，不能以逾期为由不予受理",
    "请先受理，再作出成立或不成立的决定",
    SOURCE,
    Family.CONFLICT,
)


def accept(work: Work, appeal_id: int) -> Appeal:
    """Take an appeal up; the days for the answer run from here.

    Raises Refused role_missing, appeal_missing, event_not_allowed, parameter_missing.
    """
    appeal = lock_served(work, appeal_id)
    check_event(Thing.APPEAL, appeal.state, "accept")
    states.move(work, Appeal, [appeal], "accept")
    appeal.due_on = due_on(work, appeal.region_code, ANSWER)
    work.session.flush()
    tell_appellants(work, [appeal], "accept")
    return appeal


def refuse_late(work: Work, appeal_id: int, opinion: str) -> Appeal:
    """Refuse a late appeal whose reason does not convince; the office may be asked.

    Raises Refused role_missing, appeal_missing, why_missing, event_not_allowed, appeal_in_time,
    appeal_involved, parameter_missing.
    """
    appeal = lock_served(work, appeal_id)
    check_event(Thing.APPEAL, appeal.state, "refuse_late")
    if appeal.why_late_sealed is None:
        raise IN_TIME.refused()
    return _decide(work, appeal, "refuse_late", "late", opinion, ESCALATE)


def reject(work: Work, appeal_id: int, opinion: str) -> Appeal:
    """Say with its reason that nothing was wrong; the office may be asked.

    Raises Refused role_missing, appeal_missing, why_missing, event_not_allowed, appeal_involved,
    parameter_missing.
    """
    appeal = lock_served(work, appeal_id)
    check_event(Thing.APPEAL, appeal.state, "reject")
    return _decide(work, appeal, "reject", "rejected", opinion, ESCALATE)


def uphold(
    work: Work,
    appeal_id: int,
    opinion: str,
    theory: int | None = None,
    skill: int | None = None,
    comprehensive: int | None = None,
) -> Appeal:
    """Uphold an appeal: for a result by asking for its correction, which another person confirms.

    Scores are in hundredths and never worse than those that count. What was refused at a door or a
    registration is put right by another exam (`settle_by_exam`).
    Raises Refused role_missing, appeal_missing, why_missing, event_not_allowed, appeal_involved,
    appeal_correction_no_better and what `ask_correction` refuses.
    """
    if (candidate_id := get_served(work, appeal_id).candidate_id) is not None:
        # the batch before its appeal, as whoever confirms a correction locks them
        lock_own_batch(work, work.session.get_one(Candidate, candidate_id).batch_id, *ANSWERERS)
    appeal = lock_served(work, appeal_id)
    check_event(Thing.APPEAL, appeal.state, "uphold")
    decided = _decide(work, appeal, "uphold", "upheld", opinion, SETTLE)
    if appeal.kind == AppealKind.RESULT and appeal.candidate_id is not None:
        counting = find_counting_results(work.session, [appeal.candidate_id])[appeal.candidate_id]
        if not is_better(scored(counting), Scored(theory, skill, None, comprehensive)):
            raise NO_BETTER.refused()
        why = f"复核申请 {appeal.number} 成立：{opinion.strip()}"
        ask_correction(work, appeal.candidate_id, theory, skill, why, None, comprehensive)
    return decided


def _decide(work: Work, appeal: Appeal, event: str, answer: str, opinion: str, next_days: str) -> Appeal:
    words = check_why(opinion)
    check_uninvolved(work.actor.person_id, read_hands(work.session, appeal))
    appeal.answer, appeal.opinion = answer, words
    appeal.decided_at, appeal.decided_by_person_id = work.at, work.actor.person_id
    work.session.flush()  # the database takes a decided state only with its answer
    states.move(work, Appeal, [appeal], event, reason=words)
    appeal.due_on = due_on(work, appeal.region_code, next_days)
    work.session.flush()
    tell_appellants(work, [appeal], event)
    return appeal
