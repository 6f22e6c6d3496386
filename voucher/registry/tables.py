"""The dated rows as the rules want them: standards, bands, listed occupations, calendar, parameters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry.catalogue import QualificationEntry, list_ancestry
from voucher.registry.standards import (
    PARAMETER_MISSING,
    AmountBandRow,
    CalendarDay,
    CalendarYear,
    ModifierRow,
    ShortageEntry,
    StandardRow,
    get_parameter,
    get_parameters_on,
    get_value_at,
)
from voucher.rules.approval import AmountBand, Step
from voucher.rules.calendar import WorkCalendar
from voucher.rules.certificates import ListedOccupation
from voucher.rules.dictionaries import TrainingMode
from voucher.rules.duplicates import DuplicateParameters
from voucher.rules.eligibility import AgeLimits
from voucher.rules.modifiers import Condition, Modifier
from voucher.rules.subsidy import Standard
from voucher.rules.vocabulary import Level, Method, SubsidyKind

# how far apart two cards of one number are, and what is given for them
CARD_RENEWAL_MONTHS = "card_renewal_months"
NOWHERE = ""  # what two areas have in common that do not overlap


def read_standards(session: Session) -> list[Standard]:
    """Return every standard, in force or not; the rule chooses by day, form, occupation, level and region."""
    return [
        Standard(
            kind=SubsidyKind(row.kind),
            form=row.form,
            occupation_code=row.occupation_code,
            level=Level(row.level) if row.level is not None else None,
            region_code=row.region_code,
            amount_fen=row.amount_fen,
            since=row.since,
            until=row.until,
            document=row.document,
            evidence=row.evidence,
        )
        for row in session.scalars(select(StandardRow).order_by(StandardRow.code))
    ]


def read_modifiers(session: Session) -> list[Modifier]:
    """Return every share of the standard; one for 急需紧缺 stands once per entry of the lists it meets."""
    listed = session.scalars(select(ShortageEntry).order_by(ShortageEntry.id)).all()
    found: list[Modifier] = []
    for row in session.scalars(select(ModifierRow).order_by(ModifierRow.code)):
        plain = Modifier(
            kind=SubsidyKind(row.kind),
            method=Method(row.method) if row.method is not None else None,
            basis_points=row.basis_points,
            since=row.since,
            until=row.until,
            document=row.document,
            mode=TrainingMode(row.mode) if row.mode is not None else None,
            region_code=row.region_code,
        )
        if plain.condition is Condition.SHORTAGE:
            found += [met for entry in listed if (met := _meet(session, plain, entry)) is not None]
        else:
            found.append(plain)
    return found


def _meet(session: Session, plain: Modifier, entry: ShortageEntry) -> Modifier | None:
    """Return a share for 急需紧缺 as it holds for one entry of a list; None where their areas never meet."""
    area = _narrower(session, plain.region_code, entry.region_code)
    if area == NOWHERE:
        return None
    return replace(
        plain,
        document=f"{plain.document}；{entry.document}",
        occupation_code=entry.occupation_code,
        level=Level(entry.level) if entry.level is not None else None,
        region_code=area,
        listed_since=entry.since,
        listed_until=entry.until,
    )


def _narrower(session: Session, one: str | None, other: str | None) -> str | None:
    """Return the area both codes cover, None for everywhere."""
    if one is None or other is None or one == other:
        return one or other
    if one in list_ancestry(session, other):
        return other
    return one if other in list_ancestry(session, one) else NOWHERE


def read_bands(session: Session) -> list[AmountBand]:
    """Return from which amount on which steps are needed."""
    rows = session.scalars(select(AmountBandRow).order_by(AmountBandRow.minimum_fen, AmountBandRow.since))
    return [
        AmountBand(
            minimum_fen=row.minimum_fen,
            steps=tuple(Step(word) for word in row.steps.split()),
            document=row.document,
            since=row.since,
            until=row.until,
        )
        for row in rows
    ]


def read_listed_occupations(session: Session) -> list[ListedOccupation]:
    """Return the stays of occupations on the 职业资格目录."""
    rows = session.scalars(select(QualificationEntry).order_by(QualificationEntry.id))
    return [ListedOccupation(row.occupation_code, row.since, row.until, row.document) for row in rows]


def read_calendar(session: Session) -> WorkCalendar:
    """Return the announced days and the years whose announcement has been loaded."""
    days = session.execute(select(CalendarDay.day, CalendarDay.is_workday))
    return WorkCalendar(days=dict(days.all()), years=frozenset(session.scalars(select(CalendarYear.year))))


def read_parameter_text(session: Session, name: str, on: date, region_codes: Sequence[str]) -> str | None:
    """Return a parameter's value on a day, the nearest region first; None where it sets no limit.

    Raises parameter_missing.
    """
    return get_parameter(session, name, on, list(region_codes)).value or None


def read_parameter_number(session: Session, name: str, on: date, region_codes: Sequence[str]) -> int | None:
    """Return a parameter's value as a whole number in its unit; None where it sets no limit.

    Raises parameter_missing.
    """
    text = read_parameter_text(session, name, on, region_codes)
    return None if text is None else int(text)


def read_numbers_on(
    session: Session, name: str, days: Iterable[date], region_codes: Sequence[str]
) -> dict[date, int | None]:
    """Return a parameter's number on each of some days, as `read_parameter_number` does, in one statement.

    Raises parameter_missing.
    """
    found = get_parameters_on(session, name, days, region_codes)
    return {on: int(row.value) if row.value else None for on, row in found.items()}


def read_number_at(session: Session, name: str, on: date, region_code: str) -> int | None:
    """Return a parameter's number where a region lies, in one statement; None where it sets no limit.

    Raises parameter_missing.
    """
    text = get_value_at(session, name, on, region_code)
    return int(text) if text else None


def require_parameter_number(session: Session, name: str, on: date, region_codes: Sequence[str]) -> int:
    """Return a parameter's value where it has to be a number. Raises Refused parameter_missing."""
    found = read_parameter_number(session, name, on, region_codes)
    if found is None:
        raise PARAMETER_MISSING.refused(name=name, on=on.isoformat())
    return found


def read_flag(session: Session, name: str, on: date, region_codes: Sequence[str]) -> bool:
    """Return whether a yes-or-no parameter says yes. Raises parameter_missing."""
    return read_parameter_text(session, name, on, region_codes) == "1"


def read_age_limits(session: Session, on: date, region_codes: Sequence[str]) -> AgeLimits:
    """Return the ages that may have a subsidy on a day, with their document. Raises parameter_missing."""
    youngest = get_parameter(session, "age_minimum", on, list(region_codes))
    oldest = get_parameter(session, "age_maximum", on, list(region_codes))
    ends = [row.until for row in (youngest, oldest) if row.until is not None]
    return AgeLimits(
        minimum=int(youngest.value),
        maximum=int(oldest.value),
        maximum_female=read_parameter_number(session, "age_maximum_female", on, region_codes),
        document=oldest.source,
        since=max(youngest.since, oldest.since),
        until=min(ends, default=None),
    )


def read_duplicate_parameters(
    session: Session, kind: SubsidyKind, on: date, region_codes: Sequence[str]
) -> DuplicateParameters:
    """Return the yearly cap of a subsidy kind and whether a higher level bars a lower one.

    Raises parameter_missing.
    """
    return DuplicateParameters(
        yearly_cap=read_parameter_number(session, f"yearly_cap_{kind}", on, region_codes),
        higher_bars_lower=read_flag(session, "higher_bars_lower", on, region_codes),
    )
