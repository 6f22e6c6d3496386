"""上下级核对: what the level above says of a place, from sums of its own, to hold the rows below against."""

from __future__ import annotations

from sqlalchemy.orm import Session

from voucher.registry.catalogue import list_subtree
from voucher.stages.oversee.statistics.adding import BELOW
from voucher.stages.oversee.statistics.reading import Sums, Wish, sum_houses, sum_regions, total


def sum_above(
    session: Session, region_code: str, wish: Wish, *, institution_id: int | None = None, own: bool = False
) -> Sums:
    """Return what a place comes to as the level above tells it: no row of the place itself is added up."""
    if institution_id is not None:
        houses = sum_houses(session, region_code, wish)
        return total([sums for house, sums in houses.items() if house == institution_id])
    if own:
        return total(sum_regions(session, [region_code], wish).values())
    if len(wish.filters) <= 1:
        return total(sum_regions(session, [BELOW + region_code], wish).values())
    return total(sum_regions(session, list_subtree(session, region_code), wish).values())
