"""Online lessons as they are shown and counted: the segments, what one has played, the hours of a session."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.rules.training import lesson_hours
from voucher.stages.train.models.classes import ClassSession
from voucher.stages.train.models.lessons import Lesson, LessonSegment, Study


@dataclass(frozen=True, slots=True)
class LessonView:
    """A lesson with its segments in order."""

    lesson: Lesson
    segments: tuple[LessonSegment, ...]

    @property
    def minutes(self) -> int:
        """Return the minutes of content."""
        return sum(each.minutes for each in self.segments)


def list_session_lessons(session: Session, session_id: int) -> list[LessonView]:
    """Return the lessons of a session in order."""
    lessons = session.scalars(
        select(Lesson).where(Lesson.session_id == session_id).order_by(Lesson.position)
    ).all()
    segments = session.scalars(
        select(LessonSegment)
        .where(LessonSegment.lesson_id.in_([each.id for each in lessons]))
        .order_by(LessonSegment.lesson_id, LessonSegment.position)
    ).all()
    return [
        LessonView(lesson, tuple(each for each in segments if each.lesson_id == lesson.id))
        for lesson in lessons
    ]


def outcomes_of(session: Session, voucher_id: int, segments: Sequence[LessonSegment]) -> dict[int, str]:
    """Return what each segment last came to for a voucher; those never ended are left out."""
    rows = session.execute(
        select(Study.segment_id, Study.outcome)
        .where(
            Study.voucher_id == voucher_id,
            Study.segment_id.in_([each.id for each in segments]),
            Study.outcome.is_not(None),
        )
        .order_by(Study.id)
    )
    found: dict[int, str] = {}
    for segment_id, outcome in rows:
        if outcome is not None and found.get(segment_id) != "counted":
            found[segment_id] = outcome
    return found


def hours_studied(session: Session, held: ClassSession, lesson_minutes: int) -> dict[int, int]:
    """Return, by voucher, the lesson hours played in an online session, each segment once.

    Never more than the session plans; whoever began and counted nothing has none.
    """
    rows = session.execute(
        select(Study.voucher_id, func.sum(Study.minutes))
        .join(LessonSegment, LessonSegment.id == Study.segment_id)
        .join(Lesson, Lesson.id == LessonSegment.lesson_id)
        .where(Lesson.session_id == held.id)
        .group_by(Study.voucher_id)
    )
    return {
        voucher_id: min(held.hours, lesson_hours(int(minutes or 0), lesson_minutes))
        for voucher_id, minutes in rows
    }


def is_played(session: Session, session_id: int) -> bool:
    """Return whether a session has lessons to play: its hours come from playing, and from nothing else."""
    return session.scalar(select(Lesson.id).where(Lesson.session_id == session_id).limit(1)) is not None


def list_case_studies(session: Session, case_ids: Collection[int]) -> dict[int, list[tuple[Study, int]]]:
    """Return, by case, what was played impossibly fast, with the minutes of its content."""
    rows = session.execute(
        select(Study, LessonSegment.minutes)
        .join(LessonSegment, LessonSegment.id == Study.segment_id)
        .where(Study.case_id.in_(sorted(case_ids)))
        .order_by(Study.id)
    )
    found: dict[int, list[tuple[Study, int]]] = {}
    for study, minutes in rows:
        if study.case_id is not None:
            found.setdefault(study.case_id, []).append((study, minutes))
    return found
