"""放行享受资格: a key used up by money that came back in full stays used, unless two people release it."""

from __future__ import annotations

from voucher.ledger import entitlements, reinstatements
from voucher.ledger.entitlements import CONSUMED, Entitlement
from voucher.ledger.reinstatements import Reinstatement
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.words import check_why
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.reading import check_apart, get_claim

OFFICE = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
SOURCE = "LIFECYCLE Entitlement; 【设】追回后的享受资格由两人放行"

RELEASE_TOO_EARLY = reason(
    "release_not_recovered",
    "这条申领{state}，还没有全部追回，享受资格不能放行",
    "请在款项全部退回以后再办理；没有付过款的，撤回或不予通过时已自动放行",
    SOURCE,
    Family.CONFLICT,
)
RELEASED_ALREADY = reason(
    "entitlement_released_already",
    "这条申领的享受资格已经放行",
    "本人可以按条件重新申领，不必再办理放行",
    SOURCE,
    Family.CONFLICT,
)


def ask_release(work: Work, claim_id: int, why: str) -> Reinstatement:
    """Ask, with a reason, for the key of a claim that was recovered in full to be free again.

    Raises Refused claim_missing (also for a foreign one), role_missing, involved, why_missing,
    release_not_recovered, entitlement_released_already, reinstatement_asked_already.
    """
    words = check_why(why)
    claim = _get_recovered(work, claim_id)
    return reinstatements.ask(work, Thing.CLAIM, claim.id, words)


def release(work: Work, claim_id: int) -> Claim:
    """Agree, as another person: the key is free, and the person may claim anew. The claim stays recovered.

    Raises Refused claim_missing (also for a foreign one), role_missing, involved, release_not_recovered,
    entitlement_released_already, reinstatement_not_asked, second_person_needed.
    """
    claim = _get_recovered(work, claim_id)
    reinstatements.agree(work, Thing.CLAIM, claim.id)
    entitlements.release(work, [claim.entitlement_id])
    return claim


def decline_release(work: Work, claim_id: int, why: str) -> Reinstatement:
    """Decline, as another person with a reason: the key stays used, and it may be asked for anew.

    Raises Refused claim_missing (also for a foreign one), role_missing, involved, release_not_recovered,
    entitlement_released_already, why_missing, reinstatement_not_asked, second_person_needed.
    """
    claim = _get_recovered(work, claim_id)
    return reinstatements.decline(work, Thing.CLAIM, claim.id, why)


def may_release(claim_state: str, key_state: str) -> bool:
    """Return whether a claim in this state, with its key in that one, has anything to release."""
    return claim_state == "recovered" and key_state == CONSUMED


def _get_recovered(work: Work, claim_id: int) -> Claim:
    claim = get_claim(work, claim_id)
    check_reach(work.actor, claim.region_code, *OFFICE)
    check_apart(work, [claim], "享受资格放行")
    if claim.state != "recovered":
        raise RELEASE_TOO_EARLY.refused(state=STATE_NAMES[Thing.CLAIM][claim.state])
    if work.session.get_one(Entitlement, claim.entitlement_id).state != CONSUMED:
        raise RELEASED_ALREADY.refused()
    return claim
