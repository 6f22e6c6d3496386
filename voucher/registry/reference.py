"""The reference data that ships with the program, loaded once; what is already there is left as it is."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from voucher.ledger import audit
from voucher.plumbing.db import Model
from voucher.plumbing.unit_of_work import Work
from voucher.registry.bank_templates import BankTemplate
from voucher.registry.bonus_standards import BonusStandardRow
from voucher.registry.catalogue import (
    Occupation,
    OccupationAlias,
    Project,
    QualificationEntry,
    Region,
    SpecialItem,
)
from voucher.registry.dictionaries import DictionaryEntry
from voucher.registry.indicators import Indicator
from voucher.registry.measure_paths import MeasurePath
from voucher.registry.retention import RetentionRow
from voucher.registry.standards import (
    AmountBandRow,
    CalendarDay,
    CalendarYear,
    ModifierRow,
    Parameter,
    StandardRow,
)
from voucher.registry.talents.categories import TalentMapping
from voucher.registry.talents.ladder import CompetitionPlacing, EntryCondition, Equivalence, LadderStep
from voucher.rules.money import parse_yuan

FOLDER = Path(__file__).resolve().parent.joinpath("data")

Record = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shipped:
    """One file of the folder: its table, what identifies a row, and how a row is read."""

    name: str
    model: type[Model]
    key: tuple[str, ...]
    read: Callable[[Record], dict[str, Any]]


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _period(record: Record) -> dict[str, Any]:
    return {"since": _day(record["since"]), "until": _day(record["until"])}


def _region(record: Record) -> dict[str, Any]:
    return {**record, "parent_code": record["parent_code"] or None}


def _occupation(record: Record) -> dict[str, Any]:
    flags = {name: record[name] == "1" for name in ("is_digital", "is_green")}
    return {**{name: record[name] for name in ("code", "name", "edition")}, **_period(record), **flags}


def _alias(record: Record) -> dict[str, Any]:
    return {**record, "since": _day(record["since"])}


def _dated(record: Record) -> dict[str, Any]:
    return {**record, **_period(record)}


def _word(record: Record) -> dict[str, Any]:
    return {**record, **_period(record), "document": record["document"] or None}


def _standard(record: Record) -> dict[str, Any]:
    row = {name: text or None for name, text in record.items() if name != "amount_yuan"}
    level = int(record["level"]) if record["level"] else None
    return {**row, **_period(record), "level": level, "amount_fen": parse_yuan(record["amount_yuan"])}


def _modifier(record: Record) -> dict[str, Any]:
    row = {name: text or None for name, text in record.items()}
    return {**row, **_period(record), "basis_points": int(record["basis_points"])}


def _step(record: Record) -> dict[str, Any]:
    return {**_dated(record), "level": int(record["level"])}


def _condition(record: Record) -> dict[str, Any]:
    numbers = {name: int(record[name]) for name in ("level", "years")}
    words = {name: record[name] or None for name in ("education", "award")}
    held = int(record["held_level"]) if record["held_level"] else None
    return {**_dated(record), **numbers, **words, "held_level": held}


def _placing(record: Record) -> dict[str, Any]:
    numbers = {name: int(record[name]) for name in ("team", "first", "last", "level")}
    return {**_dated(record), **numbers}


def _bonus(record: Record) -> dict[str, Any]:
    row = {name: text or None for name, text in record.items() if not name.endswith("_yuan")}
    cap = record["payee_cap_yuan"]
    return {
        **row,
        **_period(record),
        "least_fen": parse_yuan(record["least_yuan"]),
        "most_fen": parse_yuan(record["most_yuan"]),
        "payee_cap_fen": parse_yuan(cap) if cap else None,
        "insured_months": int(record["insured_months"]) if record["insured_months"] else None,
    }


def _path(record: Record) -> dict[str, Any]:
    numbers = {name: int(record[name]) for name in ("grounds_least", "hearing_workdays")}
    return {**_dated(record), **numbers, "is_direct": record["is_direct"] == "1"}


def _indicator(record: Record) -> dict[str, Any]:
    return {**_dated(record), "target": int(record["target"])}


def _retention(record: Record) -> dict[str, Any]:
    return {**_dated(record), "months": int(record["months"]) if record["months"] else None}


def _equivalence(record: Record) -> dict[str, Any]:
    return {**_dated(record), "level": int(record["level"]) if record["level"] else None}


def _mapping(record: Record) -> dict[str, Any]:
    chosen = {name: record[name] or None for name in ("kind", "trades")}
    return {**_dated(record), **chosen, "provisional": record["provisional"] == "1"}


def _band(record: Record) -> dict[str, Any]:
    row = {name: record[name] for name in ("steps", "document")}
    return {**row, **_period(record), "minimum_fen": parse_yuan(record["minimum_yuan"])}


def _template(record: Record) -> dict[str, Any]:
    row = {name: record[name] for name in ("code", "name", "form", "columns", "source", "confidence")}
    most = {name: int(record[name]) if record[name] else None for name in ("lines_most", "name_bytes_most")}
    yuan = record["line_amount_most_yuan"]
    return {
        **row, **_period(record), **most, "encoding": record["encoding"] or None,
        "line_amount_most_fen": parse_yuan(yuan) if yuan else None,
    }  # fmt: skip


def _calendar_day(record: Record) -> dict[str, Any]:
    day, worked = date.fromisoformat(record["day"]), record["is_workday"] == "1"
    return {"day": day, "is_workday": worked, "name": record["name"]}


def _calendar_year(record: Record) -> dict[str, Any]:
    return {"year": int(record["year"]), "source": record["source"]}


# In this order: a row may name only what stands in an earlier file, or earlier in its own.
SHIPPED: tuple[Shipped, ...] = (
    Shipped("regions", Region, ("code",), _region),
    Shipped("occupations", Occupation, ("code",), _occupation),
    Shipped("occupation_aliases", OccupationAlias, ("old_code",), _alias),
    Shipped("special_items", SpecialItem, ("code",), dict),
    Shipped("qualification_entries", QualificationEntry, ("occupation_code", "since"), _dated),
    Shipped("dictionaries", DictionaryEntry, ("dictionary", "code", "since"), _word),
    Shipped("projects", Project, ("code",), dict),
    Shipped("standards", StandardRow, ("code",), _standard),
    Shipped("modifiers", ModifierRow, ("code",), _modifier),
    Shipped("parameters", Parameter, ("name", "region_code", "since"), _dated),
    Shipped("amount_bands", AmountBandRow, ("minimum_fen", "since"), _band),
    Shipped("bank_templates", BankTemplate, ("code", "since"), _template),
    Shipped("ladder_steps", LadderStep, ("level", "method", "since"), _step),
    Shipped("entry_conditions", EntryCondition, ("code", "since"), _condition),
    Shipped("competition_placings", CompetitionPlacing, ("competition", "team", "first", "since"), _placing),
    Shipped("bonus_standards", BonusStandardRow, ("kind", "item_code", "region_code", "since"), _bonus),
    Shipped("indicators", Indicator, ("code", "since"), _indicator),
    Shipped("measure_paths", MeasurePath, ("from_state", "step", "since"), _path),
    Shipped("retention", RetentionRow, ("kind", "since"), _retention),
    Shipped("equivalences", Equivalence, ("kind", "code", "since"), _equivalence),
    Shipped("talent_mappings", TalentMapping, ("code", "since"), _mapping),
    Shipped("calendar_years", CalendarYear, ("year",), _calendar_year),
    Shipped("calendar_days", CalendarDay, ("day",), _calendar_day),
)


def load_reference(work: Work) -> dict[str, int]:
    """Add the shipped rows that are missing and return how many of each kind were added.

    A row that somebody has changed since stays changed.
    """
    added = {shipped.name: _load(work, shipped) for shipped in SHIPPED}
    if any(added.values()):
        audit.record_one(work, "reference", 0, "load", **added)
    return added


def _load(work: Work, shipped: Shipped) -> int:
    columns = [getattr(shipped.model, name) for name in shipped.key]
    known = {tuple(row) for row in work.session.execute(select(*columns))}
    rows = [shipped.read(record) for record in read_records(FOLDER.joinpath(f"{shipped.name}.csv"))]
    fresh = [row for row in rows if tuple(row[name] for name in shipped.key) not in known]
    if fresh:
        work.session.execute(insert(shipped.model), fresh)
    return len(fresh)


def read_records(path: Path) -> Iterator[Record]:
    """Yield the rows of one of our own csv files by column name."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
