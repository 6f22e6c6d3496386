"""A closed month (月结) takes no posting any more; closed by two people, opened again by nobody.

What turns out wrong afterwards is put right by a posting of the day it is found.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, column, select, table
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.clock import end_of
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason

MONTH_CLOSED = reason(
    "month_closed",
    "该月已经月结，不能再记账",
    "请按发现当日记账更正；月结不能重开",
    "PAGES 4.6 月结; 【设】已结月份只增不改",
    Family.CONFLICT,
)


class MonthClose(Model):
    """One month of one region's budgets: asked to be closed by one person, closed by another.

    Counts and sums are those of its postings in fen at the closing, which nothing changes afterwards.
    """

    __tablename__ = "month_close"
    __table_args__ = (
        UniqueConstraint("region_code", "year", "month"),
        CheckConstraint("month BETWEEN 1 AND 12", name="month"),
        CheckConstraint("begins_at < ends_at", name="begins_before_it_ends"),
        CheckConstraint(
            "(closed_at IS NULL) = (closed_by_person_id IS NULL)"
            " AND (closed_at IS NULL) = (posting_count IS NULL)"
            " AND (closed_at IS NULL) = (posted_fen IS NULL)",
            name="closed_whole",
        ),
        CheckConstraint("closed_by_person_id <> asked_by_person_id", name="two_people"),
        CheckConstraint("closed_at IS NULL OR closed_at >= ends_at", name="over_when_closed"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    year: Mapped[int] = mapped_column(Int64, nullable=False)
    month: Mapped[int] = mapped_column(Int64, nullable=False)
    begins_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ends_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    closed_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    posting_count: Mapped[int | None] = mapped_column(Int64)
    posted_fen: Mapped[int | None] = mapped_column(Int64)


translate(
    "uq_month_close_region_code_year_month",
    "month_close.region_code, month_close.year, month_close.month",
    CHANGED_MEANWHILE,
)
# the table of budgets is declared above this room
_BUDGET = table("budget", column("id", Int64), column("region_code", Text))


def check_open(work: Work, budget_id: int) -> None:
    """Refuse a posting of a day whose month is closed; the database refuses it too. Raises month_closed."""
    closed = work.session.scalar(
        select(MonthClose.id)
        .join(_BUDGET, _BUDGET.c.region_code == MonthClose.region_code)
        .where(
            _BUDGET.c.id == budget_id,
            MonthClose.closed_at.is_not(None),
            MonthClose.begins_at <= work.at,
            MonthClose.ends_at > work.at,
        )
    )
    if closed is not None:
        raise MONTH_CLOSED.refused()


def span_of(year: int, month: int) -> tuple[datetime, datetime]:
    """Return the moments in which a month begins and is over in Shanghai."""
    first = date(year, month, 1)
    following = date(year + month // 12, month % 12 + 1, 1)
    return end_of(date.fromordinal(first.toordinal() - 1)), end_of(
        date.fromordinal(following.toordinal() - 1)
    )


def page_closes(
    session: Session, regions: Collection[str], *, before_id: int | None = None, limit: int = 50
) -> list[MonthClose]:
    """Return the months of these regions that are closed or asked to be, the last asked first."""
    query = select(MonthClose).where(MonthClose.region_code.in_(sorted(regions)))
    if before_id is not None:
        query = query.where(MonthClose.id < before_id)
    return list(session.scalars(query.order_by(MonthClose.id.desc()).limit(limit)))


def list_closes(session: Session, region_code: str, limit: int = 60) -> list[MonthClose]:
    """Return the months of a region that are closed or asked to be, the newest first."""
    return list(
        session.scalars(
            select(MonthClose)
            .where(MonthClose.region_code == region_code)
            .order_by(MonthClose.year.desc(), MonthClose.month.desc())
            .limit(limit)
        )
    )
