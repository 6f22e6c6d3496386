"""The open hold of a voucher or a claim, read for a page or locked for an act."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from voucher.ledger.holds import Hold
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import Thing


def find_open_hold(session: Session, thing: Thing, object_id: int) -> Hold | None:
    """Return the hold that stops an object at present."""
    return session.scalars(_select_open(thing, object_id)).first()


def lock_open_hold(work: Work, thing: Thing, object_id: int) -> Hold | None:
    """Return the hold that stops an object at present, locked."""
    locking = _select_open(thing, object_id).with_for_update().execution_options(populate_existing=True)
    return work.session.scalars(locking).first()


def _select_open(thing: Thing, object_id: int) -> Select[Hold]:
    return select(Hold).where(Hold.thing == str(thing), Hold.object_id == object_id, Hold.closed_at.is_(None))
