"""Differences between what was counted and what counts now, added to the roll-ups."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from voucher.plumbing.db import Model
from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.statistics.facts import Fact, Place
from voucher.stages.oversee.statistics.models import (
    MEASURES,
    STEPS,
    StatisticCell,
    StatisticFlow,
    StatisticHeads,
    StatisticLoss,
    StatisticSlice,
)

ALL = -2  # every institution of a region, every class of an institution
OWN = -3  # a region's own vouchers, without those of the regions below
BELOW = "*"  # before a region's code: it and everything below it, so that a province is read in one row
DIMENSIONS = ("programme", "fund", "trade", "level", "group")
PIECE = 2000
_COLUMN = {"programme": 4, "fund": 5, "trade": 6, "level": 7, "group": 8}
Key = tuple[str | int, ...]
Sums = dict[Key, Counter[str]]


class Delta:
    """What has to be added to each table, by key; `above` names the regions above each."""

    def __init__(self, above: Mapping[str, Sequence[str]]) -> None:
        self._above = above
        self.cells: Sums = defaultdict(Counter)
        self.slices: Sums = defaultdict(Counter)
        self.losses: Sums = defaultdict(Counter)
        self.flows: Sums = defaultdict(Counter)
        self.heads: Sums = defaultdict(Counter)

    def count(self, fact: Fact, sign: int) -> None:
        """Add what one fact counts for, or take it away."""
        counted = measure(fact, sign)
        for name, value in counted.items():
            self.cells[fact.place][name] += value
        regions = (fact.place.region_code, *(BELOW + each for each in self._lines(fact.place.region_code)))
        for head in heads_of(fact.place):
            for region in regions:
                key = (*head, region, fact.place.issued_month)
                for name, value in counted.items():
                    self.slices[key][name] += value
                if fact.ended_as:
                    self.losses[(*key, fact.came_from, fact.ended_as, fact.why)]["times"] += sign
        happened = {step: (day, 0) for step, day in fact.days.items()}
        if fact.paid_on is not None:
            happened["paid"] = (fact.paid_on, fact.paid_fen)
        for step, (day, amount_fen) in happened.items():
            for period in (f"{day:%Y-%m-%d}", f"{day:%Y-%m}"):
                for region in regions:
                    into = self.flows[(period, region, step)]
                    into["times"] += sign
                    into["amount_fen"] += sign * amount_fen

    def count_people(self, facts: Iterable[Fact], sign: int) -> None:
        """Add one person's presence wherever a voucher of theirs counts, once however many do."""
        seen: set[tuple[Key, str]] = set()
        for fact in facts:
            if fact.thing == str(Thing.VOUCHER):
                for node in self._nodes(fact.place):
                    seen.update((node, step) for step in fact.days)
        for node, step in seen:
            self.heads[node][step] += sign

    def _lines(self, region: str) -> Sequence[str]:
        return self._above.get(region, (region,))

    def _nodes(self, place: Place) -> Iterable[Key]:
        region, house = place.region_code, place.institution_id
        at: list[Key] = [(each, ALL, ALL) for each in self._lines(region)]
        at += [(region, OWN, ALL), (region, house, ALL), (region, house, place.class_id)]
        year = int(place.issued_month[:4])
        return [(*each, when) for each in at for when in (0, year)]

    def write(self, session: Session) -> None:
        """Add everything to the tables."""
        measures = dict.fromkeys(MEASURES, 0)
        add(session, StatisticCell, self.cells, measures)
        add(session, StatisticSlice, self.slices, measures)
        add(session, StatisticLoss, self.losses, {"times": 0})
        add(session, StatisticFlow, self.flows, {"times": 0, "amount_fen": 0})
        add(session, StatisticHeads, self.heads, dict.fromkeys(STEPS, 0))


def measure(fact: Fact, sign: int = 1) -> dict[str, int]:
    """Return what one fact adds to each measure that it adds anything to."""
    found = {step: sign for step in STEPS if step in fact.days}
    if fact.ended_as:
        found["ended"] = sign
    if fact.reserved_fen:
        found["reserved_fen"] = sign * fact.reserved_fen
    if fact.paid_fen:
        found["paid_fen"] = sign * fact.paid_fen
    return found


def heads_of(place: Place) -> list[tuple[str, str]]:
    """Return the filters a fact is found under, one at a time, and the one without any."""
    return [("", ""), *((name, str(place[_COLUMN[name]])) for name in DIMENSIONS)]


def add(session: Session, model: type[Model], sums: Sums, blank: Mapping[str, int]) -> None:
    """Add sums to the rows of a table; a row that is not there yet begins with them."""
    table = cast(Table, model.__table__)
    keys = [column.key for column in table.primary_key]
    rows = [
        {**dict(zip(keys, key, strict=True)), **blank, **counted}
        for key, counted in sorted(sums.items())
        if any(counted.values())
    ]
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    build = sqlite.insert if on_sqlite else postgresql.insert
    statement: Any = build(table)
    statement = statement.on_conflict_do_update(
        index_elements=keys, set_={name: table.c[name] + statement.excluded[name] for name in blank}
    )
    for start in range(0, len(rows), PIECE):
        session.execute(statement, rows[start : start + PIECE])
