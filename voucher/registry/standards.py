"""Dated rows the law is computed from: standards, modifiers, parameters, amount bands, working days.

Unknown policy is a parameter with a default, and `confidence` says so to the officer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    ScalarSelect,
    Select,
    UniqueConstraint,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Text
from voucher.registry.catalogue import RANKS, select_above
from voucher.rules.errors import Family, reason
from voucher.rules.periods import in_force

PARAMETER_MISSING = reason(
    "parameter_missing",
    "参数“{name}”在 {on} 没有有效取值",
    "请先由有权限的人员登记该参数的取值、生效日期和依据",
    "【参】政策参数均为有日期的登记",
    Family.UNAVAILABLE,
)
ANYWHERE = "*"  # a parameter that holds for the whole province


class StandardRow(Model):
    """One amount of one subsidy: form, occupation or all, level, area, from when, by which document."""

    __tablename__ = "standard"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0", name="amount"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        Index("ix_standard_kind", "kind", "form", "level"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    code: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    form: Mapped[str] = mapped_column(Text, nullable=False)
    occupation_code: Mapped[str | None] = mapped_column(Text)
    level: Mapped[int | None] = mapped_column(Int64)
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    evidence: Mapped[str] = mapped_column(Text, nullable=False)


class ModifierRow(Model):
    """A dated share of the standard: for a way of earning the certificate (直接认定 50 %), or of teaching.

    With neither it holds for the occupations on a list of 急需紧缺 (`ShortageEntry`).
    """

    __tablename__ = "modifier"
    __table_args__ = (
        CheckConstraint("basis_points BETWEEN 0 AND 100000", name="basis_points"),
        CheckConstraint("method IS NULL OR mode IS NULL", name="one_condition"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    code: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    method: Mapped[str | None] = mapped_column(Text)
    mode: Mapped[str | None] = mapped_column(Text)
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    basis_points: Mapped[int] = mapped_column(Int64, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    document: Mapped[str] = mapped_column(Text, nullable=False)


class ShortageEntry(Model):
    """An occupation an area is short of (急需紧缺目录), one level of it or all, from when on, by whom."""

    __tablename__ = "shortage_entry"
    __table_args__ = (
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        CheckConstraint("level BETWEEN 1 AND 8", name="level"),
        Index("ix_shortage_entry_occupation", "occupation_code"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    occupation_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int | None] = mapped_column(Int64)
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    document: Mapped[str] = mapped_column(Text, nullable=False)


class Parameter(Model):
    """A policy number that may differ by region and day; `confidence` is document, gov, news or default."""

    __tablename__ = "parameter"
    __table_args__ = (
        UniqueConstraint("name", "region_code", "since"),
        CheckConstraint("confidence IN ('document','gov','news','default')", name="confidence"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, nullable=False, default=ANYWHERE)
    value: Mapped[str] = mapped_column(Text, nullable=False)
    unit: Mapped[str] = mapped_column(Text, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    confidence: Mapped[str] = mapped_column(Text, nullable=False)


class AmountBandRow(Model):
    """From which amount on which signatures are needed."""

    __tablename__ = "amount_band"
    __table_args__ = (
        UniqueConstraint("minimum_fen", "since"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    minimum_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    steps: Mapped[str] = mapped_column(Text, nullable=False)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)


class CalendarDay(Model):
    """A day the State Council moved: a holiday on a weekday, or a make-up workday on a weekend."""

    __tablename__ = "calendar_day"
    __table_args__ = ({"sqlite_strict": True},)

    day: Mapped[date] = mapped_column(Day, primary_key=True)
    is_workday: Mapped[bool] = mapped_column(Flag, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)


class CalendarYear(Model):
    """A year whose holidays have been announced and loaded; any other year is unknown, never guessed."""

    __tablename__ = "calendar_year"
    __table_args__ = ({"sqlite_strict": True},)

    year: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)


# asked many times in almost every act: said once, not built again for each
_IN_FORCE = select(Parameter).where(
    Parameter.name == bindparam("name"),
    Parameter.since <= bindparam("on"),
    (Parameter.until.is_(None)) | (Parameter.until >= bindparam("on")),
    Parameter.region_code.in_(bindparam("regions", expanding=True)),
)


def _select_in_force_at() -> Select[Any]:
    above = select_above().subquery()
    height = case(
        (Parameter.region_code == bindparam("code"), 0), else_=func.coalesce(above.c.height, RANKS + 1)
    )
    return (
        select(Parameter.value)
        .outerjoin(above, above.c.parent_code == Parameter.region_code)
        .where(
            Parameter.name == bindparam("name"),
            Parameter.since <= bindparam("on"),
            (Parameter.until.is_(None)) | (Parameter.until >= bindparam("on")),
            Parameter.region_code.in_((bindparam("code"), ANYWHERE)) | above.c.parent_code.is_not(None),
        )
        .order_by(height, Parameter.since.desc())
        .limit(1)
    )


IN_FORCE_AT = _select_in_force_at()


def select_told(names: Sequence[str], dialect: str) -> ScalarSelect[str]:
    """Return what is in force of several parameters on the day `on`, as one text `read_told` reads."""
    row = (Parameter.name, Parameter.region_code, Parameter.value, Parameter.since)
    told = (
        cast(func.json_agg(func.json_build_array(*row)), SqlText)
        if dialect == "postgresql"
        else func.json_group_array(func.json_array(*row))
    )
    return (
        select(told)
        .where(
            or_(*(Parameter.name == name for name in names)),
            Parameter.since <= bindparam("on"),
            (Parameter.until.is_(None)) | (Parameter.until >= bindparam("on")),
        )
        .scalar_subquery()
    )


@lru_cache(maxsize=64)
def read_told(told: str | None) -> Mapping[str, str]:
    """Return the newest value of each parameter `select_told` found; none of one that differs by region."""
    rows: list[tuple[str, str, str, str]] = sorted(json.loads(told or "[]"), key=lambda row: row[3])
    local = {name for name, region_code, _, _ in rows if region_code != ANYWHERE}
    return MappingProxyType({name: value for name, _, value, _ in rows if name not in local})


def get_value_at(session: Session, name: str, on: date, region_code: str) -> str:
    """Return the value in force on a day where a region lies, the regions above it read along.

    Raises Refused parameter_missing.
    """
    found: str | None = session.scalar(IN_FORCE_AT, {"name": name, "on": on, "code": region_code})
    if found is None:
        raise PARAMETER_MISSING.refused(name=name, on=on.isoformat())
    return found


def get_parameter(session: Session, name: str, on: date, region_codes: list[str]) -> Parameter:
    """Return the value in force on a day, the most specific region first, then the whole province.

    Raises Refused parameter_missing.
    """
    rows = session.scalars(_IN_FORCE, {"name": name, "on": on, "regions": [*region_codes, ANYWHERE]}).all()
    return _nearest(rows, name, on, region_codes)


def get_parameters_on(
    session: Session, name: str, days: Iterable[date], region_codes: Sequence[str]
) -> dict[date, Parameter]:
    """Return the value in force on each of some days, as `get_parameter` does, in one statement for all.

    Raises Refused parameter_missing.
    """
    asked = select(Parameter).where(
        Parameter.name == name, Parameter.region_code.in_([*region_codes, ANYWHERE])
    )
    rows = session.scalars(asked).all()
    return {
        on: _nearest([row for row in rows if in_force(on, row.since, row.until)], name, on, region_codes)
        for on in set(days)
    }


def _nearest(rows: Sequence[Parameter], name: str, on: date, region_codes: Sequence[str]) -> Parameter:
    order = {code: place for place, code in enumerate([*region_codes, ANYWHERE])}
    if not rows:
        raise PARAMETER_MISSING.refused(name=name, on=on.isoformat())
    return min(rows, key=lambda row: (order[row.region_code], -row.since.toordinal()))
