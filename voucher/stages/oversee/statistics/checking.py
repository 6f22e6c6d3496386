"""上下级核对: what a place comes to by sums the rows of its page are not made of, to hold those rows against.

A region without filters, or under one, has a row of its own for everything below it. Under several, and for
an institution, there is none: vouchers and claims are added up one by one, where they are not too many.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.stages.oversee.statistics.adding import BELOW
from voucher.stages.oversee.statistics.models import MEASURES, STEPS, StatisticFact
from voucher.stages.oversee.statistics.reading import (
    COUNTED_ONE_BY_ONE,
    Sums,
    Wish,
    match_facts,
    sum_regions,
    total,
)


def sum_above(
    session: Session,
    region_code: str,
    wish: Wish,
    *,
    regions: Collection[str],
    institution_id: int | None = None,
    own: bool = False,
    vouchers: int,
) -> Sums | None:
    """Return what a place comes to otherwise than by its rows, or None where that would take too long.

    `regions` are those the rows speak of, `vouchers` how many they come to.
    """
    if institution_id is None and len(wish.filters) <= 1:
        return total(sum_regions(session, [region_code if own else BELOW + region_code], wish).values())
    if vouchers > COUNTED_ONE_BY_ONE:
        return None
    conditions = [StatisticFact.region_code.in_(sorted(regions)), *match_facts(wish)]
    if institution_id is not None:
        conditions.append(StatisticFact.institution_id == institution_id)
    counted = session.execute(
        select(
            *(func.count(getattr(StatisticFact, f"{step}_on")) for step in STEPS),
            func.count(func.nullif(StatisticFact.ended_as, "")),
            func.coalesce(func.sum(StatisticFact.reserved_fen), 0),
            func.coalesce(func.sum(StatisticFact.paid_fen), 0),
        ).where(*conditions)
    ).one()
    return {name: int(each) for name, each in zip(MEASURES, counted, strict=True)}
