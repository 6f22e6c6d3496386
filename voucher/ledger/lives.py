"""The lives of many objects at once, as an archive tells them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.states import StateEvent
from voucher.plumbing.bulk import among
from voucher.rules.lifecycle import Thing


def list_lives(session: Session, thing: Thing, object_ids: Collection[int]) -> dict[int, list[StateEvent]]:
    """Return the steps of many objects, oldest first, in one statement."""
    lives: dict[int, list[StateEvent]] = {each: [] for each in object_ids}
    of = (StateEvent.thing == str(thing), among(session, StateEvent.object_id, object_ids))
    for event in session.scalars(select(StateEvent).where(*of).order_by(StateEvent.seq)):
        lives[event.object_id].append(event)
    return lives
