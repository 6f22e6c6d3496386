"""Budgets, payment files and clawbacks, as finance and who is paid see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from voucher.ledger.budget import BUDGET_MISSING, Budget
from voucher.registry.institutions import Institution, PayeeAccount
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import (
    BankResult,
    Clawback,
    PaymentFile,
    PaymentLine,
)
from voucher.stages.settle.payment import FILE_MISSING
from voucher.stages.settle.queries.reach import Payees, claims_within


@dataclass(frozen=True, slots=True)
class LineOfFile:
    """One payee's row in a payment file, with the bank's answer where there is one."""

    position: int
    reference: str
    institution_name: str
    holder_name: str
    bank_name: str
    account_masked: str
    amount_fen: int
    outcome: str | None
    bank_words: str | None
    institution_id: int
    offset_fen: int
    line_id: int
    purpose: str

    @property
    def computed_fen(self) -> int:
        """Return what the claims behind it come to before any offset."""
        return self.amount_fen + self.offset_fen

    @property
    def is_sent(self) -> bool:
        """Return whether the bank is asked to pay anything of it."""
        return self.amount_fen > 0


def page_budgets(
    session: Session,
    regions: Collection[str],
    *,
    year: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Budget]:
    """Return the budgets of these regions, the newest first."""
    query = select(Budget).where(Budget.region_code.in_(sorted(regions)))
    if year is not None:
        query = query.where(Budget.year == year)
    if before_id is not None:
        query = query.where(Budget.id < before_id)
    return list(session.scalars(query.order_by(Budget.id.desc()).limit(limit)))


def get_budget(session: Session, budget_id: int, regions: Collection[str]) -> Budget:
    """Return a budget. Raises Refused budget_missing, the same for a foreign one."""
    found = session.get(Budget, budget_id)
    if found is None or found.region_code not in regions:
        raise BUDGET_MISSING.refused(budget=budget_id)
    return found


def list_budgets(session: Session, regions: Collection[str]) -> list[Budget]:
    """Return the budgets of these regions, newest year first."""
    return list(
        session.scalars(
            select(Budget)
            .where(Budget.region_code.in_(sorted(regions)))
            .order_by(Budget.year.desc(), Budget.region_code, Budget.source)
        )
    )


def list_payment_files(
    session: Session,
    regions: Collection[str],
    *,
    payees: Payees = (),
    state: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[PaymentFile]:
    """Return the newest payment files of these regions, and the released ones that pay these payees."""
    query = select(PaymentFile).where(_files_within(regions, payees))
    if state is not None:
        query = query.where(PaymentFile.state == state)
    if before_id is not None:
        query = query.where(PaymentFile.id < before_id)
    return list(session.scalars(query.order_by(PaymentFile.id.desc()).limit(limit)))


def _files_within(regions: Collection[str], payees: Payees) -> ColumnElement[bool]:
    here = PaymentFile.budget_id.in_(select(Budget.id).where(Budget.region_code.in_(sorted(regions))))
    if not payees:
        return here
    paying = select(PaymentLine.payment_file_id).where(PaymentLine.institution_id.in_(sorted(payees)))
    return here | (PaymentFile.released_at.is_not(None) & PaymentFile.id.in_(paying))


def get_payment_file(
    session: Session, payment_file_id: int, regions: Collection[str], payees: Payees = ()
) -> PaymentFile:
    """Return a payment file. Raises Refused payment_file_missing, the same for a foreign one."""
    found = session.scalars(
        select(PaymentFile).where(PaymentFile.id == payment_file_id, _files_within(regions, payees))
    ).first()
    if found is None:
        raise FILE_MISSING.refused()
    return found


def sum_paid(session: Session, file_ids: Collection[int], payees: Payees) -> dict[int, tuple[int, int, int]]:
    """Return, per payment file, how many rows are these payees', what is sent of them and offset, in fen."""
    rows = session.execute(
        select(
            PaymentLine.payment_file_id,
            func.count(),
            func.sum(PaymentLine.amount_fen),
            func.sum(PaymentLine.offset_fen),
        )
        .where(
            PaymentLine.payment_file_id.in_(sorted(file_ids)), PaymentLine.institution_id.in_(sorted(payees))
        )
        .group_by(PaymentLine.payment_file_id)
    )
    return {file_id: (count, int(total), int(off)) for file_id, count, total, off in rows}


def list_payment_lines(
    session: Session,
    payment_file_id: int,
    *,
    payees: Payees | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[LineOfFile]:
    """Return the rows of a payment file in order, or only those of these payees, accounts masked."""
    query = (
        select(
            PaymentLine.position, PaymentLine.reference, Institution.name, PayeeAccount.holder_name,
            PayeeAccount.bank_name, PayeeAccount.account_masked, PaymentLine.amount_fen,
            BankResult.outcome, BankResult.bank_words, PaymentLine.institution_id, PaymentLine.offset_fen,
            PaymentLine.id, PaymentLine.purpose,
        )
        .join(Institution, Institution.id == PaymentLine.institution_id)
        .join(PayeeAccount, PayeeAccount.id == PaymentLine.payee_account_id)
        .outerjoin(BankResult, BankResult.payment_line_id == PaymentLine.id)
        .where(PaymentLine.payment_file_id == payment_file_id, PaymentLine.position > after)
        .order_by(PaymentLine.position)
        .limit(limit)
    )  # fmt: skip
    if payees is not None:
        query = query.where(PaymentLine.institution_id.in_(sorted(payees)))
    return [LineOfFile(*tuple(row)) for row in session.execute(query)]


def count_answers(session: Session, payment_file_id: int) -> tuple[int, int]:
    """Return how many rows of a file the bank is asked to pay, and how many it has answered for good."""
    sent, answered = session.execute(
        select(func.count(case((PaymentLine.amount_fen > 0, 1))), func.count(BankResult.id))
        .outerjoin(BankResult, BankResult.payment_line_id == PaymentLine.id)
        .where(PaymentLine.payment_file_id == payment_file_id)
    ).one()
    return int(sent), int(answered)


def list_clawbacks(
    session: Session,
    regions: Collection[str],
    *,
    payees: Payees = (),
    state: str | None = None,
    payee_name: str | None = None,
    before_id: int | None = None,
    limit: int | None = None,
) -> list[tuple[Clawback, Claim, str]]:
    """Return the clawbacks of these regions or against these payees, newest first, with claim and payee.

    `payee_name` is a part of the payee's name.
    """
    query = (
        select(Clawback, Claim, Institution.name)
        .join(Claim, Claim.id == Clawback.claim_id)
        .join(Institution, Institution.id == Clawback.institution_id)
        .where(claims_within(regions, payees))
        .order_by(Clawback.id.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(Clawback.state == state)
    if payee_name is not None:
        query = query.where(Institution.name.contains(payee_name, autoescape=True))
    if before_id is not None:
        query = query.where(Clawback.id < before_id)
    return [(clawback, claim, name) for clawback, claim, name in session.execute(query)]
