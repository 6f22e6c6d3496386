"""How often certificates of a person have been revoked: a number that only grows."""

from __future__ import annotations

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import InstrumentedAttribute

from voucher.ledger.states import StateEvent
from voucher.rules.lifecycle import Thing
from voucher.stages.certify.models import Certificate


def count_revocations(person_id: InstrumentedAttribute[int] | ColumnElement[int] | int) -> ScalarSelect[int]:
    """Return the number of revocations of a person's certificates, those of certificates put back included.

    Whatever tells of certificates keeps the number it read beside it: one that has grown says that a
    revocation came after, whatever the two clocks said.
    """
    return (
        select(func.count())
        .select_from(Certificate)
        .join(StateEvent, StateEvent.object_id == Certificate.id)
        .where(
            Certificate.person_id == person_id,
            StateEvent.thing == str(Thing.CERTIFICATE),
            StateEvent.event == "revoke",
        )
        .scalar_subquery()
    )
