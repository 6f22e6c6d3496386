"""Rooms for an exam and a seat for every candidate, as `rules/seats` orders them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.bulk import write_many
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role
from voucher.rules.errors import Family, reason
from voucher.rules.seats import SOURCE, Seat, allot_seats
from voucher.stages.assess.models import ExamBatch
from voucher.stages.assess.models_rooms import ROOM_TAKEN, ExamRoom, ExamRoomUse, ExamSeat, ExamSite
from voucher.stages.assess.reading import check_planned, list_batch_candidates, lock_own_batch
from voucher.stages.assess.sites import ROOM_MISSING

ROOM_MINUTES = "exam_room_minutes"

SEATS_FIXED = reason(
    "exam_seats_fixed",
    "已有考生入场，考场和座位不能再改",
    "请按门上的座位表安排考生就座",
    SOURCE,
    Family.CONFLICT,
)


def choose_rooms(work: Work, batch_id: int, room_ids: Collection[int], begins: time) -> list[ExamSeat]:
    """Hold a planned exam in exactly these rooms from a time of its day on, and seat everybody listed.

    Who has a seat in a room that stays, keeps it. Raises Refused role_missing, exam_batch_missing,
    exam_batch_closed, exam_seats_fixed, exam_room_missing, exam_room_taken, exam_rooms_full,
    parameter_missing.
    """
    batch = lock_own_batch(work, batch_id, Role.EVALUATOR_ADMIN)
    check_planned(batch, "改考场")
    if any(each.admitted_at is not None for each in list_batch_candidates(work.session, batch.id)):
        raise SEATS_FIXED.refused()
    rooms = _lock_rooms(work, batch, room_ids)
    begins_at = datetime.combine(batch.exam_on, begins, SHANGHAI)
    until_at = begins_at + _read_length(work, batch)
    _check_free(work, batch, rooms, begins_at, until_at)
    kept = set()
    for use in list_uses(work.session, batch.id):
        if use.begins_at == begins_at and any(each.id == use.room_id for each in rooms):
            kept.add(use.room_id)
        else:
            _end(work, use)
    work.session.flush()
    work.session.add_all(
        ExamRoomUse(
            batch_id=batch.id,
            room_id=each.id,
            seats=each.seats,
            begins_at=begins_at,
            until_at=until_at,
            chosen_at=work.at,
            chosen_by_person_id=work.actor.person_id,
        )
        for each in rooms
        if each.id not in kept
    )
    work.session.flush()
    chosen = {"rooms": sorted(each.id for each in rooms), "begins_at": begins_at.isoformat()}
    audit.record_one(work, "exam_batch", batch.id, "choose_rooms", **chosen)
    return seat_newcomers(work, batch)


def _lock_rooms(work: Work, batch: ExamBatch, room_ids: Collection[int]) -> Sequence[ExamRoom]:
    """Return rooms of the batch's evaluator, locked: of two exams wanting one, the second waits."""
    wanted = sorted(set(room_ids))
    rooms = work.session.scalars(
        select(ExamRoom)
        .join(ExamSite, ExamSite.id == ExamRoom.site_id)
        .where(
            ExamRoom.id.in_(wanted),
            ExamRoom.ended_at.is_(None),
            ExamSite.institution_id == batch.institution_id,
        )
        .order_by(ExamRoom.id)
        .with_for_update(of=ExamRoom)
    ).all()
    if not rooms or len(rooms) < len(wanted):
        raise ROOM_MISSING.refused()
    return rooms


def _read_length(work: Work, batch: ExamBatch) -> timedelta:
    """Return how long an exam holds a room. Raises parameter_missing."""
    regions = catalogue.list_ancestry(work.session, batch.region_code)
    return timedelta(minutes=require_parameter_number(work.session, ROOM_MINUTES, batch.exam_on, regions))


def _check_free(
    work: Work, batch: ExamBatch, rooms: Sequence[ExamRoom], begins_at: datetime, until_at: datetime
) -> None:
    """Refuse rooms that another exam holds at some moment from the beginning on until the end."""
    others = select(ExamRoomUse.id).where(
        ExamRoomUse.room_id.in_([each.id for each in rooms]),
        ExamRoomUse.batch_id != batch.id,
        ExamRoomUse.ended_at.is_(None),
        ExamRoomUse.begins_at < until_at,
        ExamRoomUse.until_at > begins_at,
    )
    if work.session.scalars(others.limit(1)).first() is not None:
        raise ROOM_TAKEN.refused()


def seat_newcomers(work: Work, batch: ExamBatch) -> list[ExamSeat]:
    """Seat whoever of a locked batch has no seat yet, where rooms have been chosen; return all seats.

    Raises exam_rooms_full.
    """
    uses = list_uses(work.session, batch.id)
    seats = list_seats(work.session, batch.id)
    seated = {each.candidate_id for each in seats}
    fresh = [each.id for each in list_batch_candidates(work.session, batch.id) if each.id not in seated]
    if not uses or not fresh:
        return seats
    taken = [Seat(each.use_id, each.number) for each in seats]
    allotted = allot_seats(batch.number, fresh, [(each.id, each.seats) for each in uses], taken)
    sizes = {each.id: each.seats for each in uses}
    rows = [
        (candidate_id, seat.room_id, sizes[seat.room_id], seat.number)
        for candidate_id, seat in sorted(allotted.items())
    ]
    same = {"batch_id": batch.id, "given_at": work.at}
    write_many(work.session, ExamSeat, ("candidate_id", "use_id", "seats", "number"), rows, same)
    return list_seats(work.session, batch.id)


def release_rooms(work: Work, batch: ExamBatch) -> None:
    """Free the rooms and seats of an exam that does not take place."""
    for use in list_uses(work.session, batch.id):
        _end(work, use)
    work.session.flush()


def _end(work: Work, use: ExamRoomUse) -> None:
    use.ended_at = work.at
    for seat in work.session.scalars(
        select(ExamSeat).where(ExamSeat.use_id == use.id, ExamSeat.ended_at.is_(None))
    ):
        seat.ended_at = work.at


def list_uses(session: Session, batch_id: int) -> list[ExamRoomUse]:
    """Return the rooms of an exam in the order of their ids."""
    return list(
        session.scalars(
            select(ExamRoomUse)
            .where(ExamRoomUse.batch_id == batch_id, ExamRoomUse.ended_at.is_(None))
            .order_by(ExamRoomUse.room_id)
        )
    )


def list_seats(session: Session, batch_id: int) -> list[ExamSeat]:
    """Return the seats of an exam."""
    return list(
        session.scalars(
            select(ExamSeat)
            .where(ExamSeat.batch_id == batch_id, ExamSeat.ended_at.is_(None))
            .order_by(ExamSeat.id)
        )
    )
