"""The lessons of one person, for whoever asks what is held of the person and who looked at it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.stages.train.models.classes import ClassSession
from voucher.stages.train.models.places import Attendance


def find_attended(session: Session, person_id: int) -> dict[int, int]:
    """Return the class of each lesson a person was marked at, by the mark's id."""
    rows = session.execute(
        select(Attendance.id, ClassSession.class_id)
        .join(ClassSession, ClassSession.id == Attendance.session_id)
        .where(Attendance.person_id == person_id)
    )
    return dict(rows.all())
