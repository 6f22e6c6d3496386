"""The money sent in one person's name: for which subsidy, to whom, what the bank said, what came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.registry.institutions import Institution
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import BankResult, Clawback, Payment, PaymentFile

SENT = ("released", "succeeded", "failed")


@dataclass(frozen=True, slots=True)
class PaidInName:
    """One payment of one claim in fen; `clawed_fen` is what was asked back, `recovered_fen` what returned."""

    payment: Payment
    claim: Claim
    payee_name: str
    sent_at: datetime
    answered_at: datetime | None
    clawed_fen: int
    recovered_fen: int
    clawed_at: datetime | None
    clawed_why: str | None


def list_payments_for(session: Session, person_id: int) -> list[PaidInName]:
    """Return every payment that left the house for a person's vouchers and certificates, the first first."""
    answered = (
        select(BankResult.payment_line_id, func.max(BankResult.received_at).label("at"))
        .group_by(BankResult.payment_line_id)
        .subquery()
    )
    rows = session.execute(
        select(Payment, Claim, Institution.name, PaymentFile, answered.c.at)
        .join(Claim, Claim.id == Payment.claim_id)
        .join(Institution, Institution.id == Claim.institution_id)
        .join(PaymentFile, PaymentFile.id == Payment.payment_file_id)
        .outerjoin(answered, answered.c.payment_line_id == Payment.payment_line_id)
        .where(Claim.person_id == person_id, Payment.state.in_(SENT))
        .order_by(Payment.id)
    ).all()
    clawed = {
        each.payment_id: each
        for each in session.scalars(
            select(Clawback).where(
                Clawback.payment_id.in_([row[0].id for row in rows]), Clawback.state != "waived"
            )
        )
    }
    made = []
    for payment, claim, payee, file, answered_at in rows:
        back = clawed.get(payment.id)
        made.append(
            PaidInName(
                payment=payment,
                claim=claim,
                payee_name=payee,
                sent_at=file.released_at or file.made_at,
                answered_at=answered_at,
                clawed_fen=back.amount_fen if back is not None else 0,
                recovered_fen=back.recovered_fen if back is not None else 0,
                clawed_at=back.opened_at if back is not None else None,
                clawed_why=back.why if back is not None else None,
            )
        )
    return made
