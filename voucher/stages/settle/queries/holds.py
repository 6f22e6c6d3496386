"""What is stopped and why: the open holds on vouchers, claims and certificates of a region."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import Voucher
from voucher.rules.lifecycle import Thing
from voucher.stages.certify.queries.archive import select_within
from voucher.stages.settle.models.claims import Claim


def list_open_holds(
    session: Session,
    regions: Collection[str],
    *,
    thing: Thing | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Hold]:
    """Return the newest open holds of these regions, and none outside them."""
    query = select(Hold).where(_open_within(regions))
    if thing is not None:
        query = query.where(Hold.thing == str(thing))
    if before_id is not None:
        query = query.where(Hold.id < before_id)
    return list(session.scalars(query.order_by(Hold.id.desc()).limit(limit)))


def count_open_holds(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many holds are open in these regions, and since when the oldest is."""
    count, oldest = session.execute(
        select(func.count(), func.min(Hold.opened_at)).where(_open_within(regions))
    ).one()
    return count, oldest


def _open_within(regions: Collection[str]) -> ColumnElement[bool]:
    here = sorted(regions)
    vouchers = (Hold.thing == str(Thing.VOUCHER)) & Hold.object_id.in_(
        select(Voucher.id).where(Voucher.region_code.in_(here))
    )
    claims = (Hold.thing == str(Thing.CLAIM)) & Hold.object_id.in_(
        select(Claim.id).where(Claim.region_code.in_(here))
    )
    certificates = (Hold.thing == str(Thing.CERTIFICATE)) & Hold.object_id.in_(select_within(here))
    return Hold.closed_at.is_(None) & (vouchers | claims | certificates)
