"""指标: dated targets with the formula that counts toward them, what it is narrowed to, and the document."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text
from voucher.rules.errors import Family, reason

INDICATOR_KNOWN = reason(
    "indicator_known",
    "同一编号、同一起始日的指标已经登记",
    "改目标请换一个起始日另登一行，旧的一行保留",
    "S0-17b",
    Family.CONFLICT,
)


class Indicator(Model):
    """One target from one day on: how many of what, counted how, by which document."""

    __tablename__ = "indicator"
    __table_args__ = (
        UniqueConstraint("code", "since"),
        # what narrows an indicator carries its formula, so that the database knows whether it can
        Index("uq_indicator_formula", "id", "formula", unique=True),
        CheckConstraint("target > 0", name="target"),
        CheckConstraint("length(document) > 0", name="document"),
        CheckConstraint("span IN ('year','total','stock')", name="span"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    formula: Mapped[str] = mapped_column(Text, nullable=False)
    unit: Mapped[str] = mapped_column(Text, nullable=False)
    span: Mapped[str] = mapped_column(Text, nullable=False)
    target: Mapped[int] = mapped_column(Int64, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)


class IndicatorNarrowing(Model):
    """What an indicator counts only: one word of one dimension its formula has figures of."""

    __tablename__ = "indicator_narrowing"
    __table_args__ = (
        ForeignKeyConstraint(["indicator_id", "formula"], ["indicator.id", "indicator.formula"]),
        CheckConstraint(
            "dimension IN ('training_kind','programme','fund','trade','level','group')", name="dimension"
        ),
        CheckConstraint("length(word) > 0", name="word"),
        CheckConstraint(
            "formula IN ('trainings','issued','redeemed')"
            " OR (formula <> 'not_connected' AND dimension IN ('trade','level'))",
            name="fits",
        ),
        {"sqlite_strict": True},
    )

    indicator_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    dimension: Mapped[str] = mapped_column(Text, primary_key=True)
    formula: Mapped[str] = mapped_column(Text, nullable=False)
    word: Mapped[str] = mapped_column(Text, nullable=False)


translate("uq_indicator_code_since", "indicator.code, indicator.since", INDICATOR_KNOWN)


def list_indicators(session: Session, on: date | None = None) -> list[Indicator]:
    """Return the indicators in force on a day, or all of them, in the order of their codes."""
    rows = session.scalars(select(Indicator).order_by(Indicator.code, Indicator.since))
    return [
        each for each in rows if on is None or (each.since <= on and (each.until is None or on <= each.until))
    ]


def find_narrowings(session: Session, indicator_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """Return the word of each dimension that indicators are narrowed to, by indicator."""
    found: dict[int, dict[str, str]] = {}
    rows = session.scalars(
        select(IndicatorNarrowing)
        .where(IndicatorNarrowing.indicator_id.in_(sorted(indicator_ids)))
        .order_by(IndicatorNarrowing.indicator_id, IndicatorNarrowing.dimension)
    )
    for each in rows:
        found.setdefault(each.indicator_id, {})[each.dimension] = each.word
    return found
