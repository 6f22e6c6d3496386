"""逐级对平 (AC-K2): the same sums asked for once per level, each by a query of its own.

The rows of a level come from cells, so they always add up; here every level is counted anew, the lowest
one without classes or institutions at all. A voucher lost or doubled on the way shows as a difference.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import SQLColumnExpression, case, func, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.registry.catalogue import Region
from voucher.stages.oversee.drill import (
    NOWHERE,
    Measures,
    counted,
    issued_in,
    list_paid_directly,
    within,
)
from voucher.stages.settle.queries.totals import select_voucher_sums
from voucher.stages.train.queries.trained import select_places

BELOW_A_CITY = ("county", "zone")


@dataclass(frozen=True, slots=True)
class LevelSum:
    """What one level comes to: how many parts it has, and their sum; amounts in fen."""

    name: str
    parts: int
    vouchers: int
    trainings: int
    certificates: int
    reserved_fen: int
    paid_fen: int

    @property
    def sums(self) -> tuple[int, ...]:
        """Return what must be the same on every level."""
        return (self.vouchers, self.trainings, self.certificates, self.reserved_fen, self.paid_fen)


def sums_of(measures: Measures) -> tuple[int, ...]:
    """Return what must be the same on every level."""
    return (
        measures.vouchers,
        measures.trainings,
        measures.certificates,
        measures.reserved_fen,
        measures.paid_fen,
    )


def sum_levels(session: Session, regions: Collection[str], year: int | None = None) -> list[LevelSum]:
    """Return the sums of these regions level by level, from cities down to single people."""
    places = select_places()
    house = func.coalesce(places.c.institution_id, NOWHERE)
    city = case((Region.rank.in_(BELOW_A_CITY), Region.parent_code), else_=Region.code)
    levels: tuple[tuple[str, tuple[SQLColumnExpression[Any], ...]], ...] = (
        ("市", (city,)),
        ("县（发放地区）", (Voucher.region_code,)),
        ("机构", (house,)),
        ("班级", (house, func.coalesce(places.c.class_id, NOWHERE))),
        ("人", (Voucher.holder_person_id,)),
    )
    direct = list_paid_directly(session, regions, year)
    kept, paid = sum(each.reserved_fen for each in direct), sum(each.paid_fen for each in direct)
    found = []
    for name, keys in levels:
        sums = select_voucher_sums()
        query = select(func.count().label("vouchers"), *(func.sum(each) for each in counted(sums)))
        if keys[0] is city:
            query = query.join(Region, Region.code == Voucher.region_code)
        if keys[0] is house:
            query = query.outerjoin(places, places.c.voucher_id == Voucher.id)
        parts = (
            query.select_from(Voucher)
            .outerjoin(sums, sums.c.voucher_id == Voucher.id)
            .where(Voucher.region_code.in_(sorted(regions)), *issued_in(year))
            .group_by(*keys)
            .subquery()
        )
        row = session.execute(select(func.count(), *(func.sum(each) for each in parts.c))).one()
        count, vouchers, trainings, certificates, reserved_fen, paid_fen = (int(each or 0) for each in row)
        found.append(
            LevelSum(name, count, vouchers, trainings, certificates, reserved_fen + kept, paid_fen + paid)
        )
    return found


def sum_place(
    session: Session,
    region_code: str,
    institution_id: int,
    class_id: int | None = None,
    year: int | None = None,
) -> tuple[int, ...]:
    """Return what an institution, or one class of it, comes to with vouchers of a region, counted anew.

    In the order of `sums_of`; people one by one, no class or institution is added up.
    """
    places, sums = select_places(), select_voucher_sums()
    query = (
        select(func.count().label("vouchers"), *(func.sum(each) for each in counted(sums)))
        .select_from(Voucher)
        .outerjoin(places, places.c.voucher_id == Voucher.id)
        .outerjoin(sums, sums.c.voucher_id == Voucher.id)
        .where(*within(places, [region_code], institution_id, class_id, year))
    )
    found = [int(each or 0) for each in session.execute(query).one()]
    if class_id is None:
        direct = [
            each
            for each in list_paid_directly(session, [region_code], year)
            if each.institution_id == institution_id
        ]
        found[3] += sum(each.reserved_fen for each in direct)
        found[4] += sum(each.paid_fen for each in direct)
    return tuple(found)


def agree(levels: Collection[LevelSum], *more: tuple[int, ...]) -> bool:
    """Return whether every level, and whatever else is held against them, comes to the same."""
    return len({*(each.sums for each in levels), *more}) <= 1


def spread(levels: Collection[LevelSum], *more: tuple[int, ...]) -> tuple[int, ...]:
    """Return by how much the largest level differs from the smallest, sum by sum; all 0 if they agree."""
    held = zip(*(*(each.sums for each in levels), *more), strict=True)
    return tuple(max(each) - min(each) for each in held)
