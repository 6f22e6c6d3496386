"""The claims that stand on one person, for whoever asks what is held of the person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.lives import list_lives
from voucher.rules.lifecycle import Thing, live_states
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.denials import Denial

# a paid claim is live only because it may be recovered
UNDER_WAY = live_states(Thing.CLAIM) - {"paid"}


@dataclass(frozen=True, slots=True)
class ClaimsHeld:
    """How many claims stand on a person, which are under way or denied, and when one last moved a step."""

    count: int
    open_numbers: list[str]
    last_at: datetime | None
    open_denials: list[str]


def read_claims_held(session: Session, person_id: int) -> ClaimsHeld:
    """Return what there is of claims in a person's name."""
    claims = session.scalars(select(Claim).where(Claim.person_id == person_id).order_by(Claim.id)).all()
    lives = list_lives(session, Thing.CLAIM, [each.id for each in claims])
    last_at = max((events[-1].at for events in lives.values() if events), default=None)
    open_numbers = [each.number for each in claims if each.state in UNDER_WAY]
    denied = select(Denial).where(Denial.person_id == person_id, Denial.confirmed_at.is_(None))
    open_denials = [each.number for each in session.scalars(denied.order_by(Denial.id))]
    return ClaimsHeld(len(claims), open_numbers, last_at, open_denials)


def list_claim_ids(session: Session, person_id: int) -> list[int]:
    """Return the claims in a person's name."""
    return list(session.scalars(select(Claim.id).where(Claim.person_id == person_id)))
