"""What pages, reports and exports read of the roll-ups; one filter is answered from sums of its own.

Of several at once, those of few words each (fund, level, group) have sums of their own too; with a programme
or a trade among them so few of the smallest groups are meant that these are added up. People are counted per
place; under a filter a page waits for that only where few vouchers are meant.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from voucher.ledger.audit import AuditSeal
from voucher.registry.catalogue import Region, list_subtree
from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.statistics.adding import ALL, BELOW, BLENDED, OWN
from voucher.stages.oversee.statistics.models import (
    MEASURES,
    STEPS,
    StatisticCell,
    StatisticCuboid,
    StatisticCuboidLoss,
    StatisticFact,
    StatisticFlow,
    StatisticHeads,
    StatisticLoss,
    StatisticPosition,
    StatisticSlice,
)

COLUMNS = {
    "programme": "programme_id", "fund": "fund", "trade": "trade_code", "level": "level",
    "group": "person_group",
}  # fmt: skip
WHOLE = frozenset({"programme", "level"})
COUNTED_ONE_BY_ONE = 20_000
Sums = dict[str, int]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which vouchers: issued in which months (YYYY-MM, both included), and under which filters."""

    from_month: str = "0000-01"
    until_month: str = "9999-12"
    filters: dict[str, str] = field(default_factory=dict)

    @property
    def year(self) -> int | None:
        """Return the year meant, 0 for any, None where the months are not a year."""
        if (self.from_month, self.until_month) == ("0000-01", "9999-12"):
            return 0
        year = self.from_month[:4]
        return int(year) if (self.from_month, self.until_month) == (f"{year}-01", f"{year}-12") else None


@dataclass(frozen=True, slots=True)
class Age:
    """How far the roll-ups are: when they were last brought up, and how many rows of the trail are left."""

    counted_at: datetime | None
    seal_seq: int
    behind: int


@dataclass(frozen=True, slots=True)
class LossSum:
    """How many vouchers left the way from one state, as what, and why; `why` as it was written down."""

    came_from: str
    ended_as: str
    why: str
    times: int


def read_age(session: Session) -> Age:
    """Return how far the roll-ups are."""
    row = session.execute(select(StatisticPosition.counted_at, StatisticPosition.seal_seq)).first()
    head = session.scalar(select(func.max(AuditSeal.seq))) or 0
    if row is None:
        return Age(None, 0, head)
    return Age(row[0], row[1], head - row[1])


def sum_regions(session: Session, regions: Collection[str], wish: Wish) -> dict[str, Sums]:
    """Return the sums of each of these regions that has any, of its own vouchers."""
    several: Any = StatisticCuboid if wish.filters.keys() <= BLENDED else StatisticCell
    table: Any = several if len(wish.filters) > 1 else StatisticSlice
    query = (
        select(table.region_code, *_measures(table))
        .where(table.region_code.in_(sorted(regions)), *_matching(table, wish))
        .group_by(table.region_code)
    )
    return _by_key(session, query)


def sum_below(session: Session, region_code: str, wish: Wish) -> dict[str, Sums]:
    """Return the sums of the regions right below one, each with everything below it, and of its own."""
    below = list(session.scalars(select(Region.code).where(Region.parent_code == region_code)))
    if len(wish.filters) <= 1:
        found = sum_regions(session, [region_code, *(BELOW + each for each in below)], wish)
        return {each.removeprefix(BELOW): sums for each, sums in found.items()}
    # each region below under the one of the list it belongs to, a level at a time
    parents: dict[str, str | None] = dict(session.execute(select(Region.code, Region.parent_code)).all())
    grouped: dict[str, list[Sums]] = {}
    for each, sums in sum_regions(session, list_subtree(session, region_code), wish).items():
        at: str | None = each
        while at is not None and at not in below:
            at = parents.get(at)
        grouped.setdefault(at or region_code, []).append(sums)
    return {each: total(sums) for each, sums in grouped.items()}


def sum_houses(session: Session, region_code: str, wish: Wish) -> dict[int, Sums]:
    """Return the sums of each institution with vouchers of one region."""
    query = (
        select(StatisticCell.institution_id, *_measures(StatisticCell))
        .where(StatisticCell.region_code == region_code, *_matching(StatisticCell, wish))
        .group_by(StatisticCell.institution_id)
    )
    return _by_key(session, query)


def sum_classes(session: Session, region_code: str, institution_id: int, wish: Wish) -> dict[int, Sums]:
    """Return the sums of each class of one institution with vouchers of one region."""
    query = (
        select(StatisticCell.class_id, *_measures(StatisticCell))
        .where(
            StatisticCell.region_code == region_code,
            StatisticCell.institution_id == institution_id,
            *_matching(StatisticCell, wish),
        )
        .group_by(StatisticCell.class_id)
    )
    return _by_key(session, query)


def total(sums: Collection[Sums]) -> Sums:
    """Return the sum of sums."""
    return {name: sum(each[name] for each in sums) for name in MEASURES}


def _measures(table: Any) -> list[ColumnElement[int]]:
    return [func.sum(getattr(table, name)) for name in MEASURES]


def _by_key(session: Session, query: Any) -> dict[Any, Sums]:
    return {
        key: dict(zip(MEASURES, (int(each) for each in counted), strict=True))
        for key, *counted in session.execute(query)
    }


