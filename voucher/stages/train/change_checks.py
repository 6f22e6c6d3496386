"""What a changed timetable is checked for: everything opening a class was checked for, and who sits in it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.letters import CLASS_CHANGED, CLASS_SESSIONS_CHANGED, Notice, write_to_people
from voucher.registry.listing import check_listed
from voucher.rules.classes import OFFLINE, Slot, check_timetable, may_clash
from voucher.rules.errors import Family, reason
from voucher.rules.timetables import (
    SOURCE,
    TIME_PAST,
    Outline,
    check_addition,
    check_hours_stay,
    check_may_drop,
    check_not_held,
)
from voucher.stages.train.alterations import Alteration, list_planned, outline_of
from voucher.stages.train.bookings import Taught, check_bookings
from voucher.stages.train.classes import check_completion_hours, check_days, check_session_hours
from voucher.stages.train.filed import (
    check_class_scope,
    check_filed_room,
    check_filed_teacher,
    check_houses_licensed,
    houses_of_teachers,
)
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.lessons import Lesson, LessonSegment, Study
from voucher.stages.train.models.marks import AttendanceMark
from voucher.stages.train.models.places import Attendance, Enrolment
from voucher.stages.train.reading import SEATED, format_moment
from voucher.stages.train.subcontracting import check_still_subcontracted

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


def check_changed(work: Work, found: TrainingClass, altered: Alteration, seated: Sequence[Voucher]) -> None:
    """Refuse a change that a new class would be refused for, or that its learners cannot follow.

    Raises Refused class_session_held, class_session_time_past, class_session_kept,
    class_session_addition_wrong, class_hours_with_learners, hours_short, session_outside_class,
    sessions_overlap, session_hours_impossible, day_hours_too_many, institution_not_listed, licence_expired,
    outside_filed_scope, project_not_filed, teacher_not_filed, teacher_not_qualified, room_not_filed,
    room_too_small, class_learners_not_free, voucher_expires_before_new_start and what
    `check_still_subcontracted` refuses.
    """
    session = work.session
    _check_open(work, found, altered)
    planned, outline = list_planned(session, found, altered), outline_of(session, found, altered)
    check_hours_stay(found.hours_planned, sum(outline.hours), len(seated))
    check_completion_hours(session, found, sum(outline.hours))
    check_still_subcontracted(session, found, outline.starts_on, sum(outline.hours))
    slots = [Slot(each.starts_at, each.ends_at) for each in planned]
    check_timetable(outline.starts_on, outline.ends_on, slots)
    new = [(each.position, each.hours, each.starts_at, each.ends_at) for each in altered.planned]
    check_session_hours(session, found, new, work.today)
    if new:
        days = [(each.starts_at, each.hours, each.mode) for each in planned]
        check_days(session, found, days, work.today)
    _check_houses(work, found, outline, altered)
    _check_learners(session, found, outline, altered, seated)


def _check_open(work: Work, found: TrainingClass, altered: Alteration) -> None:
    for held in altered.touched:
        check_not_held(held.position, held.starts_at, work.at, recorded=is_recorded(work.session, held.id))
    left = len(list_planned(work.session, found, altered))
    for held in altered.dropped:
        played = exists().where(Lesson.session_id == held.id)
        check_may_drop(held.position, left, has_lessons=bool(work.session.scalar(select(played))))
    for new in altered.added:
        check_addition(new.mode, found.mode, new.topic, new.hours)
    for new in altered.planned:
        if new.starts_at <= work.at:
            raise TIME_PAST.refused(position=new.position, starts=format_moment(new.starts_at))


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
    work: Work, found: TrainingClass, outline: Outline, altered: Alteration
) -> None:  # fmt: skip
    """Refuse what the institutions of a class may not do then, there or with this teacher."""
    session = work.session
    houses = sorted({found.institution_id, found.delivering_institution_id})
    for institution_id in houses:
        check_listed(session, institution_id, outline.starts_on)
    check_houses_licensed(session, found, outline.starts_on)
    check_class_scope(session, found, outline.starts_on)
    for teacher in sorted({each.teacher for each in altered.planned}):
        check_filed_teacher(session, work.keyring, found, teacher, outline.ends_on)
    for place in sorted({each.place for each in altered.planned if each.mode == OFFLINE}):
        check_filed_room(session, found, place)
    taught = [
        Taught(Slot(each.starts_at, each.ends_at), each.teacher, each.place if each.mode == OFFLINE else "")
        for each in altered.planned
    ]
    check_bookings(session, found, taught, houses, houses_of_teachers(session, work.keyring, found))


def _check_learners(
    session: Session,
    found: TrainingClass,
    outline: Outline,
    altered: Alteration,
    seated: Sequence[Voucher],
) -> None:
    late = [each for each in seated if each.state == "enrolled" and each.redeem_by < outline.starts_on]
    if late:
        raise EXPIRES_BEFORE_NEW_START.refused(starts_on=outline.starts_on.isoformat(), count=len(late))
    slots = [Slot(each.starts_at, each.ends_at) for each in altered.planned]
    if not slots:
        return
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
    work: Work, change_id: int, found: TrainingClass, altered: Alteration, seated: Sequence[Voucher]
) -> None:
    """Send everybody in a class word of its change, where a telephone is on record; not once it is over.

    To be called while the sessions still are as they were.
    """
    template, facts = _word(found, altered)
    until = max([each.ends_at for each in altered.planned] + [each.ends_at for each in altered.touched])
    write_to_people(
        work,
        [
            Notice(f"class_changed:{change_id}:{person_id}", person_id, template, facts, until)
            for person_id in sorted({each.holder_person_id for each in seated})
        ],
    )


def _word(found: TrainingClass, altered: Alteration) -> tuple[str, dict[str, object]]:
    if altered.added or altered.dropped:
        stops = [(each.starts_at, "停") for each in altered.dropped]
        at, deed = min(stops + [(each.starts_at, "加") for each in altered.added])
        return CLASS_SESSIONS_CHANGED, {
            "training": found.name,
            "dropped": len(altered.dropped),
            "added": len(altered.added),
            "moved": len(altered.moved),
            "first": f"{format_moment(at)} {deed}一次课",
        }
    held, planned = min(altered.moved, key=lambda each: each[0].starts_at)
    return CLASS_CHANGED, {
        "training": found.name,
        "count": len(altered.moved),
        "before": format_moment(held.starts_at),
        "after": format_moment(planned.starts_at),
        "place": planned.place,
    }
