"""Differences between what was counted and what counts now, added to the roll-ups."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ARRAY, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from voucher.plumbing.db import Model
from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.statistics.facts import Fact, Place
from voucher.stages.oversee.statistics.models import (
    MEASURES,
    STEPS,
    StatisticCell,
    StatisticCuboid,
    StatisticCuboidLoss,
    StatisticFlow,
    StatisticHeads,
    StatisticLoss,
    StatisticSlice,
)

ALL = -2  # every institution of a region, every class of an institution
OWN = -3  # a region's own vouchers, without those of the regions below
BELOW = "*"  # before a region's code: it and everything below it, so that a province is read in one row
DIMENSIONS = ("programme", "fund", "trade", "level", "group")
BLENDED = frozenset({"fund", "level", "group"})  # few words each: kept together, one row per combination
PIECE = 5000
_COLUMN = {"programme": 4, "fund": 5, "trade": 6, "level": 7, "group": 8}
Key = tuple[Any, ...]
Stand = tuple[str, int, int, int]  # region, institution, class, year of issue
Sums = dict[Key, Counter[str]]


class Delta:
    """What has to be added to each table; `above` names the regions above each.

    What is taken out and what is put in are held against each other first, at the smallest place; only what
    is left is spread over the filters and the regions above.
    """

    def __init__(self, above: Mapping[str, Sequence[str]]) -> None:
        self._above = above
        self._counted: Sums = defaultdict(Counter)
        self._lost: Counter[Key] = Counter()
        self._happened: Sums = defaultdict(Counter)
        self._heads: Sums = defaultdict(Counter)

    def count(self, fact: Fact, sign: int) -> None:
        """Add what one fact counts for, or take it away."""
        into = self._counted[fact.place]
        for name, value in measure(fact, sign).items():
            into[name] += value
        if fact.ended_as:
            self._lost[(fact.place, fact.came_from, fact.ended_as, fact.why)] += sign
        region = fact.place.region_code
        for step, day in fact.days.items():
            self._happened[(region, day, step)]["times"] += sign
        if fact.paid_on is not None:
            paid = self._happened[(region, fact.paid_on, "paid")]
            paid["times"] += sign
            paid["amount_fen"] += sign * fact.paid_fen

    def count_people(self, before: Iterable[Fact], after: Iterable[Fact]) -> None:
        """Move one person from where their vouchers counted to where they count, once however many do."""
        was, now = _stands(before), _stands(after)
        for step in STEPS:
            if was[step] == now[step]:
                continue
            for places, sign in ((was[step], -1), (now[step], +1)):
                for node in {each for place in places for each in self._nodes(place)}:
                    self._heads[node][step] += sign

    def _regions(self, region: str) -> tuple[str, ...]:
        return (region, *(BELOW + each for each in self._lines(region)))

    def _lines(self, region: str) -> Sequence[str]:
        return self._above.get(region, (region,))

    def _nodes(self, place: Stand) -> Iterable[Key]:
        region, house, taught, year = place
        at: list[Key] = [(each, ALL, ALL) for each in self._lines(region)]
        at += [(region, OWN, ALL), (region, house, ALL), (region, house, taught)]
        return [(*each, when) for each in at for when in (0, year)]

    def write(self, session: Session) -> None:
        """Add everything to the tables."""
        measures = dict.fromkeys(MEASURES, 0)
        add(session, StatisticCell, self._counted, measures)
        add(session, StatisticSlice, self._slices(), measures)
        add(session, StatisticCuboid, self._cuboids(), measures)
        add(session, StatisticLoss, self._losses(), {"times": 0})
        add(session, StatisticCuboidLoss, self._cuboid_losses(), {"times": 0})
        add(session, StatisticFlow, self._flows(), {"times": 0, "amount_fen": 0})
        add(session, StatisticHeads, self._heads, dict.fromkeys(STEPS, 0))

    def _slices(self) -> Sums:
        """Return what is left of each place under each filter, in its region and in those above."""
        found: Sums = defaultdict(Counter)
        for key, counted in self._counted.items():
            place = Place(*key)
            for head in heads_of(place):
                into = found[(*head, place.region_code, place.issued_month)]
                for name, value in counted.items():
                    into[name] += value
        return self._spread(found, at=2)

    def _cuboids(self) -> Sums:
        """Return what is left of each place under the filters of few words together, in its own region."""
        found: Sums = defaultdict(Counter)
        for key, counted in self._counted.items():
            place = Place(*key)
            into = found[place.region_code, place.issued_month, place.fund, place.level, place.person_group]
            for name, value in counted.items():
                into[name] += value
        return found

    def _cuboid_losses(self) -> Sums:
        found: Sums = defaultdict(Counter)
        for (place, *ending), times in self._lost.items():
            blend = (place.fund, place.level, place.person_group, place.issued_month)
            found[(place.region_code, *blend, *ending)]["times"] += times
        return self._spread(found, at=0)

    def _losses(self) -> Sums:
        found: Sums = defaultdict(Counter)
        for (place, *ending), times in self._lost.items():
            for head in heads_of(place):
                found[(*head, place.region_code, place.issued_month, *ending)]["times"] += times
        return self._spread(found, at=2)

    def _flows(self) -> Sums:
        found: Sums = defaultdict(Counter)
        for (region, day, step), happened in self._happened.items():
            for period in (f"{day:%Y-%m-%d}", f"{day:%Y-%m}"):
                into = found[(region, period, step)]
                for name, value in happened.items():
                    into[name] += value
        return self._spread(found, at=0)

    def _spread(self, sums: Sums, at: int) -> Sums:
        """Return sums of regions, at one place of the key, with what they come to in those above."""
        found: Sums = defaultdict(Counter)
        for key, counted in sums.items():
            left = {name: value for name, value in counted.items() if value}
            if not left:
                continue
            for region in self._regions(key[at]):
                into = found[(*key[:at], region, *key[at + 1 :])]
                for name, value in left.items():
                    into[name] += value
        return found


def _stands(facts: Iterable[Fact]) -> dict[str, set[Stand]]:
    """Return, per step, where one person's vouchers have reached it."""
    found: dict[str, set[Stand]] = {step: set() for step in STEPS}
    for fact in facts:
        if fact.thing == str(Thing.VOUCHER):
            place = fact.place
            stand = (place.region_code, place.institution_id, place.class_id, int(place.issued_month[:4]))
            for step in fact.days:
                found[step].add(stand)
    return found


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
    counted = [(key, each) for key, each in sorted(sums.items()) if any(each.values())]
    names = [*keys, *blank]
    for start in range(0, len(counted), PIECE):
        rows = [(*key, *(each[name] for name in blank)) for key, each in counted[start : start + PIECE]]
        if session.get_bind().dialect.name == "sqlite":
            into: Any = sqlite.insert(table)
            given: Any = [dict(zip(names, row, strict=True)) for row in rows]
        else:
            # one statement a piece: a row at a time costs a wait for each
            into, given = postgresql.insert(table), {}
            columns = zip(*rows, strict=True)
            lists = (
                bindparam(None, list(values), type_=ARRAY(table.c[name].type), unique=True)
                for name, values in zip(names, columns, strict=True)
            )
            listed = func.unnest(*lists).table_valued(*names).render_derived()
            into = into.from_select(names, select(*listed.c))
        statement = into.on_conflict_do_update(
            index_elements=keys, set_={name: table.c[name] + into.excluded[name] for name in blank}
        )
        session.execute(statement, given)
