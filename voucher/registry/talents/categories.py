"""人才类别: which certificates count for which of the five categories of talent (五类人才), from when on.

A row is never written over: a newer one ends the one before it by its last day and stands by itself.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Text
from voucher.rules.periods import in_force
from voucher.rules.talents import CategoryRow, TalentCategory
from voucher.rules.vocabulary import CertificateKind


class TalentMapping(Model):
    """Certificates of a kind, of occupations whose code begins so, or both count for a category.

    `trades` is the beginning of occupation codes; a row without it takes every occupation of its kind.
    """

    __tablename__ = "talent_mapping"
    __table_args__ = (
        UniqueConstraint("code", "since"),
        CheckConstraint(
            "category IN ('manager','professional','skilled','rural','social_work')", name="category"
        ),
        CheckConstraint("kind IS NOT NULL OR trades IS NOT NULL", name="says_which"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    category: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str | None] = mapped_column(Text)
    trades: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text, nullable=False)
    provisional: Mapped[bool] = mapped_column(Flag, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)


translate("uq_talent_mapping_code_since", "talent_mapping.code, talent_mapping.since", CHANGED_MEANWHILE)


def list_mappings(session: Session, on: date) -> list[CategoryRow]:
    """Return which certificates count for which category on a day, in the order of the rows."""
    return [
        CategoryRow(
            TalentCategory(row.category), CertificateKind(row.kind) if row.kind else None, row.trades,
            row.words, row.provisional, row.since, row.until, row.document,
        )
        for row in session.scalars(select(TalentMapping).order_by(TalentMapping.id))
        if in_force(on, row.since, row.until)
    ]  # fmt: skip
