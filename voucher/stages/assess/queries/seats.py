"""Who sits where at an exam, as lists show it: masked, seat by seat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.stages.assess.models_rooms import ExamSeat
from voucher.stages.assess.queries.door import mask_candidates
from voucher.stages.assess.queries.slips import read_places

ERASED = "（已注销）"


@dataclass(frozen=True, slots=True)
class SeatView:
    """The seat of one candidate, the name masked."""

    id: int
    candidate_id: int
    masked_name: str
    site_name: str
    room_name: str
    seat: int
    begins_at: datetime


def list_seat_views(
    session: Session, keyring: Keyring, batch_id: int, *, after_id: int = 0, limit: int | None = None
) -> list[SeatView]:
    """Return the seats of an exam after an id, in the order they were given."""
    seats = session.scalars(
        select(ExamSeat)
        .where(ExamSeat.batch_id == batch_id, ExamSeat.ended_at.is_(None), ExamSeat.id > after_id)
        .order_by(ExamSeat.id)
        .limit(limit)
    ).all()
    ids = [each.candidate_id for each in seats]
    places, names = read_places(session, ids), mask_candidates(session, keyring, ids)
    return [
        SeatView(
            id=each.id,
            candidate_id=each.candidate_id,
            masked_name=names.get(each.candidate_id, ERASED),
            site_name=places[each.candidate_id].site_name,
            room_name=places[each.candidate_id].room_name,
            seat=each.number,
            begins_at=places[each.candidate_id].begins_at,
        )
        for each in seats
    ]
