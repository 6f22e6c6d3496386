"""Marks of a session: who signed in and out by which way, what is doubtful, and the hours they come to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.rules.attendance import Mark, MarkRules, hours_present
from voucher.rules.classes import Slot
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.marks import REFUSED, AttendanceCase, AttendanceMark, MarkDoubt

PENDING, GOOD, BAD = "pending", "counted", "refused"


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark with what it is worth: counted, pending while a case is open, or refused."""

    mark: AttendanceMark
    standing: str


@dataclass(frozen=True, slots=True)
class Signed:
    """What the marks of one person in one session say: every mark, and the hours they come to."""

    marks: tuple[Marked, ...]
    hours: int
    is_pending: bool

    @property
    def is_inside(self) -> bool:
        """Return whether the person has signed in and not out again."""
        return bool(self.marks) and self.marks[-1].mark.direction == "in"


def list_marks(session: Session, session_id: int, voucher_id: int | None = None) -> list[Marked]:
    """Return the marks of a session in their order, of one voucher where asked."""
    wanted = select(AttendanceMark).where(AttendanceMark.session_id == session_id)
    if voucher_id is not None:
        wanted = wanted.where(AttendanceMark.voucher_id == voucher_id)
    marks = session.scalars(wanted.order_by(AttendanceMark.marked_at, AttendanceMark.id)).all()
    standing = _standing_of(session, [session_id])
    return [Marked(each, standing.get(each.id, GOOD)) for each in marks]


def list_marks_of(session: Session, session_ids: Collection[int]) -> dict[int, list[Marked]]:
    """Return the marks of each of these sessions in their order; sessions without marks are left out."""
    marks = session.scalars(
        select(AttendanceMark)
        .where(AttendanceMark.session_id.in_(sorted(session_ids)))
        .order_by(AttendanceMark.marked_at, AttendanceMark.id)
    ).all()
    standing = _standing_of(session, session_ids)
    found: dict[int, list[Marked]] = {}
    for each in marks:
        found.setdefault(each.session_id, []).append(Marked(each, standing.get(each.id, GOOD)))
    return found


def standing_of(session: Session, mark: AttendanceMark) -> str:
    """Return what one mark is worth now."""
    return _standing_of(session, [mark.session_id]).get(mark.id, GOOD)


def _standing_of(session: Session, session_ids: Collection[int]) -> dict[int, str]:
    """Return what the doubtful marks of sessions are worth; a refusal weighs more than an open case."""
    rows = session.execute(
        select(MarkDoubt.mark_id, AttendanceCase.closed_at, AttendanceCase.outcome)
        .join(AttendanceCase, AttendanceCase.id == MarkDoubt.case_id)
        .where(AttendanceCase.session_id.in_(sorted(session_ids)))
    )
    found: dict[int, str] = {}
    for mark_id, closed_at, outcome in rows:
        said = PENDING if closed_at is None else BAD if outcome == REFUSED else GOOD
        found[mark_id] = max(found.get(mark_id, GOOD), said, key=(GOOD, PENDING, BAD).index)
    return found


def count_standing(session: Session, voucher_id: int) -> int:
    """Return how many marks of a voucher, in any class, were not refused."""
    refused = (
        select(MarkDoubt.mark_id)
        .join(AttendanceCase, AttendanceCase.id == MarkDoubt.case_id)
        .where(AttendanceCase.outcome == REFUSED)
    )
    wanted = select(func.count()).where(
        AttendanceMark.voucher_id == voucher_id, AttendanceMark.id.not_in(refused)
    )
    return session.scalar(wanted) or 0


def order_of(marks: Iterable[Marked]) -> list[Mark]:
    """Return marks as the rules take them, those refused left out."""
    return [Mark(each.mark.direction, each.mark.marked_at) for each in marks if each.standing != BAD]


def sum_up(slot: Slot, hours: int, rules: MarkRules, marks: Sequence[Marked]) -> Signed:
    """Return what one person's marks in a session come to."""
    return Signed(
        tuple(marks),
        hours_present(slot, hours, order_of(marks), rules),
        any(each.standing == PENDING for each in marks),
    )


def read_signed(session: Session, held: ClassSession, rules: MarkRules) -> dict[int, Signed]:
    """Return, by voucher, what everybody who signed in a session comes to."""
    by_voucher: dict[int, list[Marked]] = {}
    for each in list_marks(session, held.id):
        by_voucher.setdefault(each.mark.voucher_id, []).append(each)
    slot = Slot(held.starts_at, held.ends_at)
    return {voucher_id: sum_up(slot, held.hours, rules, marks) for voucher_id, marks in by_voucher.items()}


def list_cases(
    session: Session, regions: Collection[str], *, before_id: int | None = None, limit: int = 20
) -> list[tuple[AttendanceCase, ClassSession, TrainingClass]]:
    """Return the open cases of these regions, the newest first."""
    wanted = (
        select(AttendanceCase, ClassSession, TrainingClass)
        .join(ClassSession, ClassSession.id == AttendanceCase.session_id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(AttendanceCase.closed_at.is_(None), TrainingClass.region_code.in_(sorted(regions)))
        .order_by(AttendanceCase.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        wanted = wanted.where(AttendanceCase.id < before_id)
    return [(case, held, found) for case, held, found in session.execute(wanted)]


def count_cases(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many cases of these regions are open, and since when the oldest is."""
    count, oldest = session.execute(
        select(func.count(), func.min(AttendanceCase.opened_at))
        .join(ClassSession, ClassSession.id == AttendanceCase.session_id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(AttendanceCase.closed_at.is_(None), TrainingClass.region_code.in_(sorted(regions)))
    ).one()
    return count, oldest


def list_case_marks(session: Session, case_ids: Collection[int]) -> dict[int, list[AttendanceMark]]:
    """Return the marks each case is about, in their order."""
    rows = session.execute(
        select(MarkDoubt.case_id, AttendanceMark)
        .join(AttendanceMark, AttendanceMark.id == MarkDoubt.mark_id)
        .where(MarkDoubt.case_id.in_(sorted(case_ids)))
        .order_by(AttendanceMark.id)
    )
    found: dict[int, list[AttendanceMark]] = {}
    for case_id, mark in rows:
        found.setdefault(case_id, []).append(mark)
    return found


def list_open_of_class(session: Session, class_id: int) -> list[AttendanceCase]:
    """Return the open cases of a class."""
    return list(
        session.scalars(
            select(AttendanceCase)
            .join(ClassSession, ClassSession.id == AttendanceCase.session_id)
            .where(AttendanceCase.closed_at.is_(None), ClassSession.class_id == class_id)
        )
    )
