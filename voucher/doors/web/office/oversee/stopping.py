"""The open holds of a voucher or a claim, read for a page or locked for an act; the oldest first."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from voucher.ledger.holds import Hold
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import Thing


def list_open_holds(session: Session, thing: Thing, object_id: int) -> Sequence[Hold]:
    """Return the holds that stop an object at present: several may, and each ends in its own way."""
    return session.scalars(_select_open(thing, object_id)).all()


def lock_open_holds(work: Work, thing: Thing, object_id: int) -> Sequence[Hold]:
    """Return the holds that stop an object at present, locked."""
    locking = _select_open(thing, object_id).with_for_update().execution_options(populate_existing=True)
    return work.session.scalars(locking).all()


def _select_open(thing: Thing, object_id: int) -> Select[Hold]:
    return (
        select(Hold)
        .where(Hold.thing == str(thing), Hold.object_id == object_id, Hold.closed_at.is_(None))
        .order_by(Hold.id)
    )
