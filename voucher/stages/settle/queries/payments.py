"""Budgets, payment files, clawbacks, and the three-way comparison whose differences are always in sight."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.budget import Budget
from voucher.registry.institutions import Institution, PayeeAccount
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import (
    BankQuarantine,
    BankResult,
    Clawback,
    PaymentFile,
    PaymentLine,
)
from voucher.stages.settle.payment import FILE_MISSING


@dataclass(frozen=True, slots=True)
class LineOfFile:
    """One payee's row in a payment file, with the bank's answer where there is one."""

    reference: str
    institution_name: str
    holder_name: str
    bank_name: str
    account_masked: str
    amount_fen: int
    outcome: str | None
    bank_words: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One released line on which system, finance and bank do not say the same yet, in fen."""

    payment_file_number: str
    reference: str
    institution_name: str
    released_fen: int
    bank_fen: int
    booked_fen: int
    why: str


def list_budgets(session: Session, regions: Collection[str]) -> list[Budget]:
    """Return the budgets of these regions, newest year first."""
    return list(
        session.scalars(
            select(Budget)
            .where(Budget.region_code.in_(sorted(regions)))
            .order_by(Budget.year.desc(), Budget.region_code, Budget.source)
        )
    )


def list_payment_files(session: Session, regions: Collection[str], *, limit: int = 50) -> list[PaymentFile]:
    """Return the newest payment files of these regions' budgets."""
    return list(
        session.scalars(
            select(PaymentFile)
            .join(Budget, Budget.id == PaymentFile.budget_id)
            .where(Budget.region_code.in_(sorted(regions)))
            .order_by(PaymentFile.id.desc())
            .limit(limit)
        )
    )


def get_payment_file(session: Session, payment_file_id: int, regions: Collection[str]) -> PaymentFile:
    """Return a payment file. Raises Refused payment_file_missing, the same for a foreign one."""
    found = session.scalars(
        select(PaymentFile)
        .join(Budget, Budget.id == PaymentFile.budget_id)
        .where(PaymentFile.id == payment_file_id, Budget.region_code.in_(sorted(regions)))
    ).first()
    if found is None:
        raise FILE_MISSING.refused()
    return found


def list_payment_lines(session: Session, payment_file_id: int) -> list[LineOfFile]:
    """Return the rows of a payment file in order, accounts masked."""
    rows = session.execute(
        select(
            PaymentLine.reference, Institution.name, PayeeAccount.holder_name, PayeeAccount.bank_name,
            PayeeAccount.account_masked, PaymentLine.amount_fen, BankResult.outcome, BankResult.bank_words,
        )
        .join(Institution, Institution.id == PaymentLine.institution_id)
        .join(PayeeAccount, PayeeAccount.id == PaymentLine.payee_account_id)
        .outerjoin(BankResult, BankResult.payment_line_id == PaymentLine.id)
        .where(PaymentLine.payment_file_id == payment_file_id)
        .order_by(PaymentLine.position)
    )  # fmt: skip
    return [LineOfFile(*row) for row in rows]


def list_quarantine(session: Session, payment_file_id: int) -> list[BankQuarantine]:
    """Return the lines of result files that were set aside."""
    return list(
        session.scalars(
            select(BankQuarantine)
            .where(BankQuarantine.payment_file_id == payment_file_id)
            .order_by(BankQuarantine.id)
        )
    )


def list_clawbacks(session: Session, regions: Collection[str]) -> list[tuple[Clawback, Claim, str]]:
    """Return the clawbacks of these regions with their claims and payees."""
    rows = session.execute(
        select(Clawback, Claim, Institution.name)
        .join(Claim, Claim.id == Clawback.claim_id)
        .join(Institution, Institution.id == Clawback.institution_id)
        .where(Claim.region_code.in_(sorted(regions)))
        .order_by(Clawback.id.desc())
    )
    return [(clawback, claim, name) for clawback, claim, name in rows]


def reconcile(session: Session, regions: Collection[str]) -> list[Difference]:
    """Return every released line on which system, finance and bank differ: unanswered or bounced."""
    rows = session.execute(
        select(
            PaymentFile.number, PaymentLine.reference, Institution.name, PaymentLine.amount_fen,
            BankResult.outcome,
        )
        .join(PaymentFile, PaymentFile.id == PaymentLine.payment_file_id)
        .join(Budget, Budget.id == PaymentFile.budget_id)
        .join(Institution, Institution.id == PaymentLine.institution_id)
        .outerjoin(BankResult, BankResult.payment_line_id == PaymentLine.id)
        .where(
            Budget.region_code.in_(sorted(regions)),
            PaymentFile.released_at.is_not(None),
            func.coalesce(BankResult.outcome, "") != "succeeded",
        )
        .order_by(PaymentLine.id)
    )  # fmt: skip
    return [
        Difference(
            payment_file_number=number,
            reference=reference,
            institution_name=name,
            released_fen=amount_fen,
            bank_fen=0,
            booked_fen=0,
            why="银行退票，未支出" if outcome == "failed" else "已签发，银行尚未回盘",
        )
        for number, reference, name, amount_fen, outcome in rows
    ]
