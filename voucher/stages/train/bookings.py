"""Whether the teacher and the place of a class are free: nobody teaches two classes at once."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.rules.classes import OFFLINE, Booking, Slot, check_no_clash
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.reading import list_sessions

LIVE = ("filed", "approved", "running")


def check_bookings(
    session: Session, found: TrainingClass, houses: Collection[int], elsewhere: Collection[int] = ()
) -> None:
    """Refuse a teacher or a place that another live class of these institutions has at that time.

    `elsewhere` are further institutions the same person teaches at: there only the teacher is looked at.

    Raises sessions_overlap.
    """
    mine, asked = list_sessions(session, found.id), sorted({*houses, *elsewhere})
    rows = session.execute(
        select(TrainingClass, ClassSession)
        .join(ClassSession, ClassSession.class_id == TrainingClass.id)
        .where(
            TrainingClass.id != found.id,
            TrainingClass.state.in_(LIVE),
            or_(TrainingClass.institution_id.in_(asked), TrainingClass.delivering_institution_id.in_(asked)),
            ClassSession.ends_at > min(each.starts_at for each in mine),
            ClassSession.starts_at < max(each.ends_at for each in mine),
        )
        .order_by(ClassSession.starts_at)
    ).all()
    taken = [
        Booking(
            Slot(each.starts_at, each.ends_at), other.teacher, _room_of(other, each, houses), other.number
        )
        for other, each in rows
    ]
    for own in mine:
        check_no_clash([Slot(own.starts_at, own.ends_at)], found.teacher, _room(found, own), taken)


def _room_of(other: TrainingClass, each: ClassSession, houses: Collection[int]) -> str:
    """Return the room a class takes at these institutions; one elsewhere may be called the same."""
    here = {other.institution_id, other.delivering_institution_id} & set(houses)
    return _room(other, each) if here else ""


def _room(found: TrainingClass, each: ClassSession) -> str:
    """Return where a session takes place; an online one takes no room."""
    return found.place if each.mode == OFFLINE else ""
