"""Double entry: every movement is one transfer between two accounts, amount above zero, nothing deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.month_closes import check_open
from voucher.plumbing.bulk import write_many
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work

TREASURY, AVAILABLE, RESERVED, SPENT, RETURNED = (
    "treasury",
    "available",
    "reserved",
    "spent",
    "returned",
)
ACCOUNT_ROLES = (TREASURY, AVAILABLE, RESERVED, SPENT, RETURNED)
ACCOUNT_NAMES = {
    TREASURY: "下达来源",
    AVAILABLE: "可用",
    RESERVED: "占用",
    SPENT: "支出",
    RETURNED: "上缴",
}


class Account(Model):
    """One of a budget's five accounts; only `treasury` may stand below zero, by what it gave."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("budget_id", "role"),
        CheckConstraint("role IN ('treasury','available','reserved','spent','returned')", name="role"),
        CheckConstraint("role = 'treasury' OR balance_fen >= 0", name="not_below_zero"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    budget_id: Mapped[int] = mapped_column(Int64, ForeignKey("budget.id"), nullable=False)
    role: Mapped[str] = mapped_column(Text, nullable=False)
    balance_fen: Mapped[int] = mapped_column(Int64, nullable=False, default=0)


class Transfer(Model):
    """One movement of money, with the project and institution it was for; append-only by trigger."""

    __tablename__ = "transfer"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_above_zero"),
        CheckConstraint("from_account_id <> to_account_id", name="two_accounts"),
        CheckConstraint(
            "claim_id IS NULL OR (project_id IS NOT NULL AND institution_id IS NOT NULL)",
            name="line_has_project_and_institution",
        ),
        Index("ix_transfer_at", "at", postgresql_using="brin", postgresql_with={"autosummarize": "on"}),
        Index("ix_transfer_claim", "claim_id"),
        Index("ix_transfer_from_account", "from_account_id"),
        Index("ix_transfer_to_account", "to_account_id"),
        Index("ix_transfer_voucher", "voucher_id", sqlite_where=text("voucher_id IS NOT NULL"),
              postgresql_where=text("voucher_id IS NOT NULL")),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    from_account_id: Mapped[int] = mapped_column(Int64, ForeignKey("account.id"), nullable=False)
    to_account_id: Mapped[int] = mapped_column(Int64, ForeignKey("account.id"), nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    act: Mapped[str] = mapped_column(Text, nullable=False)
    claim_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("claim.id"))
    voucher_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("voucher.id"))
    project_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("project.id"))
    institution_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("institution.id"))
    actor_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


@dataclass(frozen=True, slots=True)
class Line:
    """One amount of a bulk movement and what it was for."""

    amount_fen: int
    claim_id: int | None = None
    voucher_id: int | None = None
    project_id: int | None = None
    institution_id: int | None = None


def open_accounts(work: Work, budget_id: int) -> None:
    """Open the five accounts of a new budget."""
    work.session.execute(
        insert(Account),
        [{"budget_id": budget_id, "role": role, "balance_fen": 0} for role in ACCOUNT_ROLES],
    )


def post(work: Work, budget_id: int, source: str, target: str, act: str, lines: Sequence[Line]) -> int:
    """Move each line from one account of a budget to another and return the sum in fen.

    The two accounts are locked in the order of their ids. Raises Refused month_closed.
    """
    lines = [line for line in lines if line.amount_fen > 0]
    if not lines:
        return 0
    check_open(work, budget_id)
    ids = {
        account.role: account.id
        for account in work.session.execute(
            select(Account.id, Account.role)
            .where(Account.budget_id == budget_id, Account.role.in_((source, target)))
            .order_by(Account.id)
            .with_for_update()
        )
    }
    total = sum(line.amount_fen for line in lines)
    write_many(
        work.session,
        Transfer,
        ("amount_fen", "claim_id", "voucher_id", "project_id", "institution_id"),
        [
            (line.amount_fen, line.claim_id, line.voucher_id, line.project_id, line.institution_id)
            for line in lines
        ],
        {
            "from_account_id": ids[source],
            "to_account_id": ids[target],
            "act": act,
            "actor_person_id": work.actor.person_id,
            "at": work.at,
        },
    )
    for account_id, change_fen in sorted([(ids[source], -total), (ids[target], total)]):
        work.session.execute(
            update(Account)
            .where(Account.id == account_id)
            .values(balance_fen=Account.balance_fen + change_fen)
            .execution_options(synchronize_session=False)
        )
    return total
