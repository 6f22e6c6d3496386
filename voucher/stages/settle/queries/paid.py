"""Payments as an auditor asks for them: by period, fund and payee; ids and amounts, no names."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from voucher.ledger.budget import Budget
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import BankResult, Payment, PaymentFile, PaymentLine


@dataclass(frozen=True, slots=True)
class PaidRow:
    """One payment: whose money, to whom, for what, and what the bank answered; amounts in fen.

    amount = computed, as the budget books it, − what was offset against a receivable of the payee.
    """

    id: int
    region_code: str
    year: int
    fund_source: str
    institution_id: int
    person_id: int
    claim_id: int
    voucher_id: int | None
    kind: str
    trade_code: str
    level: int
    amount_fen: int
    computed_fen: int
    offset_fen: int
    state: str
    payment_file_id: int
    payment_file_number: str
    reference: str
    released_at: datetime | None
    bank_outcome: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class PaidWish:
    """Which payments: released from a moment to before another; of one fund or payee where one is named."""

    since: datetime
    before: datetime
    fund_source: str | None = None
    institution_id: int | None = None


def _select(regions: Collection[str]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Payment.id, Budget.region_code, Budget.year, Budget.source, Payment.institution_id,
            Payment.person_id, Payment.claim_id, Claim.voucher_id, Claim.kind, Payment.trade_code,
            Payment.level, Payment.amount_fen, Payment.computed_fen, Payment.offset_fen, Payment.state,
            PaymentFile.id, PaymentFile.number, PaymentLine.reference, PaymentFile.released_at,
            BankResult.outcome, BankResult.received_at,
        )
        .join(Claim, Claim.id == Payment.claim_id)
        .join(PaymentFile, PaymentFile.id == Payment.payment_file_id)
        .join(PaymentLine, PaymentLine.id == Payment.payment_line_id)
        .join(Budget, Budget.id == PaymentFile.budget_id)
        .outerjoin(BankResult, BankResult.payment_line_id == PaymentLine.id)
        .where(Budget.region_code.in_(sorted(regions)))
    )  # fmt: skip


def find_paid(session: Session, payment_id: int, regions: Collection[str]) -> PaidRow | None:
    """Return one payment of these regions' budgets; what is foreign is as good as missing."""
    row = session.execute(_select(regions).where(Payment.id == payment_id)).first()
    return None if row is None else PaidRow(*row)


def list_paid(session: Session, regions: Collection[str], wish: PaidWish) -> list[PaidRow]:
    """Return the payments that left in a span, in the order of their ids."""
    query = _select(regions).where(
        PaymentFile.released_at >= wish.since, PaymentFile.released_at < wish.before
    )
    if wish.fund_source is not None:
        query = query.where(Budget.source == wish.fund_source)
    if wish.institution_id is not None:
        query = query.where(Payment.institution_id == wish.institution_id)
    return [PaidRow(*row) for row in session.execute(query.order_by(Payment.id))]
