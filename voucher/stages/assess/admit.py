"""The door of an exam: the person who comes is the person on the list, or does not sit it (不得参考)."""

from __future__ import annotations

from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.rules.arrivals import ArrivalWay
from voucher.rules.errors import Family, reason
from voucher.rules.identity import normalise_identity
from voucher.stages.assess.arrive import Came, check_not_arrived, keep_refused, let_in
from voucher.stages.assess.entries import check_entry_stands
from voucher.stages.assess.examiners import check_may_begin
from voucher.stages.assess.models import Candidate
from voucher.stages.assess.reading import DOOR, check_exam_is_on, get_own_candidate
from voucher.stages.assess.staff import check_staff

CANDIDATE_DIFFERS = reason(
    "candidate_differs",
    "所持证件与考生名单上的不是同一人，不得参考",
    "请核对是否选错考生；冒名顶替的，不得入场并报告经办机构",
    "豫办〔2021〕29号 第16项 人证相符; S2-16c,d; AC-C3",
    Family.CONFLICT,
)


def admit(work: Work, candidate_id: int, identity_number: str) -> Candidate:
    """Let a candidate in by the whole number of the card shown, once.

    Nothing changes for another person; the doors then call `record_turned_away`.
    Raises Refused role_missing, candidate_missing, exam_batch_closed, not_exam_day, examiners_too_few,
    candidate_arrived_already, candidate_differs, what is wrong with the number itself, and what
    `check_staff` and `check_entry_stands` refuse.
    """
    candidate, batch = get_own_candidate(work, candidate_id, *DOOR)
    check_exam_is_on(batch, work.today)
    check_may_begin(work.session, batch)
    check_not_arrived(candidate)
    shown = people.index_of(work.keyring, normalise_identity(identity_number, work.today))
    # a card with a number had before is the same person's
    listed = people.accepted_indexes(work.session, [candidate.person_id])[candidate.person_id]
    if shown not in listed:
        raise CANDIDATE_DIFFERS.refused()
    check_staff(work, batch, [candidate.person_id])
    check_entry_stands(work, batch, candidate)
    let_in(work, candidate, ArrivalWay.CARD)
    return candidate


def record_turned_away(work: Work, candidate_id: int) -> None:
    """Keep that somebody else came in a candidate's place, in a transaction of its own.

    Raises Refused role_missing, candidate_missing.
    """
    candidate, batch = get_own_candidate(work, candidate_id, *DOOR)
    came = Came(ArrivalWay.CARD, candidate.id, candidate.voucher_id)
    keep_refused(work, batch.id, came, CANDIDATE_DIFFERS.refusal())
