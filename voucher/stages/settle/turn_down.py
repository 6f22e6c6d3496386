"""不予通过 outside the reviews: lines left to a person or sent back, and what may no longer be paid."""

from __future__ import annotations

from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach
from voucher.rules.approval import STEP_NAMES
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.stages.settle.ending import AFTER_APPROVAL, end_claims
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.reading import check_apart, check_never_filed, get_claim
from voucher.stages.settle.review import OPINION_MISSING, WAITS_FOR

REVIEW_DECIDES = reason(
    "review_decides",
    "申领 {claim} 正在等待{step}",
    "不予通过请在{step}中办理，并写明意见",
    "豫办〔2021〕29号 第16项; S2-16i; LIFECYCLE Claim",
    Family.CONFLICT,
)
OFFICE = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
SIGNED_FOR = {waiting: step for step, (waiting, _) in WAITS_FOR.items()}


def turn_down(work: Work, claim_id: int, opinion: str) -> Claim:
    """Refuse one line for good where no signature waits for it: its key is freed, its money released.

    The officers decide on what is left to a person, sent back or on its way to the notice's end; the
    finance approver on what is approved or bounced. What waits for a review is rejected there.
    Raises Refused claim_missing, role_missing, involved, opinion_missing, event_not_allowed,
    review_decides, same_hand, fixed_role, claim_in_payment_file.
    """
    if not opinion.strip():
        raise OPINION_MISSING.refused()
    claim = get_claim(work, claim_id, money=True)
    roles = (Role.FINANCE_APPROVER,) if claim.state in AFTER_APPROVAL else OFFICE
    check_reach(work.actor, claim.region_code, *roles)
    check_apart(work, [claim], "不予通过")
    check_event(Thing.CLAIM, claim.state, "reject")
    if claim.state in SIGNED_FOR:
        raise REVIEW_DECIDES.refused(claim=claim.number, step=STEP_NAMES[SIGNED_FOR[claim.state]])
    check_never_filed(work.session, work.actor.person_id, claim.id, "不予通过")
    end_claims(work, [claim], "reject", opinion)
    return claim
