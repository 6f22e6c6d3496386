"""Who had a hand in money (经办签字): what somebody decided, paid, took in or claimed back.

Only for people who ever were staff: the tables are read whole, not by an index.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from voucher.stages.issue.queries.persons import DECIDERS
from voucher.stages.settle.models.banking import PaymentDownload, QuarantineSettlement
from voucher.stages.settle.models.claims import Claim, ClaimHand, Signature
from voucher.stages.settle.models.payments import BankResult, Clawback, PaymentFile, Repayment

# the column that names the hand, and the one that says when
HANDS = (
    *DECIDERS,
    (PaymentFile.maker_person_id, PaymentFile.made_at),
    (PaymentFile.checker_person_id, PaymentFile.checked_at),
    (PaymentFile.releaser_person_id, PaymentFile.released_at),
    (PaymentDownload.opened_by_person_id, PaymentDownload.opened_at),
    (PaymentDownload.downloaded_by_person_id, PaymentDownload.downloaded_at),
    (QuarantineSettlement.explained_by_person_id, QuarantineSettlement.explained_at),
    (QuarantineSettlement.settled_by_person_id, QuarantineSettlement.settled_at),
    (BankResult.received_by_person_id, BankResult.received_at),
    (Clawback.opened_by_person_id, Clawback.opened_at),
    (Repayment.received_by_person_id, Repayment.received_at),
)


@dataclass(frozen=True, slots=True)
class HandsHeld:
    """How often somebody had a hand in money, and when last."""

    count: int
    last_at: datetime | None


def read_hands_held(session: Session, person_id: int) -> HandsHeld:
    """Return the hands a person had in money; each claim counts once, by its filing or its last signature."""
    signed = select(func.max(Signature.signed_at)).where(
        Signature.claim_id == ClaimHand.claim_id, Signature.signer_person_id == ClaimHand.person_id
    )
    claims = (
        select(literal(1).label("one"), func.coalesce(signed.scalar_subquery(), Claim.filed_at).label("at"))
        .select_from(ClaimHand)
        .join(Claim, Claim.id == ClaimHand.claim_id)
        .where(ClaimHand.person_id == person_id)
    )
    others = [select(literal(1).label("one"), at.label("at")).where(who == person_id) for who, at in HANDS]
    every = union_all(claims, *others).subquery()
    count, last_at = session.execute(select(func.count(), func.max(every.c.at))).one()
    return HandsHeld(count, last_at)
