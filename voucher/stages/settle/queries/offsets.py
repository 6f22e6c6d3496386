"""What of a claim's payments met older receivables; what came back for a receivable, and how."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.offsets import OffsetStay, PaymentOffset
from voucher.stages.settle.models.payments import Clawback, Payment, PaymentFile, Repayment
from voucher.stages.settle.offset_plans import UNDER_WAY, letter_number

PLANNED_WAY = "planned"


@dataclass(frozen=True, slots=True)
class Met:
    """What a payment meets of one receivable, in fen: the letter's number and the claim it goes back to."""

    letter_number: str
    claim_number: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class PaidClaim:
    """One payment of a claim in fen: due, met of receivables, sent to the bank."""

    payment_file_id: int
    file_number: str
    state: str
    computed_fen: int
    offset_fen: int
    amount_fen: int
    met: list[Met]


@dataclass(frozen=True, slots=True)
class CameBack:
    """One part of a receivable in fen: `way` bank, offset, or planned in a file not answered yet."""

    way: str
    amount_fen: int
    document: str
    at: datetime


def list_payments_of_claim(session: Session, claim_id: int) -> list[PaidClaim]:
    """Return the payments of a claim in the order they were made, with what each meets."""
    rows = session.execute(
        select(Payment, PaymentFile.number)
        .join(PaymentFile, PaymentFile.id == Payment.payment_file_id)
        .where(Payment.claim_id == claim_id)
        .order_by(Payment.id)
    ).all()
    met: dict[int, list[Met]] = {}
    told_of = session.execute(
        select(PaymentOffset, Clawback, Claim)
        .join(Clawback, Clawback.id == PaymentOffset.clawback_id)
        .join(Claim, Claim.id == Clawback.claim_id)
        .where(PaymentOffset.payment_id.in_([payment.id for payment, _ in rows]))
        .order_by(PaymentOffset.payment_id, PaymentOffset.clawback_id)
    )
    for part, clawback, claim in told_of:
        told = Met(letter_number(clawback, claim.region_code), claim.number, part.amount_fen)
        met.setdefault(part.payment_id, []).append(told)
    return [
        PaidClaim(
            payment_file_id=payment.payment_file_id,
            file_number=number,
            state=payment.state,
            computed_fen=payment.computed_fen,
            offset_fen=payment.offset_fen,
            amount_fen=payment.amount_fen,
            met=met.get(payment.id, []),
        )
        for payment, number in rows
    ]


def list_came_back(session: Session, clawback_ids: Collection[int]) -> dict[int, list[CameBack]]:
    """Return what came back for each of these receivables, and after it what files under way will meet."""
    found: dict[int, list[CameBack]] = {}
    for each in session.scalars(
        select(Repayment).where(Repayment.clawback_id.in_(sorted(clawback_ids))).order_by(Repayment.id)
    ):
        told = CameBack(each.way, each.amount_fen, each.document, each.received_at)
        found.setdefault(each.clawback_id, []).append(told)
    planned = session.execute(
        select(PaymentOffset, PaymentFile.number, PaymentFile.made_at)
        .join(Payment, Payment.id == PaymentOffset.payment_id)
        .join(PaymentFile, PaymentFile.id == Payment.payment_file_id)
        .where(PaymentOffset.clawback_id.in_(sorted(clawback_ids)), Payment.state.in_(UNDER_WAY))
        .order_by(PaymentOffset.payment_id)
    )
    for part, number, made_at in planned:
        told = CameBack(PLANNED_WAY, part.amount_fen, f"拨付文件 {number} 抵扣", made_at)
        found.setdefault(part.clawback_id, []).append(told)
    return found


def list_stays(session: Session, clawback_ids: Collection[int]) -> dict[int, list[OffsetStay]]:
    """Return, per receivable, what was asked and agreed about keeping it out of offsets, in order."""
    found: dict[int, list[OffsetStay]] = {}
    for each in session.scalars(
        select(OffsetStay).where(OffsetStay.clawback_id.in_(sorted(clawback_ids))).order_by(OffsetStay.id)
    ):
        found.setdefault(each.clawback_id, []).append(each)
    return found
