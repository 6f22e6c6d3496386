"""保存期限表: per kind of data about a person its purpose, its legal basis and how long it is kept, dated."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text
from voucher.rules.periods import in_force


class RetentionRow(Model):
    """How long one kind of data is kept after its business ended; no months means for ever."""

    __tablename__ = "retention_rule"
    __table_args__ = (
        UniqueConstraint("kind", "since"),
        CheckConstraint("months >= 0", name="months"),
        CheckConstraint("length(legal_basis) > 0", name="legal_basis"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        CheckConstraint("confidence IN ('document','gov','news','default')", name="confidence"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    purpose: Mapped[str] = mapped_column(Text, nullable=False)
    legal_basis: Mapped[str] = mapped_column(Text, nullable=False)
    months: Mapped[int | None] = mapped_column(Int64)
    begins: Mapped[str] = mapped_column(Text, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    confidence: Mapped[str] = mapped_column(Text, nullable=False)


def list_retention(session: Session, on: date) -> list[RetentionRow]:
    """Return what is kept how long on a day, one row per kind, in the order they were written down."""
    rows = session.scalars(select(RetentionRow).order_by(RetentionRow.id))
    return [each for each in rows if in_force(on, each.since, each.until)]
