"""The door of an exam: the person who comes is the person on the list, or does not sit it (不得参考)."""

from __future__ import annotations

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.rules.errors import Family, reason
from voucher.rules.identity import normalise_identity
from voucher.stages.assess.examiners import check_may_begin
from voucher.stages.assess.models import Candidate
from voucher.stages.assess.reading import DOOR, SOURCE, check_planned, get_own_candidate

CANDIDATE_DIFFERS = reason(
    "candidate_differs",
    "所持证件与考生名单上的不是同一人，不得参考",
    "请核对是否选错考生；冒名顶替的，不得入场并报告经办机构",
    "豫办〔2021〕29号 第16项 人证相符; S2-16c,d; AC-C3",
    Family.CONFLICT,
)
NOT_EXAM_DAY = reason(
    "not_exam_day",
    "考试日期是 {exam_on}，今天不能入场",
    "请在考试当天核对证件入场",
    SOURCE,
    Family.CONFLICT,
)


def admit(work: Work, candidate_id: int, identity_number: str) -> Candidate:
    """Let a candidate in whose identity card is the listed person's; twice is once.

    Nothing changes for another person; the doors then call `record_turned_away`.
    Raises Refused role_missing, candidate_missing, exam_batch_closed, not_exam_day, examiners_too_few,
    candidate_differs, and what is wrong with the number itself.
    """
    candidate, batch = get_own_candidate(work, candidate_id, *DOOR)
    check_planned(batch, "入场")
    if work.today != batch.exam_on:
        raise NOT_EXAM_DAY.refused(exam_on=batch.exam_on.isoformat())
    check_may_begin(work.session, batch)
    shown = people.index_of(work.keyring, normalise_identity(identity_number, work.today))
    # a card with a number had before is the same person's
    listed = people.accepted_indexes(work.session, [candidate.person_id])[candidate.person_id]
    if shown not in listed:
        raise CANDIDATE_DIFFERS.refused()
    if candidate.admitted_at is None:
        candidate.admitted_at = work.at
        candidate.admitted_by_person_id = work.actor.person_id
        work.session.flush()
        audit.record_one(work, "candidate", candidate.id, "admit")
    return candidate


def record_turned_away(work: Work, candidate_id: int) -> None:
    """Leave in the trail that somebody else came in a candidate's place, in a transaction of its own.

    Raises Refused role_missing, candidate_missing.
    """
    candidate, _ = get_own_candidate(work, candidate_id, *DOOR)
    audit.record_one(work, "candidate", candidate.id, "turn_away")
