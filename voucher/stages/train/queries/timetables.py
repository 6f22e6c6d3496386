"""Changes of timetables as they are looked at: what waits for the office, and what became of a class's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.plumbing.clock import day_of
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.timetables import SessionChange, TimetableChange

_WAITS = (TimetableChange.due_on.is_not(None), TimetableChange.decided_at.is_(None))


def list_timetable_changes(
    session: Session,
    *,
    regions: Collection[str] | None = None,
    class_id: int | None = None,
    waiting_only: bool = False,
    before_id: int | None = None,
    limit: int = 50,
) -> list[TimetableChange]:
    """Return the newest changes of timetables in these regions, or of one class."""
    query = select(TimetableChange).join(TrainingClass, TrainingClass.id == TimetableChange.class_id)
    if regions is not None:
        query = query.where(TrainingClass.region_code.in_(sorted(regions)))
    if class_id is not None:
        query = query.where(TimetableChange.class_id == class_id)
    if waiting_only:
        query = query.where(*_WAITS)
    if before_id is not None:
        query = query.where(TimetableChange.id < before_id)
    return list(session.scalars(query.order_by(TimetableChange.id.desc()).limit(limit)))


def list_session_changes(session: Session, change_ids: Sequence[int]) -> dict[int, list[SessionChange]]:
    """Return, per change, what each of its sessions was and is to be."""
    told: dict[int, list[SessionChange]] = {each: [] for each in change_ids}
    rows = select(SessionChange).where(SessionChange.change_id.in_(list(change_ids)))
    for each in session.scalars(rows.order_by(SessionChange.change_id, SessionChange.position)):
        told[each.change_id].append(each)
    return told


def count_timetable_changes(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many changes of timetables wait in these regions, and since when the oldest does."""
    count, oldest = session.execute(
        select(func.count(), func.min(TimetableChange.asked_at))
        .join(TrainingClass, TrainingClass.id == TimetableChange.class_id)
        .where(*_WAITS, TrainingClass.region_code.in_(sorted(regions)))
    ).one()
    return count, oldest


def find_changed_sessions(session: Session, class_ids: Collection[int]) -> dict[int, date]:
    """Return which sessions of these classes a change has altered or added, with the day it was done."""
    rows = session.execute(
        select(ClassSession.id, func.max(TimetableChange.applied_at))
        .join(TimetableChange, TimetableChange.class_id == ClassSession.class_id)
        .join(
            SessionChange,
            (SessionChange.change_id == TimetableChange.id)
            & (SessionChange.position == ClassSession.position),
        )
        .where(ClassSession.class_id.in_(sorted(class_ids)), TimetableChange.applied_at.is_not(None))
        .group_by(ClassSession.id)
    )
    return {session_id: day_of(at) for session_id, at in rows if at is not None}


def list_dropped(session: Session, class_id: int) -> list[SessionChange]:
    """Return the sessions of a class that were called off, in the order they would have been held."""
    rows = session.scalars(
        select(SessionChange)
        .join(TimetableChange, TimetableChange.id == SessionChange.change_id)
        .where(
            TimetableChange.class_id == class_id,
            TimetableChange.applied_at.is_not(None),
            SessionChange.kind == "drop",
        )
        .order_by(SessionChange.former_starts_at)
    )
    return list(rows)
