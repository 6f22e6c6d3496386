"""What an officer has asked to put back and another has to decide on: vouchers, certificates, keys, stops."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.holds import Hold
from voucher.ledger.reinstatements import Reinstatement
from voucher.ledger.vouchers import Voucher
from voucher.rules.lifecycle import Thing
from voucher.stages.certify.queries.archive import select_within
from voucher.stages.settle.models.claims import Claim


def find_asked_reinstatement(session: Session, thing: Thing, object_id: int) -> Reinstatement | None:
    """Return what has been asked for an object and not been decided yet."""
    return session.scalars(
        select(Reinstatement).where(
            Reinstatement.thing == str(thing),
            Reinstatement.object_id == object_id,
            Reinstatement.decided_at.is_(None),
        )
    ).first()


def list_asked_reinstatements(session: Session, regions: Collection[str]) -> list[Reinstatement]:
    """Return what waits for another person in these regions, the oldest first."""
    vouchers = select(Voucher.id).where(Voucher.region_code.in_(sorted(regions)))
    certificates = select_within(regions)
    here = (Reinstatement.thing == str(Thing.VOUCHER)) & Reinstatement.object_id.in_(vouchers)
    proofs = (Reinstatement.thing == str(Thing.CERTIFICATE)) & Reinstatement.object_id.in_(certificates)
    claims = select(Claim.id).where(Claim.region_code.in_(sorted(regions)))
    keys = (Reinstatement.thing == str(Thing.CLAIM)) & Reinstatement.object_id.in_(claims)
    # where the claim ended meanwhile, nothing is stopped any more and nobody has to decide on it
    stopped = select(Hold.id).where(
        Hold.thing == str(Thing.CLAIM), Hold.object_id.in_(claims), Hold.closed_at.is_(None)
    )
    stops = (Reinstatement.thing == str(Thing.HOLD)) & Reinstatement.object_id.in_(stopped)
    return list(
        session.scalars(
            select(Reinstatement)
            .where(Reinstatement.decided_at.is_(None), here | proofs | keys | stops)
            .order_by(Reinstatement.id)
        )
    )


def count_asked_reinstatements(
    session: Session, regions: Collection[str], *, person_id: int
) -> tuple[int, datetime | None]:
    """Return how many of them wait for this person, who did not ask, and since when the oldest does."""
    asked = [
        each for each in list_asked_reinstatements(session, regions) if each.asked_by_person_id != person_id
    ]
    return len(asked), asked[0].asked_at if asked else None