def _matching(table: Any, wish: Wish) -> list[ColumnElement[bool]]:
    found = [table.issued_month >= wish.from_month, table.issued_month <= wish.until_month]
    if table in (StatisticSlice, StatisticLoss):
        dimension, word = next(iter(wish.filters.items()), ("", ""))
        return [table.dimension == dimension, table.word == word, *found]
    for name, word in wish.filters.items():
        found.append(getattr(table, COLUMNS[name]) == (int(word) if name in WHOLE else word))
    return found


def match_facts(wish: Wish) -> list[ColumnElement[bool]]:
    """Return the conditions for the vouchers a wish means."""
    return _matching(StatisticFact, wish)


def list_losses(
    session: Session,
    region_code: str,
    wish: Wish,
    institution_id: int | None = None,
    *,
    own: bool = False,
) -> list[LossSum]:
    """Return why vouchers left the way in a region and below it, the most frequent reason first.

    With `own` or an institution only vouchers the region itself issued.
    """
    table: Any = StatisticLoss if len(wish.filters) <= 1 else StatisticCuboidLoss
    times: ColumnElement[int] = func.sum(table.times)
    only = own or institution_id is not None
    regions = [region_code if only else BELOW + region_code]
    conditions = []
    if institution_id is not None or (len(wish.filters) > 1 and not wish.filters.keys() <= BLENDED):
        table, times = StatisticFact, func.count()
        regions = [region_code] if only else list_subtree(session, region_code)
        conditions = [StatisticFact.ended_as != ""]
        if institution_id is not None:
            conditions.append(StatisticFact.institution_id == institution_id)
    rows = session.execute(
        select(table.came_from, table.ended_as, table.why, times)
        .where(table.region_code.in_(sorted(regions)), *conditions, *_matching(table, wish))
        .group_by(table.came_from, table.ended_as, table.why)
        .having(times > 0)
    )
    found = [LossSum(came_from, ended_as, why, int(count)) for came_from, ended_as, why, count in rows]
    return sorted(found, key=lambda each: (-each.times, each.came_from, each.ended_as, each.why))


def is_people_kept(wish: Wish) -> bool:
    """Return whether the roll-ups hold how many people a wish means: of a year or all, without a filter."""
    return not wish.filters and wish.year is not None


def count_people(
    session: Session,
    region_code: str,
    wish: Wish,
    *,
    regions: Collection[str],
    own: bool = False,
    institution_id: int | None = None,
    class_id: int | None = None,
) -> Sums:
    """Return how many different people reached each step at a place.

    Under a filter one by one: a page waits for so many vouchers, the job of an export for any number.
    """
    if is_people_kept(wish):
        house = (OWN if own else ALL) if institution_id is None else institution_id
        row = session.execute(
            select(*(getattr(StatisticHeads, step) for step in STEPS)).where(
                StatisticHeads.region_code == region_code,
                StatisticHeads.institution_id == house,
                StatisticHeads.class_id == (ALL if class_id is None else class_id),
                StatisticHeads.year == wish.year,
            )
        ).first()
        return dict(zip(STEPS, row or (0,) * len(STEPS), strict=True))
    conditions = [StatisticFact.region_code.in_(sorted(regions)), StatisticFact.thing == str(Thing.VOUCHER)]
    if institution_id is not None:
        conditions.append(StatisticFact.institution_id == institution_id)
    if class_id is not None:
        conditions.append(StatisticFact.class_id == class_id)
    reached = select(
        StatisticFact.person_id,
        *(func.count(getattr(StatisticFact, f"{step}_on")).label(step) for step in STEPS),
    )
    inner = (
        reached.where(*conditions, *_matching(StatisticFact, wish))
        .group_by(StatisticFact.person_id)
        .subquery()
    )
    counted = session.execute(select(*(func.count(func.nullif(inner.c[step], 0)) for step in STEPS))).one()
    return dict(zip(STEPS, counted, strict=True))


def read_flow(
    session: Session, region_code: str, periods: tuple[str, str], *, own: bool = False
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return times and amount (fen) by period and step, of days or of months from one to another.

    Of a region and everything below it, or with `own` of what the region itself issued.
    """
    first, last = periods
    rows = session.execute(
        select(
            StatisticFlow.period,
            StatisticFlow.step,
            func.sum(StatisticFlow.times),
            func.sum(StatisticFlow.amount_fen),
        )
        .where(
            StatisticFlow.period >= first,
            StatisticFlow.period <= last,
            func.length(StatisticFlow.period) == len(first),
            StatisticFlow.region_code == (region_code if own else BELOW + region_code),
        )
        .group_by(StatisticFlow.period, StatisticFlow.step)
    )
    return {(period, step): (int(times), int(fen)) for period, step, times, fen in rows}


def read_flow_by_region(
    session: Session, regions: Collection[str], from_on: date, until_on: date
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return times and amount (fen) by region and step of what happened from one day to another."""
    rows = session.execute(
        select(
            StatisticFlow.region_code,
            StatisticFlow.step,
            func.sum(StatisticFlow.times),
            func.sum(StatisticFlow.amount_fen),
        )
        .where(
            StatisticFlow.period >= from_on.isoformat(),
            StatisticFlow.period <= until_on.isoformat(),
            func.length(StatisticFlow.period) == len("2024-01-01"),
            StatisticFlow.region_code.in_(sorted(regions)),
        )
        .group_by(StatisticFlow.region_code, StatisticFlow.step)
    )
    return {(code, step): (int(times), int(fen)) for code, step, times, fen in rows}
