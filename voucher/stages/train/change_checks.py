"""What a changed timetable is checked for: everything opening a class was checked for, and who sits in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.letters import CLASS_CHANGED, Notice, write_to_people
from voucher.registry.listing import check_listed
from voucher.rules.calendar import shanghai_date
from voucher.rules.classes import OFFLINE, Slot, check_timetable, may_clash
from voucher.rules.errors import Family, reason
from voucher.rules.timetables import SOURCE, TIME_PAST, Outline, check_hours_stay, check_not_held
from voucher.stages.train.bookings import Taught, check_bookings
from voucher.stages.train.classes import check_completion_hours
from voucher.stages.train.filed import (
    check_class_scope,
    check_filed_room,
    check_filed_teacher,
    check_houses_licensed,
    houses_of_teachers,
    read_site,
)
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.lessons import Lesson, LessonSegment, Study
from voucher.stages.train.models.marks import AttendanceMark
from voucher.stages.train.models.places import Attendance, Enrolment
from voucher.stages.train.reading import SEATED, format_moment, list_sessions, place_of, teacher_of

LEARNERS_NOT_FREE = reason(
    "class_learners_not_free",
    "改到的时间，本班有 {count} 名学员在其他班级上课（{at}）",
    "请改到学员都有空的时间，或先为他们办理转班、退班",
    SOURCE,
    Family.CONFLICT,
)
EXPIRES_BEFORE_NEW_START = reason(
    "voucher_expires_before_new_start",
    "开班日期改到 {starts_on}，本班有 {count} 张券在此之前到核销截止日",
    "请在截止日前开班，或先为这些学员办理转班、退班",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Changed:
    """A session and what it is to be."""

    held: ClassSession
    starts_at: datetime
    ends_at: datetime
    hours: int
    teacher: str
    place: str

    @classmethod
    def unchanged(cls, found: TrainingClass, held: ClassSession) -> Changed:
        """Return a session as it stands."""
        return cls(
            held, held.starts_at, held.ends_at, held.hours, teacher_of(found, held), place_of(found, held)
        )


def list_planned(session: Session, found: TrainingClass, changed: Sequence[Changed] = ()) -> list[Changed]:
    """Return every session of a class as it is to be."""
    new = {each.held.id: each for each in changed}
    planned = [
        new.get(held.id) or Changed.unchanged(found, held) for held in list_sessions(session, found.id)
    ]
    return sorted(planned, key=lambda each: each.starts_at)


def outline_of(session: Session, found: TrainingClass, changed: Sequence[Changed] = ()) -> Outline:
    """Return hours, days and sites of a class, as they stand or as a change leaves them.

    The first and the last day follow their session where that moves to another day.
    """
    former, planned = list_planned(session, found), list_planned(session, found, changed)
    starts_on, ends_on = found.starts_on, found.ends_on
    first, last = shanghai_date(planned[0].starts_at), max(shanghai_date(each.ends_at) for each in planned)
    if first != shanghai_date(former[0].starts_at):
        starts_on = first
    if last != max(shanghai_date(each.ends_at) for each in former):
        ends_on = last
    offline = sum(each.hours for each in planned if each.held.mode == OFFLINE)
    hours = (offline, sum(each.hours for each in planned) - offline)
    places = {found.place} if not changed else set()
    places |= {each.place for each in planned if each.held.mode == OFFLINE}
    return Outline(hours, starts_on, ends_on, frozenset(read_site(session, found, each) for each in places))


def check_changed(
    work: Work, found: TrainingClass, changed: Sequence[Changed], seated: Sequence[Voucher]
) -> None:
    """Refuse a change that a new class would be refused for, or that its learners cannot follow.

    Raises Refused class_session_held, class_session_time_past, class_hours_with_learners, hours_short,
    session_outside_class, sessions_overlap, institution_not_listed, licence_expired, outside_filed_scope,
    project_not_filed, teacher_not_filed, teacher_not_qualified, room_not_filed, room_too_small,
    class_learners_not_free, voucher_expires_before_new_start.
    """
    session = work.session
    _check_open(work, changed)
    planned, outline = list_planned(session, found, changed), outline_of(session, found, changed)
    check_hours_stay(found.hours_planned, sum(outline.hours), len(seated))
    check_completion_hours(session, found, sum(outline.hours))
    slots = [Slot(each.starts_at, each.ends_at) for each in planned]
    check_timetable(outline.starts_on, outline.ends_on, slots)
    _check_houses(work, found, outline, changed)
    _check_learners(session, found, outline, changed, seated)


def _check_open(work: Work, changed: Sequence[Changed]) -> None:
    for each in changed:
        recorded = is_recorded(work.session, each.held.id)
        check_not_held(each.held.position, each.held.starts_at, work.at, recorded=recorded)
        if each.starts_at <= work.at:
            raise TIME_PAST.refused(position=each.held.position, starts=format_moment(each.starts_at))


def is_recorded(session: Session, session_id: int) -> bool:
    """Return whether anybody signed in to a session, has hours in it, or studied for it."""
    studied = (
        exists()
        .where(Study.segment_id == LessonSegment.id)
        .where(LessonSegment.lesson_id == Lesson.id, Lesson.session_id == session_id)
    )
    known = (
        exists().where(Attendance.session_id == session_id),
        exists().where(AttendanceMark.session_id == session_id),
        studied,
    )
    return any(session.scalar(select(each)) for each in known)


def _check_houses(
    work: Work, found: TrainingClass, outline: Outline, changed: Sequence[Changed]
) -> None:  # fmt: skip
    """Refuse what the institutions of a class may not do then, there or with this teacher."""
    session = work.session
    houses = sorted({found.institution_id, found.delivering_institution_id})
    for institution_id in houses:
        check_listed(session, institution_id, outline.starts_on)
    check_houses_licensed(session, found, outline.starts_on)
    check_class_scope(session, found, outline.starts_on)
    for teacher in sorted({each.teacher for each in changed}):
        check_filed_teacher(session, work.keyring, found, teacher, outline.ends_on)
    for place in sorted({each.place for each in changed if each.held.mode == OFFLINE}):
        check_filed_room(session, found, place)
    taught = [
        Taught(
            Slot(each.starts_at, each.ends_at), each.teacher, each.place if each.held.mode == OFFLINE else ""
        )
        for each in changed
    ]
    check_bookings(session, found, taught, houses, houses_of_teachers(session, work.keyring, found))


def _check_learners(
    session: Session,
    found: TrainingClass,
    outline: Outline,
    changed: Sequence[Changed],
    seated: Sequence[Voucher],
) -> None:
    late = [each for each in seated if each.state == "enrolled" and each.redeem_by < outline.starts_on]
    if late:
        raise EXPIRES_BEFORE_NEW_START.refused(starts_on=outline.starts_on.isoformat(), count=len(late))
    slots = [Slot(each.starts_at, each.ends_at) for each in changed]
    rows = session.execute(
        select(Enrolment.person_id, ClassSession.starts_at, ClassSession.ends_at)
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(ClassSession, ClassSession.class_id == TrainingClass.id)
        .where(
            Enrolment.person_id.in_(sorted({each.holder_person_id for each in seated})),
            Enrolment.class_id != found.id,
            Enrolment.ended_at.is_(None),
            Voucher.state.in_(SEATED),
            TrainingClass.state.in_(("approved", "running")),
            ClassSession.ends_at > min(each.starts_at for each in slots),
            ClassSession.starts_at < max(each.ends_at for each in slots),
        )
        .order_by(ClassSession.starts_at)
    ).all()
    busy = [
        (person_id, starts_at)
        for person_id, starts_at, ends_at in rows
        if any(may_clash(Slot(starts_at, ends_at), each) for each in slots)
    ]
    if busy:
        people = {person_id for person_id, _ in busy}
        raise LEARNERS_NOT_FREE.refused(count=len(people), at=format_moment(busy[0][1]))


def tell_learners(
    work: Work,
    change_id: int,
    found: TrainingClass,
    changed: Sequence[Changed],
    before: Mapping[int, datetime],
    seated: Sequence[Voucher],
) -> None:
    """Send everybody in a class word of its change, where a telephone is on record; not once it is over."""
    first = min(changed, key=lambda each: before[each.held.id])
    facts = {
        "training": found.name,
        "count": len(changed),
        "before": format_moment(before[first.held.id]),
        "after": format_moment(first.starts_at),
        "place": first.place,
    }
    until = max(each.ends_at for each in changed)
    write_to_people(
        work,
        [
            Notice(f"class_changed:{change_id}:{person_id}", person_id, CLASS_CHANGED, facts, until)
            for person_id in sorted({each.holder_person_id for each in seated})
        ],
    )
