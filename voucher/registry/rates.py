"""补贴标准 as anybody may ask for it: what is in force on a day, what a trade comes to, whom to call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.registry import tables
from voucher.registry.catalogue import Occupation, SpecialItem, list_ancestry, name_regions
from voucher.registry.standards import ANYWHERE, ModifierRow, Parameter, StandardRow
from voucher.rules.errors import reason
from voucher.rules.periods import in_force
from voucher.rules.subsidy import Case, Price, price_subsidy
from voucher.rules.vocabulary import CertificateKind, Level, Method, SubsidyKind

FOUND_MOST, HOTLINE = 12, "hotline"

PERIOD_WITHOUT_STANDARDS = reason(
    "period_without_standards",
    "{on} 还没有施行任何补贴标准",
    "最早的标准自 {first} 起施行，请换一个以后的日期查询",
    "【设】标准按日期登记 (DESIGN 4)",
)


@dataclass(frozen=True, slots=True)
class Rate:
    """What a trade at a level earns by an exam on a day, of either subsidy, and by which document."""

    trade_code: str
    trade_name: str
    level: Level | None
    training: Price
    evaluation: Price


@dataclass(frozen=True, slots=True)
class Rates:
    """The dated rows in force on a day, and how many others stand before or after it."""

    standards: list[StandardRow]
    modifiers: list[ModifierRow]
    others: int


def list_versions(session: Session) -> list[date]:
    """Return the days on which some standard or share began, or ended the day before; the newest first."""
    days: set[date] = set()
    for model in (StandardRow, ModifierRow):
        for since, until in session.execute(select(model.since, model.until)):
            days |= {since} if until is None else {since, until + timedelta(days=1)}
    return sorted(days, reverse=True)


def list_rates(session: Session, on: date) -> Rates:
    """Return the rows in force on a day. Raises Refused period_without_standards before the first of them."""
    standards = session.scalars(
        select(StandardRow).order_by(StandardRow.kind, StandardRow.form, StandardRow.level, StandardRow.since)
    ).all()
    modifiers = session.scalars(select(ModifierRow).order_by(ModifierRow.kind, ModifierRow.method)).all()
    first = min((each.since for each in standards), default=None)
    if first is not None and on < first:
        raise PERIOD_WITHOUT_STANDARDS.refused(on=on.isoformat(), first=first.isoformat())
    paid = [each for each in standards if in_force(on, each.since, each.until)]
    shares = [each for each in modifiers if in_force(on, each.since, each.until)]
    return Rates(paid, shares, len(standards) + len(modifiers) - len(paid) - len(shares))


def list_parameters(session: Session, on: date, names: set[str]) -> list[Parameter]:
    """Return the named parameters in force on a day, the province's own before those of its regions."""
    rows = session.scalars(
        select(Parameter)
        .where(Parameter.name.in_(sorted(names)))
        .order_by(Parameter.name, Parameter.region_code, Parameter.since)
    )
    return [each for each in rows if in_force(on, each.since, each.until)]


def list_hotlines(session: Session, on: date) -> list[tuple[str, str]]:
    """Return whom to call on a day: the province's number, then of each region that has one of its own."""
    rows = list_parameters(session, on, {HOTLINE})
    names = name_regions(session, [each.region_code for each in rows])
    return [(names.get(each.region_code, "全省"), each.value) for each in rows]


def list_regions_apart(session: Session) -> list[str]:
    """Return the regions that have a standard or a share of their own."""
    found: set[str] = set()
    for model in (StandardRow, ModifierRow):
        found |= set(
            session.scalars(select(model.region_code).where(model.region_code.is_not(None)).distinct())
        )
    return sorted(found - {ANYWHERE})


def search_rates(
    session: Session, on: date, words: str, level: Level | None, region_code: str | None
) -> list[Rate]:
    """Return what the trades whose name or code says these words earn on a day by an exam.

    Levels nobody pays for are left out unless the level was asked for; at most twelve trades.
    """
    standards, modifiers = tables.read_standards(session), tables.read_modifiers(session)
    regions = tuple(list_ancestry(session, region_code)) if region_code else ()
    found: list[Rate] = []
    for code, name, is_item in _find_trades(session, on, words):
        levels = [level] if level is not None else list(Level)
        for each in [None] if is_item else levels:
            training, evaluation = (
                price_subsidy(_case(kind, code, each, on, regions), standards, modifiers)
                for kind in (SubsidyKind.TRAINING, SubsidyKind.EVALUATION)
            )
            if level is not None or training.amount_fen or evaluation.amount_fen:
                found.append(Rate(code, name, each, training, evaluation))
    return found


def _find_trades(session: Session, on: date, words: str) -> list[tuple[str, str, bool]]:
    occupations = session.execute(
        select(Occupation.code, Occupation.name)
        .where(
            or_(Occupation.since.is_(None), Occupation.since <= on),
            or_(Occupation.until.is_(None), Occupation.until >= on),
            or_(Occupation.code == words.upper(), Occupation.name.contains(words, autoescape=True)),
        )
        .order_by(Occupation.code)
        .limit(FOUND_MOST)
    )
    items = session.execute(
        select(SpecialItem.code, SpecialItem.name)
        .where(or_(SpecialItem.code == words.upper(), SpecialItem.name.contains(words, autoescape=True)))
        .order_by(SpecialItem.code)
        .limit(FOUND_MOST)
    )
    found = [(code, name, False) for code, name in occupations] + [(code, name, True) for code, name in items]
    return found[:FOUND_MOST]


def _case(kind: SubsidyKind, code: str, level: Level | None, on: date, regions: tuple[str, ...]) -> Case:
    is_item = level is None
    return Case(
        kind=kind,
        certificate_kind=CertificateKind.SPECIAL_SKILL if is_item else CertificateKind.SKILL_LEVEL,
        level=level,
        occupation_code=None if is_item else code,
        item_code=code if is_item else None,
        method=Method.EXAM,
        issued_on=on,
        region_codes=regions,
    )
