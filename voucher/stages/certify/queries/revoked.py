"""Whose certificates were revoked after a moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import InstrumentedAttribute

from voucher.ledger.states import StateEvent
from voucher.rules.lifecycle import Thing
from voucher.stages.certify.models import Certificate


def revoked_since(
    person_id: InstrumentedAttribute[int], since: InstrumentedAttribute[datetime]
) -> ColumnElement[bool]:
    """Return the condition that a certificate of a person was revoked after a moment, both columns."""
    return exists().where(
        Certificate.person_id == person_id,
        Certificate.state == "revoked",
        StateEvent.thing == str(Thing.CERTIFICATE),
        StateEvent.object_id == Certificate.id,
        StateEvent.seq == Certificate.seq,
        StateEvent.at > since,
    )
