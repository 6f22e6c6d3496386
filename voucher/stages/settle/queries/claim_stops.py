"""When holds stood on claims and are over: days on which nothing could be done are not counted as late."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import CompoundSelect, Select, select, union_all
from sqlalchemy.orm import Session

from voucher.ledger.holds import Hold
from voucher.plumbing.bulk import among
from voucher.plumbing.clock import day_of
from voucher.rules.calendar import Period
from voucher.rules.lifecycle import Thing
from voucher.stages.settle.models.claims import Claim

# what a hold may stand on to stop a claim, as `ledger.holds.select_held` reads it of open ones
_STANDS_ON = {
    Thing.CLAIM: Claim.id,
    Thing.VOUCHER: Claim.voucher_id,
    Thing.CERTIFICATE: Claim.certificate_id,
}


def select_once_held() -> Select[int]:
    """Return the query for the ids of all claims on which a hold stood that is over."""
    closed = _select_closed().subquery()
    return select(closed.c.id)


def read_stops(session: Session, claim_ids: Collection[int]) -> dict[int, list[Period]]:
    """Return by claim the days from the opening to the closing of each hold on it that is over."""
    closed, found = _select_closed().subquery(), dict[int, list[Period]]()
    for claim_id, opened_at, closed_at in session.execute(
        select(closed).where(among(session, closed.c.id, claim_ids))
    ):
        found.setdefault(claim_id, []).append(Period(day_of(opened_at), day_of(closed_at)))
    return found


def _select_closed() -> CompoundSelect[tuple[int, object, object]]:
    return union_all(
        *(
            select(Claim.id, Hold.opened_at, Hold.closed_at)
            .join(Hold, (Hold.thing == str(thing)) & (Hold.object_id == at))
            .where(Hold.closed_at.is_not(None))
            for thing, at in _STANDS_ON.items()
        )
    )
