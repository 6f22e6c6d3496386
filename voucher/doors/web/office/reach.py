"""What of the office's regions a list shows: all of them, or the one named in the address and below."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.registry.catalogue import Region, list_ancestry, list_subtree
from voucher.rules.actor import REGION_FOREIGN


def asked_regions(session: Session) -> tuple[str | None, frozenset[str]]:
    """Return the region the address asks for, and the regions shown. Raises Refused region_foreign."""
    regions, asked = current_actor().regions, fields.asked("region")
    if asked is None:
        return None, regions
    if asked not in regions:
        raise REGION_FOREIGN.refused(region=asked)
    return asked, regions & frozenset(list_subtree(session, asked))


def list_region_choices(session: Session) -> list[tuple[str, str]]:
    """Return the visitor's regions as choices, by code."""
    rows = session.execute(
        select(Region.code, Region.name)
        .where(Region.code.in_(sorted(current_actor().regions)))
        .order_by(Region.code)
    )
    return [(code, f"{name}（{code}）") for code, name in rows]


def name_regions(session: Session, codes: set[str]) -> dict[str, str]:
    """Return the names of regions by code."""
    rows = session.execute(select(Region.code, Region.name).where(Region.code.in_(sorted(codes))))
    return dict(rows.all())


def with_ancestors(session: Session, regions: frozenset[str]) -> frozenset[str]:
    """Return regions and everything above them: a programme may be paid from there as well."""
    return regions | {above for code in regions for above in list_ancestry(session, code)}
