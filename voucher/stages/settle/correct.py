"""After a bounced payment: the account is fixed by two people, then the claims may be paid again, once."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import holds, states
from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts
from voucher.registry.institutions import INSTITUTION_MISSING, get_institution
from voucher.rules.actor import Role, check_reach
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Payment, PaymentLine
from voucher.stages.settle.reading import lock_claims

ACCOUNT_NOT_CORRECTED = reason(
    "account_not_corrected",
    "退票后尚未确认新的收款账户",
    "请先登记更正后的收款账户，并由另一人确认，再申请重付",
    "DOMAIN 2.4 退票; LIFECYCLE bounced → correct",
    Family.CONFLICT,
)


def correct_bounced(work: Work, institution_code: str) -> int:
    """Bring an institution's bounced claims back to approved once its account has been replaced.

    Those on hold stay where they are. Returns how many.
    Raises Refused institution_missing (also for a foreign one), role_missing, account_not_corrected.
    """
    institution = get_institution(work.session, institution_code)
    if institution.region_code not in work.actor.regions:
        raise INSTITUTION_MISSING.refused(code=institution_code)
    check_reach(work.actor, institution.region_code, Role.OPERATOR, Role.FINANCE_MAKER)
    claims = lock_claims(
        work,
        Claim.institution_id == institution.id,
        Claim.state == "bounced",
        Claim.id.not_in(holds.select_held(Thing.CLAIM)),
    )
    current = accounts.find_accounts_in_use(work.session, [institution.id]).get(institution.id)
    failed_accounts = set(
        work.session.scalars(
            select(PaymentLine.payee_account_id)
            .join(Payment, Payment.payment_line_id == PaymentLine.id)
            .where(Payment.claim_id.in_([each.id for each in claims]), Payment.state == "failed")
        )
    )
    if not claims or current is None or current.id in failed_accounts:
        raise ACCOUNT_NOT_CORRECTED.refused()
    states.move(work, Claim, claims, "correct", reason="收款账户已由两人更正")
    return len(claims)
