"""The roll-ups held against the slow query and against each other: every difference is named.

The slow query reads vouchers, claims, redemptions and proofs as they stand and uses none of these rooms.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from voucher.ledger.states import StateEvent
from voucher.ledger.vouchers import Voucher
from voucher.registry.catalogue import Region, list_subtree
from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.drill import count_heads, read_cells
from voucher.stages.oversee.statistics.adding import ALL, BELOW, DIMENSIONS
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
from voucher.stages.oversee.statistics.refresh import read_above

SLOW = ("issued", "redeemed", "certified", "reserved_fen", "paid_fen")
EVENTS = (("accepted", "accept"), ("enrolled", "enrol"))


@dataclass(frozen=True, slots=True)
class Difference:
    """One number that is kept otherwise than it is counted: where, what, kept and counted."""

    where: str
    what: str
    kept: int
    counted: int


def verify_statistics(session: Session) -> list[Difference]:
    """Return every difference between the roll-ups and the slow query, and among the roll-ups."""
    regions = list(session.scalars(select(Region.code)))
    found = _compare(_slow_cells(session, regions), _kept_cells(session))
    found += _compare(_slow_steps(session), _kept_steps(session))
    found += _levels(session)
    found += _cuboids(session)
    found += _flows(session)
    return found + _heads(session)


def _compare(counted: Counter[tuple[str, str]], kept: Counter[tuple[str, str]]) -> list[Difference]:
    return [
        Difference(where, what, kept[where, what], counted[where, what])
        for where, what in sorted({*counted, *kept})
        if kept[where, what] != counted[where, what]
    ]


def _slow_cells(session: Session, regions: list[str]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for each in read_cells(session, regions):
        measures = each.measures
        counted = (
            measures.vouchers, measures.trainings, measures.certificates, measures.reserved_fen,
            measures.paid_fen,
        )  # fmt: skip
        where = f"{each.region_code}/{each.institution_id}/{each.class_id}"
        found.update({(where, what): number for what, number in zip(SLOW, counted, strict=True)})
    return found


def _kept_cells(session: Session) -> Counter[tuple[str, str]]:
    place = (StatisticCell.region_code, StatisticCell.institution_id, StatisticCell.class_id)
    rows: Any = session.execute(
        select(*place, *(func.sum(getattr(StatisticCell, name)) for name in SLOW)).group_by(*place)
    )
    return Counter(
        {
            (f"{region}/{house}/{taught}", what): int(number)
            for region, house, taught, *numbers in rows
            for what, number in zip(SLOW, numbers, strict=True)
        }
    )


def _slow_steps(session: Session) -> Counter[tuple[str, str]]:
    """Count the steps that are reached by an event, per region, from the events alone."""
    reached = (
        select(
            StateEvent.object_id,
            *(func.max(case((StateEvent.event == event, 1), else_=0)).label(step) for step, event in EVENTS),
        )
        .where(StateEvent.thing == str(Thing.VOUCHER))
        .group_by(StateEvent.object_id)
        .subquery()
    )
    rows: Any = session.execute(
        select(Voucher.region_code, *(func.sum(reached.c[step]) for step, _ in EVENTS))
        .join(reached, reached.c.object_id == Voucher.id)
        .group_by(Voucher.region_code)
    )
    return Counter(
        {(region, step): int(n) for region, *ns in rows for (step, _), n in zip(EVENTS, ns, strict=True)}
    )


def _kept_steps(session: Session) -> Counter[tuple[str, str]]:
    rows: Any = session.execute(
        select(StatisticSlice.region_code, *(func.sum(getattr(StatisticSlice, step)) for step, _ in EVENTS))
        .where(StatisticSlice.dimension == "", ~StatisticSlice.region_code.startswith(BELOW))
        .group_by(StatisticSlice.region_code)
    )
    return Counter(
        {(region, step): int(n) for region, *ns in rows for (step, _), n in zip(EVENTS, ns, strict=True)}
    )


def _levels(session: Session) -> list[Difference]:
    """Hold every filter's sums, and the losses, against the smallest groups: per region and month."""
    found: list[Difference] = []
    key = (StatisticCell.region_code, StatisticCell.issued_month)
    cells = _with_those_below(session, _sums(session, StatisticCell, key))
    for dimension in ("", *DIMENSIONS):
        mine = StatisticSlice.dimension == dimension
        kept = _sums(session, StatisticSlice, (StatisticSlice.region_code, StatisticSlice.issued_month), mine)
        for place in sorted({*cells, *kept}):
            before, after = (each.get(place, (0,) * len(MEASURES)) for each in (cells, kept))
            found += [
                Difference(f"{'/'.join(place)} {dimension or 'all'}", name, b, a)
                for name, a, b in zip(MEASURES, before, after, strict=True)
                if a != b
            ]
        lost = dict(
            session.execute(
                select(StatisticLoss.region_code, func.sum(StatisticLoss.times))
                .where(StatisticLoss.dimension == dimension)
                .group_by(StatisticLoss.region_code)
            ).all()
        )
        ended: Counter[str] = Counter()
        for (region, _), numbers in cells.items():
            ended[region] += numbers[MEASURES.index("ended")]
        found += [
            Difference(f"{region} {dimension or 'all'}", "losses", int(lost.get(region, 0)), ended[region])
            for region in sorted({*lost, *ended})
            if int(lost.get(region, 0)) != ended[region]
        ]
    return found


