"""Finding flags (查出): the rules over the last days of the database; nothing is written here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry.tables import require_parameter_number
from voucher.rules.risk.catalogue import RULES
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.findings import Finding, RiskRule
from voucher.stages.oversee.risk.facts import Window, read_facts, read_marks_of_day
from voucher.stages.oversee.risk.facts.listing import LISTED
from voucher.stages.oversee.risk.thresholds import EVERYWHERE, read_thresholds

DAYS_BACK, MONTHS_BACK = "risk_days_back", "risk_months_back"
ROWS_KEPT = 200
POSITION = frozenset({"latitude_e6", "longitude_e6"})
_OF_LIST = re.compile(rf"(?:^|-){LISTED}(\d{{1,18}})-")


@dataclass(frozen=True, slots=True)
class Found:
    """A finding with its rule, and what stood in the first of its rows when they were read.

    `lists` counts, of all its rows, those of each list brought along; `of_rows` those that speak against
    somebody, which the claim it is about does not.
    """

    finding: Finding
    rule: RiskRule
    said: tuple[tuple[str, str, dict[str, object]], ...]
    lists: Mapping[int, int] = field(default_factory=dict)
    of_rows: int = 0


def find_flags(session: Session, today: date, keyring: Keyring) -> list[Found]:
    """Return what the rules find today: sign-ins of the last days day by day, the rest of the last months.

    A period already flagged is found again, the same. Raises Refused parameter_missing.
    """
    most = read_thresholds(session, today)
    days = require_parameter_number(session, DAYS_BACK, today, [EVERYWHERE])
    months = require_parameter_number(session, MONTHS_BACK, today, [EVERYWHERE])
    facts = read_facts(session, Window(first_of_month(today, months - 1), today), keyring)
    found = list(run_over(facts, most, is_daily=False))
    for back in range(days, -1, -1):
        day = today - timedelta(days=back)
        found += run_over(read_marks_of_day(session, facts, Window(day, day), keyring), most, is_daily=True)
    return found


def first_of_month(today: date, back: int) -> date:
    """Return the first day of the month so many months back."""
    month = today.year * 12 + today.month - 1 - back
    return date(month // 12, month % 12 + 1, 1)


def run_over(facts: Facts, most: dict[str, int], *, is_daily: bool) -> Iterator[Found]:
    """Yield what the rules of every day, or the others, find in facts, with the lists each rests on."""
    rows: dict[str, dict[str, dict[str, object]]] = {}
    for rule in RULES:
        if rule.is_daily != is_daily:
            continue
        for finding in rule.find(facts, most):
            for table in {table for table, _ in finding.rows} - rows.keys():
                rows[table] = {each.id: each._asdict() for each in getattr(facts, table)}
            said = tuple((table, key, _kept(rows[table][key])) for table, key in finding.rows[:ROWS_KEPT])
            behind = [each for each in finding.rows if each != ("claims", finding.subject)]
            lists = Counter(_list_of(key, rows[table][key]) for table, key in behind)
            del lists[0]
            yield Found(finding, rule, said, lists, len(behind))


def _kept(said: dict[str, object]) -> dict[str, object]:
    """Return what a flag keeps of a row: a position goes on its own day, which a flag outlives."""
    return {name: value for name, value in said.items() if name not in POSITION}


def _list_of(key: str, said: Mapping[str, object]) -> int:
    """Return the list a row was read from, or takes what speaks against somebody from; 0 for none."""
    found = _OF_LIST.search(key) or _OF_LIST.search(str(said.get("answers_from", "")))
    return 0 if found is None else int(found[1])
