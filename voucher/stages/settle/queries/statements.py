"""What was sent to one institution in a span, line by line, and what became of it (机构对账单)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from voucher.ledger.budget import Budget
from voucher.registry.institutions import INSTITUTION_MISSING, Institution
from voucher.stages.settle.models.payments import BankResult, Clawback, Payment, PaymentFile, PaymentLine
from voucher.stages.settle.models.receipts import PaymentReceipt


@dataclass(frozen=True, slots=True)
class Sent:
    """One row of a payment file to the institution: claims behind it, fen, and the bank's answer.

    `offset_fen` is what met its receivables instead of being paid; of a row met in full no bank is asked.
    """

    payment_file_number: str
    reference: str
    released_at: datetime
    claims: int
    amount_fen: int
    offset_fen: int
    outcome: str | None
    answered_at: datetime | None
    bank_words: str | None
    receipt_number: str | None

    @property
    def computed_fen(self) -> int:
        """Return what its claims come to before any offset."""
        return self.amount_fen + self.offset_fen


@dataclass(frozen=True, slots=True)
class Statement:
    """An institution's lines in a span, and what it still owes from clawbacks today, in fen."""

    institution: Institution
    lines: list[Sent]
    owed_fen: int

    def sum(self, *outcomes: str | None) -> int:
        """Return what the lines with these answers come to, in fen."""
        return sum(each.amount_fen for each in self.lines if each.outcome in outcomes)

    @property
    def offset_fen(self) -> int:
        """Return what has met receivables: of rows that arrived, or that were met in full."""
        return sum(e.offset_fen for e in self.lines if e.outcome == "succeeded" or not e.amount_fen)


def _receipt_number() -> ScalarSelect[str]:
    """Return the query for the number of the receipt the payee gave for a row, the last one written."""
    written = select(PaymentReceipt.number).where(PaymentReceipt.payment_line_id == PaymentLine.id)
    return written.order_by(PaymentReceipt.revision.desc()).limit(1).correlate(PaymentLine).scalar_subquery()


def read_statement(
    session: Session, institution_id: int, regions: Collection[str], since: datetime, before: datetime
) -> Statement:
    """Return what budgets of these regions sent to an institution from a moment to before another.

    Raises Refused institution_missing, the same for one these regions have nothing to do with.
    """
    found = session.get(Institution, institution_id)
    claims = select(func.count()).where(Payment.payment_line_id == PaymentLine.id).scalar_subquery()
    rows = session.execute(
        select(
            PaymentFile.number, PaymentLine.reference, PaymentFile.released_at, claims,
            PaymentLine.amount_fen, PaymentLine.offset_fen, BankResult.outcome,
            BankResult.received_at, BankResult.bank_words, _receipt_number(),
        )
        .join(PaymentFile, PaymentFile.id == PaymentLine.payment_file_id)
        .join(Budget, Budget.id == PaymentFile.budget_id)
        .outerjoin(BankResult, BankResult.payment_line_id == PaymentLine.id)
        .where(
            PaymentLine.institution_id == institution_id,
            Budget.region_code.in_(sorted(regions)),
            PaymentFile.released_at >= since,
            PaymentFile.released_at < before,
        )
        .order_by(PaymentLine.id)
    ).all()  # fmt: skip
    if found is None or not (rows or found.region_code in regions):
        raise INSTITUTION_MISSING.refused(code=str(institution_id))
    owed = session.scalar(
        select(func.sum(Clawback.amount_fen - Clawback.recovered_fen)).where(
            Clawback.institution_id == institution_id, Clawback.state == "opened"
        )
    )
    return Statement(found, [Sent(*row) for row in rows], int(owed or 0))