def _cuboids(session: Session) -> list[Difference]:
    """Hold the filters kept together against the smallest groups, and their losses against what left."""
    names = ("region_code", "issued_month", "fund", "level", "person_group")
    kept, cells = (
        _sums(session, table, [getattr(table, name) for name in names])
        for table in (StatisticCuboid, StatisticCell)
    )
    above, ended, lost = read_above(session), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    found = []
    for key in sorted({*kept, *cells}):
        before, after = (each.get(key, (0,) * len(MEASURES)) for each in (kept, cells))
        words = "/".join(str(each) for each in key)
        found += [
            Difference(f"{words} together", name, b, a)
            for name, b, a in zip(MEASURES, before, after, strict=True)
            if a != b
        ]
        for region in (key[0], *(BELOW + each for each in above[key[0]])):
            where = f"{'/'.join((region, *words.split('/', 1)[1:]))} together"
            ended[where, "losses"] += after[MEASURES.index("ended")]
    rows: Any = session.execute(
        select(
            *(getattr(StatisticCuboidLoss, name) for name in names), func.sum(StatisticCuboidLoss.times)
        ).group_by(*(getattr(StatisticCuboidLoss, name) for name in names))
    )
    for *key, times in rows:
        lost[f"{'/'.join(str(each) for each in key)} together", "losses"] += int(times)
    return found + _compare(+ended, +lost)


def _with_those_below(
    session: Session, sums: dict[tuple[str, ...], tuple[int, ...]]
) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Return sums by region and month, and what they come to in every region above."""
    above, found = read_above(session), dict(sums)
    for (region, month), numbers in sums.items():
        for each in above[region]:
            before = found.get((BELOW + each, month), (0,) * len(numbers))
            found[BELOW + each, month] = tuple(a + b for a, b in zip(before, numbers, strict=True))
    return found


def _sums(session: Session, table: Any, key: Any, *conditions: Any) -> dict[tuple[str, ...], tuple[int, ...]]:
    rows: Any = session.execute(
        select(*key, *(func.sum(getattr(table, name)) for name in MEASURES)).where(*conditions).group_by(*key)
    )
    return {tuple(row[: len(key)]): tuple(int(each) for each in row[len(key) :]) for row in rows}


def _flows(session: Session) -> list[Difference]:
    """Hold days against months, and what happened against what is counted."""
    by_length: dict[int, Counter[tuple[str, str]]] = {7: Counter(), 10: Counter()}
    rows: Any = session.execute(
        select(StatisticFlow.period, StatisticFlow.region_code, StatisticFlow.step, StatisticFlow.times)
    )
    steps: Counter[tuple[str, str]] = Counter()
    for period, region, step, times in rows:
        by_length[len(period)][f"{period[:7]}/{region}", step] += int(times)
        if len(period) == len("2024-01") and step in STEPS and not region.startswith(BELOW):
            steps["*", step] += int(times)
    mine = (StatisticSlice.dimension == "", ~StatisticSlice.region_code.startswith(BELOW))
    counted = _sums(session, StatisticSlice, (StatisticSlice.dimension,), *mine)
    wanted: Counter[tuple[str, str]] = Counter(
        {("*", step): number for step, number in zip(MEASURES, counted.get(("",), ()), strict=False)}
    )
    wanted = Counter({key: number for key, number in wanted.items() if key[1] in STEPS})
    return _compare(by_length[10], by_length[7]) + _compare(wanted, steps)


def _heads(session: Session) -> list[Difference]:
    """Hold the people of every region against a distinct count of the vouchers themselves."""
    found: list[Difference] = []
    above = read_above(session)
    codes = set(session.scalars(select(StatisticHeads.region_code).distinct()))
    for region in session.scalars(select(Voucher.region_code).distinct()):
        codes.update(above[region])
    for code in sorted(codes):
        slow = count_heads(session, list_subtree(session, code))
        row = session.execute(
            select(StatisticHeads.issued, StatisticHeads.redeemed, StatisticHeads.certified).where(
                StatisticHeads.region_code == code,
                StatisticHeads.institution_id == ALL,
                StatisticHeads.class_id == ALL,
                StatisticHeads.year == 0,
            )
        ).first() or (0, 0, 0)
        counted = (slow.holders, slow.trained, slow.certified)
        found += [
            Difference(f"{code} people", what, kept, wanted)
            for what, kept, wanted in zip(("issued", "redeemed", "certified"), row, counted, strict=True)
            if kept != wanted
        ]
    return found
