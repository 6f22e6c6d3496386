"""Answering what people say of their subsidies: one officer answers, another confirms and lets it go on.

What is not true lets the line go on. 没收到 that is true has its cause said, and the line goes on as well:
money that has not come is no reason to withhold it. 不是我 that is true keeps the line stopped until it is
refused or taken back by the acts that do so, or lifted by two people; a draft, which nobody has reviewed,
ends with the answer.
"""

from __future__ import annotations

from voucher.ledger import audit
from voucher.ledger.holds import Hold, close_hold
from voucher.plumbing.unit_of_work import Work
from voucher.registry.letters import DENIAL_ANSWERED_LETTER, Notice, write_to_people
from voucher.rules.actor import Role, check_reach
from voucher.rules.approval import Step, check_not_cleared, check_two_people, check_unsigned
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import Problem
from voucher.rules.words import check_why
from voucher.stages.settle.denying import DENIAL_ANSWERED, DENIAL_MISSING, OVER, PAID, lock_denial, seal_words
from voucher.stages.settle.ending import end_claims
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.denials import DENIAL_ANSWER, SOURCE, Denial
from voucher.stages.settle.reading import check_apart, list_clearers, list_hands, list_releasers

OFFICE = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)

DENIAL_UNANSWERED = reason(
    "denial_not_answered",
    "这件反映还没有人提出答复",
    "请先由一人写明核查情况和结论，再由另一人确认",
    SOURCE,
    Family.CONFLICT,
)
ANSWERED_BY_HAND = reason(
    "denial_answered_by_hand",
    "提出答复的人办理过这条申领或签发过它的款项，这个答复不能确认",
    "请退回这个答复，由没有经手这条申领的人员重新答复",
    SOURCE,
    Family.CONFLICT,
)


def answer(work: Work, denial_id: int, *, upheld: bool, words: str) -> Denial:
    """Propose what a case comes to; another officer confirms it.

    Raises Refused denial_missing (also for a foreign one), role_missing, already_signed, why_missing,
    denial_answered_already.
    """
    said = check_why(words)
    found = _lock(work, denial_id)
    if found.answered_at is not None:
        raise DENIAL_ANSWERED.refused()
    check_no_hand(work, found.claim_id)
    # sealed first: reading the key must not write half an answer
    sealed = seal_words(work, found.person_id, DENIAL_ANSWER, said)
    found.upheld, found.answer_sealed = upheld, sealed
    found.answered_by_person_id, found.answered_at = work.actor.person_id, work.at
    work.session.flush()
    audit.record_one(work, str(Thing.CLAIM), found.claim_id, "answer_denial", denial=found.id, upheld=upheld)
    return found


def send_back(work: Work, denial_id: int) -> Denial:
    """Take a proposed answer away, as another officer, so that it is answered anew.

    Raises Refused denial_missing, role_missing, denial_not_answered, second_person_needed.
    """
    found = _lock_answered(work, denial_id)
    audit.record_one(work, str(Thing.CLAIM), found.claim_id, "return_denial", denial=found.id)
    found.upheld = found.answer_sealed = found.answered_by_person_id = found.answered_at = None
    work.session.flush()
    return found


def confirm(work: Work, denial_id: int) -> Denial:
    """Confirm an answer as another officer without a hand in the claim: the person is told, the line moves.

    Raises Refused denial_missing (also for a foreign one), role_missing, denial_not_answered,
    second_person_needed, already_signed, cleared_it, denial_answered_by_hand, denial_answered_already.
    """
    found = _lock_answered(work, denial_id, money=True)
    check_no_hand(work, found.claim_id)
    if found.answered_by_person_id is not None:
        _check_answerer(work, found, found.answered_by_person_id)
    found.confirmed_by_person_id, found.confirmed_at = work.actor.person_id, work.at
    work.session.flush()
    _settle(work, found, work.session.get_one(Claim, found.claim_id))
    audit.record_one(
        work, str(Thing.CLAIM), found.claim_id, "confirm_denial", denial=found.id, upheld=bool(found.upheld)
    )
    told = {"number": found.number, "outcome": "属实" if found.upheld else "不属实"}
    key = f"denial-{found.id}-answered"
    write_to_people(work, [Notice(key, found.person_id, DENIAL_ANSWERED_LETTER, told)])
    return found


def _settle(work: Work, case: Denial, claim: Claim) -> None:
    """End a draft that is not the person's, and close the hold unless what it stops must not be paid."""
    if not case.upheld:
        conclusion = "不成立"
    elif case.problem == Problem.NOT_RECEIVED:
        conclusion = "属实，原因已告知本人，申领继续办理"
    elif claim.state in PAID:
        # a hold would only keep the receivable out of the payee's next payments
        conclusion = "属实，已交银行或者已付，由追回办理"
    elif claim.state in OVER:
        conclusion = "属实，申领此前已终止"
    elif claim.state == "draft":
        end_claims(work, [claim], "disown", f"本人反映 {case.number} 属实")
        conclusion = "属实，草稿已终止"
    else:
        return
    hold = work.session.get(Hold, case.hold_id) if case.hold_id is not None else None
    if hold is not None and hold.closed_at is None:
        close_hold(work, hold, f"本人反映 {case.number} 已答复：{conclusion}")


def check_no_hand(work: Work, claim_id: int) -> None:
    """Refuse whoever a claim concerns, or has a hand in it or its payment, to judge what is said of it.

    Raises Refused involved, already_signed, cleared_it.
    """
    check_apart(work, [work.session.get_one(Claim, claim_id)], "答复本人反映")
    _check_hands(work, claim_id, work.actor.person_id)


def _check_hands(work: Work, claim_id: int, judge_id: int) -> None:
    for step, person_id in list_hands(work.session, [claim_id]).get(claim_id, []):
        check_unsigned(judge_id, {Step(step): person_id})
    for person_id in list_releasers(work.session, claim_id):
        check_unsigned(judge_id, {Step.RELEASE: person_id})
    check_not_cleared("答复本人反映", judge_id, list_clearers(work.session, [claim_id]))


def _check_answerer(work: Work, case: Denial, answerer_id: int) -> None:
    """Refuse to confirm what somebody with a hand in the claim answered: before, a releaser could.

    Raises Refused denial_answered_by_hand.
    """
    try:
        _check_hands(work, case.claim_id, answerer_id)
    except Refused:
        raise ANSWERED_BY_HAND.refused() from None


def _lock_answered(work: Work, denial_id: int, *, money: bool = False) -> Denial:
    found = _lock(work, denial_id, money=money)
    if found.answered_by_person_id is None:
        raise DENIAL_UNANSWERED.refused()
    check_two_people(found.answered_by_person_id, work.actor.person_id)
    return found


def _lock(work: Work, denial_id: int, *, money: bool = False) -> Denial:
    found = lock_denial(work, denial_id, money=money)
    claim = work.session.get_one(Claim, found.claim_id)
    if claim.region_code not in work.actor.regions or found.person_id == work.actor.person_id:
        raise DENIAL_MISSING.refused()
    check_reach(work.actor, claim.region_code, *OFFICE)
    if found.confirmed_at is not None:
        raise DENIAL_ANSWERED.refused()
    return found
