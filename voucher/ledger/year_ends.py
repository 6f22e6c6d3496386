"""年末结转: where money kept under a budget stands when its year is over; by two people, never undone.

Vouchers and claims keep the budget they were made under. What is kept for them moves on with the year, and is
found here: every later reservation, release and payment is booked in the year in which it happens.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    column,
    func,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger.postings import SPENT, Account, Transfer
from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Flag, Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason

SOURCE = "预算法 第四十二条; 【设】年末结转两人办理，只增不改"
OPEN = text("done_at IS NULL AND dropped_at IS NULL")

YEAR_END_ASKED = reason(
    "year_end_asked_already",
    "这笔预算的年末结转已有人提出",
    "请由提出人以外的复核人员办理，或先撤销那次提出",
    SOURCE,
    Family.CONFLICT,
)


class YearEnd(Model):
    """One budget at the end of its year: asked for by one person, carried out by another.

    `carries_reserved`: the money kept goes along into the next year; otherwise it goes back and the next
    year's own money is kept instead. `carries_rest` is the same for what nobody has reserved.
    """

    __tablename__ = "year_end"
    __table_args__ = (
        Index("uq_year_end_open", "budget_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        CheckConstraint("done_by_person_id <> asked_by_person_id", name="two_people"),
        CheckConstraint(
            "(done_at IS NULL) = (done_by_person_id IS NULL) AND (done_at IS NULL) = (into_budget_id IS NULL)"
            " AND (done_at IS NULL) = (moved_count IS NULL) AND (done_at IS NULL) = (moved_fen IS NULL)"
            " AND (done_at IS NULL) = (rest_fen IS NULL)",
            name="done_whole",
        ),
        CheckConstraint("(dropped_at IS NULL) = (dropped_by_person_id IS NULL)", name="dropped_by"),
        CheckConstraint("done_at IS NULL OR dropped_at IS NULL", name="done_or_dropped"),
        CheckConstraint("budget_id <> into_budget_id", name="two_budgets"),
        CheckConstraint("length(document) > 0", name="document"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    budget_id: Mapped[int] = mapped_column(Int64, ForeignKey("budget.id"), nullable=False)
    carries_reserved: Mapped[bool] = mapped_column(Flag, nullable=False)
    carries_rest: Mapped[bool] = mapped_column(Flag, nullable=False)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    dropped_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    dropped_at: Mapped[datetime | None] = mapped_column(UtcTime)
    into_budget_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("budget.id"))
    moved_count: Mapped[int | None] = mapped_column(Int64)
    moved_fen: Mapped[int | None] = mapped_column(Int64)
    rest_fen: Mapped[int | None] = mapped_column(Int64)
    done_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_year_end_open", "year_end.budget_id", YEAR_END_ASKED)
# the table of budgets is declared above this room
_BUDGET = table("budget", column("id", Int64), column("carried_into_id", Int64))


def home_of(session: Session, budget_id: int) -> int:
    """Return the budget in which money kept under this one stands now: itself until its year was carried."""
    into = session.scalar(select(_BUDGET.c.carried_into_id).where(_BUDGET.c.id == budget_id))
    return budget_id if into is None else int(into)


def select_family(home_id: int) -> Select[int]:
    """Return the query for a budget and every one that was carried into it: whose money it keeps."""
    return select(_BUDGET.c.id).where(or_(_BUDGET.c.id == home_id, _BUDGET.c.carried_into_id == home_id))


def select_families(budget_ids: Select[int]) -> Select[int]:
    """Return the query for these budgets, where their money stands by now, and every year it went through.

    Whichever year paid a claim is among them.
    """
    home, mine = func.coalesce(_BUDGET.c.carried_into_id, _BUDGET.c.id), _BUDGET.alias()
    homes = select(func.coalesce(mine.c.carried_into_id, mine.c.id)).where(mine.c.id.in_(budget_ids))
    return select(_BUDGET.c.id).where(home.in_(homes))


def find_spender(work: Work, budget_id: int, claim_id: int | None) -> int:
    """Return the budget that paid a claim made under this one: that of the year of the payment."""
    if claim_id is None or home_of(work.session, budget_id) == budget_id:
        return budget_id
    paid = (
        select(Account.budget_id)
        .join(Transfer, Transfer.to_account_id == Account.id)
        .where(Transfer.claim_id == claim_id, Account.role == SPENT)
        .order_by(Transfer.id.desc())
        .limit(1)
    )
    return work.session.scalar(paid) or budget_id


def list_year_ends(session: Session, budget_id: int) -> list[YearEnd]:
    """Return what was asked and done at the end of a budget's year, the newest first."""
    return list(
        session.scalars(select(YearEnd).where(YearEnd.budget_id == budget_id).order_by(YearEnd.id.desc()))
    )
