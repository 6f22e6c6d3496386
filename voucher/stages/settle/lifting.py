"""解除停住: an upheld 不是我 keeps its line stopped, unless two people lift it after it was corrected.

Whoever spoke is told, and may stop the line once more.
"""

from __future__ import annotations

from voucher.ledger import reinstatements
from voucher.ledger.holds import Hold, close_hold
from voucher.ledger.reinstatements import Reinstatement
from voucher.plumbing.unit_of_work import Work
from voucher.registry.letters import DENIAL_LIFTED, Notice, write_to_people
from voucher.rules.actor import check_reach
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.words import check_why
from voucher.stages.settle.answering_denials import OFFICE, check_no_hand
from voucher.stages.settle.denying import DENIAL_MISSING, OVER, lock_denial
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.denials import SOURCE, Denial

DENIAL_NOT_STOPPED = reason(
    "denial_not_stopped",
    "这件反映现在没有停住申领，不用解除",
    "没有答复的请先由两人答复；已经解除的请刷新页面；已付的请办理追回",
    SOURCE,
    Family.CONFLICT,
)
DENIAL_CLAIM_OVER = reason(
    "denial_claim_over",
    "这条申领已是“{state}”，不会再付，没有可以解除的停住",
    "不用办理；确应付的，请由收款单位重新申报",
    SOURCE,
    Family.CONFLICT,
)


def ask_lift(work: Work, denial_id: int, why: str) -> Reinstatement:
    """Ask, saying what was corrected, for the line of an upheld case to go on; another officer agrees.

    Raises Refused denial_missing (also for a foreign one), role_missing, already_signed, why_missing,
    denial_claim_over, denial_not_stopped, reinstatement_asked_already.
    """
    words = check_why(why)
    _, hold = _lock_stopped(work, denial_id)
    return reinstatements.ask(work, Thing.HOLD, hold.id, words)


def lift(work: Work, denial_id: int) -> Denial:
    """Agree, as another officer without a hand in the claim: the line goes on, and its person is told.

    Raises Refused denial_missing (also for a foreign one), role_missing, already_signed,
    denial_claim_over, denial_not_stopped, reinstatement_not_asked, second_person_needed.
    """
    case, hold = _lock_stopped(work, denial_id)
    asked = reinstatements.agree(work, Thing.HOLD, hold.id)
    close_hold(work, hold, f"本人反映 {case.number} 属实，更正后由两人解除：{asked.why}")
    told = {"number": case.number}
    write_to_people(work, [Notice(f"denial-{case.id}-lifted", case.person_id, DENIAL_LIFTED, told)])
    return case


def decline_lift(work: Work, denial_id: int, why: str) -> Reinstatement:
    """Decline, as another officer with a reason: the line stays stopped, and it may be asked for anew.

    Raises Refused denial_missing (also for a foreign one), role_missing, already_signed,
    denial_claim_over, denial_not_stopped, why_missing, reinstatement_not_asked, second_person_needed.
    """
    _, hold = _lock_stopped(work, denial_id)
    return reinstatements.decline(work, Thing.HOLD, hold.id, why)


def _lock_stopped(work: Work, denial_id: int) -> tuple[Denial, Hold]:
    case = lock_denial(work, denial_id)
    claim = work.session.get_one(Claim, case.claim_id)
    if claim.region_code not in work.actor.regions or case.person_id == work.actor.person_id:
        raise DENIAL_MISSING.refused()
    check_reach(work.actor, claim.region_code, *OFFICE)
    if claim.state in OVER:
        raise DENIAL_CLAIM_OVER.refused(state=STATE_NAMES[Thing.CLAIM][claim.state])
    hold = work.session.get(Hold, case.hold_id) if case.hold_id is not None else None
    if hold is None or hold.closed_at is not None or not may_lift(case):
        raise DENIAL_NOT_STOPPED.refused()
    check_no_hand(work, case.claim_id)
    return case, hold


def may_lift(case: Denial) -> bool:
    """Return whether a case is answered for good and found true, so that only two people let it go on."""
    return case.confirmed_at is not None and case.upheld is True
