"""上下级核对: what a place comes to by sums the rows of its page are not made of, to hold those rows against.

A region without filters, or under one, has a row of its own for everything below it. Under several, and for
an institution, there is none: vouchers and claims are added up one by one, where they are not too many. Where
people are counted one by one as well, both are read in one pass.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.statistics.adding import BELOW
from voucher.stages.oversee.statistics.models import MEASURES, STEPS, StatisticFact
from voucher.stages.oversee.statistics.reading import (
    COUNTED_ONE_BY_ONE,
    Sums,
    Wish,
    count_people,
    is_people_kept,
    match_facts,
    sum_regions,
    total,
)


def count_otherwise(
    session: Session,
    region_code: str,
    wish: Wish,
    *,
    regions: Collection[str],
    institution_id: int | None = None,
    own: bool = False,
    vouchers: int,
) -> tuple[Sums | None, Sums | None]:
    """Return how many people reached each step at a place, and what it comes to otherwise than by its rows.

    Either is None where it would take too long. `regions` are those the rows speak of, `vouchers` how many
    they come to.
    """
    kept, few = is_people_kept(wish), vouchers <= COUNTED_ONE_BY_ONE
    summed = institution_id is None and len(wish.filters) <= 1
    if not kept and not summed and few:
        return _count_one_by_one(session, regions, wish, institution_id)
    people = (
        count_people(session, region_code, wish, regions=regions, own=own, institution_id=institution_id)
        if kept or few
        else None
    )
    if summed:
        rows = sum_regions(session, [region_code if own else BELOW + region_code], wish)
        return people, total(rows.values())
    if not few:
        return people, None
    return people, _count_one_by_one(session, regions, wish, institution_id)[1]


def sum_people(session: Session, place: tuple[str, int, int], wish: Wish, *, vouchers: int) -> Sums | None:
    """Return what the vouchers and claims of one class (region, institution, class) come to, one by one.

    None where that would take too long: what is in no class yet is a county's. `vouchers` is how many.
    """
    if vouchers > COUNTED_ONE_BY_ONE:
        return None
    region_code, institution_id, class_id = place
    return _count_one_by_one(session, [region_code], wish, institution_id, class_id)[1]


def _count_one_by_one(
    session: Session,
    regions: Collection[str],
    wish: Wish,
    institution_id: int | None,
    class_id: int | None = None,
) -> tuple[Sums, Sums]:
    """Return people and measures of everything a wish means, a claim's money at its place included."""
    conditions = [StatisticFact.region_code.in_(sorted(regions)), *match_facts(wish)]
    if institution_id is not None:
        conditions.append(StatisticFact.institution_id == institution_id)
    if class_id is not None:
        conditions.append(StatisticFact.class_id == class_id)
    is_voucher = StatisticFact.thing == str(Thing.VOUCHER)
    days = {step: getattr(StatisticFact, f"{step}_on") for step in STEPS}
    added: dict[str, ColumnElement[int]] = {step: func.count(day) for step, day in days.items()}
    added["ended"] = func.count(func.nullif(StatisticFact.ended_as, ""))
    for name in ("reserved_fen", "paid_fen"):
        added[name] = func.sum(getattr(StatisticFact, name))
    each = (
        select(
            *(func.count(case((is_voucher, day))).label(f"{step}_of") for step, day in days.items()),
            *(added[name].label(name) for name in MEASURES),
        )
        .where(*conditions)
        .group_by(StatisticFact.person_id)
        .subquery()
    )
    counted = session.execute(
        select(
            *(func.count(func.nullif(each.c[f"{step}_of"], 0)) for step in STEPS),
            *(func.coalesce(func.sum(each.c[name]), 0) for name in MEASURES),
        )
    ).one()
    found = [int(value) for value in counted]
    people, measures = found[: len(STEPS)], found[len(STEPS) :]
    return dict(zip(STEPS, people, strict=True)), dict(zip(MEASURES, measures, strict=True))
