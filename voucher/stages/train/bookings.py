"""Whether the teacher and the place of a class are free: nobody teaches two classes at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.rules.classes import OFFLINE, Booking, Slot, check_no_clash
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.reading import list_sessions, place_of, teacher_of

LIVE = ("filed", "approved", "running")


@dataclass(frozen=True, slots=True)
class Taught:
    """One session as a teacher and a room are taken by it; an online one takes no room."""

    slot: Slot
    teacher: str
    room: str


def list_taught(session: Session, found: TrainingClass) -> list[Taught]:
    """Return the sessions of a class as they stand."""
    return [_taught(found, each) for each in list_sessions(session, found.id)]


def check_bookings(
    session: Session,
    found: TrainingClass,
    mine: Sequence[Taught],
    houses: Collection[int],
    elsewhere: Callable[[str], Collection[int]],
) -> None:
    """Refuse a teacher or a place that another live class of these institutions has at that time.

    `elsewhere` tells for a teacher's name at which further institutions the same person teaches: there only
    the teacher is looked at. Raises sessions_overlap.
    """
    for teacher in sorted({each.teacher for each in mine}):
        own = [each for each in mine if each.teacher == teacher]
        taken = _list_taken(session, found, own, houses, elsewhere(teacher))
        for each in own:
            check_no_clash([each.slot], teacher, each.room, taken)


def _list_taken(
    session: Session,
    found: TrainingClass,
    mine: Iterable[Taught],
    houses: Collection[int],
    elsewhere: Collection[int],
) -> list[Booking]:
    """Return what other live classes have booked from the first to the last of these sessions."""
    slots, asked = [each.slot for each in mine], sorted({*houses, *elsewhere})
    rows = session.execute(
        select(TrainingClass, ClassSession)
        .join(ClassSession, ClassSession.class_id == TrainingClass.id)
        .where(
            TrainingClass.id != found.id,
            TrainingClass.state.in_(LIVE),
            or_(TrainingClass.institution_id.in_(asked), TrainingClass.delivering_institution_id.in_(asked)),
            ClassSession.ends_at > min(each.starts_at for each in slots),
            ClassSession.starts_at < max(each.ends_at for each in slots),
        )
        .order_by(ClassSession.starts_at)
    )
    taken = []
    for other, each in rows:
        booked = _taught(other, each)
        # a room elsewhere may be called the same
        here = {other.institution_id, other.delivering_institution_id} & set(houses)
        taken.append(Booking(booked.slot, booked.teacher, booked.room if here else "", other.number))
    return taken


def _taught(found: TrainingClass, each: ClassSession) -> Taught:
    room = place_of(found, each) if each.mode == OFFLINE else ""
    return Taught(Slot(each.starts_at, each.ends_at), teacher_of(found, each), room)
