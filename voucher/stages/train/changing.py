"""Changing an approved class's timetable (课程变更): told at once where there is time, else agreed to first.

Only sessions not held yet change; who taught what so far, and who sat in it, stays as it was recorded.
Locks are taken in the order institution, person, voucher, class.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.constraints import CHANGED_MEANWHILE
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.people import Person
from voucher.registry.second_hands import check_second_hand
from voucher.rules.actor import check_role
from voucher.rules.calendar import add_workdays
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.timetables import SOURCE, is_outline_kept, is_told_in_time
from voucher.stages.issue.queries import get_programme
from voucher.stages.train.alterations import (
    Alteration,
    Planned,
    outline_of,
    read_rows,
    rows_of,
)
from voucher.stages.train.change_checks import check_changed, tell_learners
from voucher.stages.train.classes import lock_houses
from voucher.stages.train.enrol import set_certify_by
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.models.timetables import SessionChange, TimetableChange
from voucher.stages.train.reading import (
    OFFICERS,
    SEATED,
    check_why,
    get_own_class,
    load_class,
    reaches_class,
)
from voucher.stages.train.wanted import Addition, Wanted, read_wanted

NOTICE, REVIEW = "change_notice_hours", "change_review_workdays"
CHANGEABLE = ("approved", "running")

NOT_CHANGEABLE = reason(
    "class_not_changeable",
    "班级当前为“{state}”，课程不能变更",
    "准予开班后、结业签字前可以变更；还没有提交的，请直接修改开班申请",
    SOURCE,
    Family.CONFLICT,
)
CHANGE_OPEN = reason(
    "timetable_change_open",
    "这个班级已有一份课程变更等待审核",
    "请等人社部门办结后再提出",
    SOURCE,
    Family.CONFLICT,
)
CHANGE_MISSING = reason(
    "timetable_change_missing",
    "没有找到这份课程变更，或已经办结",
    "请从“课程变更”列表重新选择",
    SOURCE,
    Family.MISSING,
)


def ask_change(
    work: Work, class_id: int, wanted: Sequence[Wanted], why: str, additions: Sequence[Addition] = ()
) -> TimetableChange:
    """Change, add or drop sessions not held yet: at once where there is notice enough, else for the office.

    What leaves hours, days and sites as they were approved is done at once. Raises Refused role_missing,
    class_missing, training_why_missing, class_not_changeable, timetable_change_open, class_session_missing,
    class_session_hours_none, timetable_unchanged, parameter_missing, calendar_year_missing and what
    `check_changed` refuses.
    """
    check_why(why)
    get_own_class(work, class_id)
    found, seated = _lock(work, class_id)
    waiting = select(TimetableChange.id).where(
        TimetableChange.class_id == found.id,
        TimetableChange.due_on.is_not(None),
        TimetableChange.decided_at.is_(None),
    )
    if work.session.scalar(waiting) is not None:
        raise CHANGE_OPEN.refused()
    altered = read_wanted(work, found, wanted, additions)
    check_changed(work, found, altered, seated)
    at_once = _is_done_at_once(work, found, altered)
    asked = TimetableChange(
        class_id=found.id,
        why=why.strip(),
        asked_by_person_id=work.actor.person_id,
        asked_at=work.at,
        reviewed=not at_once,
        due_on=None if at_once else _due_on(work, found),
        applied_at=work.at if at_once else None,
    )
    work.session.add(asked)
    work.session.flush()
    work.session.add_all(rows_of(asked.id, found, altered))
    work.session.flush()
    if at_once:
        _apply(work, asked, found, altered, seated)
    told: dict[str, object] = {"change": asked.id, "sessions": altered.count, "reviewed": asked.reviewed}
    told |= {"added": len(altered.added), "dropped": [each.id for each in altered.dropped]}
    audit.record_one(work, str(Thing.CLASS), found.id, "change_timetable", why=asked.why, **told)
    return asked


def decide_change(work: Work, change_id: int, agreed: bool, opinion: str) -> TimetableChange:
    """Agree to a change, which is done at once and told, or decline it; both say why.

    Raises Refused role_missing, training_why_missing, timetable_change_missing (also for a foreign one),
    second_person_needed, second_person_reset_lately, class_not_changeable, changed_meanwhile and what
    `check_changed` refuses.
    """
    check_role(work.actor, *OFFICERS)
    check_why(opinion)
    asked = work.session.get(TimetableChange, change_id)
    if asked is None or not reaches_class(work.actor, load_class(work.session, asked.class_id)):
        raise CHANGE_MISSING.refused()
    found, seated = _lock(work, asked.class_id, ended=not agreed)
    work.session.refresh(asked, with_for_update=True)
    if not asked.reviewed or asked.decided_at is not None:
        raise CHANGE_MISSING.refused()
    check_second_hand(work, asked.asked_by_person_id)
    asked.agreed, asked.opinion = agreed, opinion.strip()
    asked.decided_at, asked.decided_by_person_id = work.at, work.actor.person_id
    if agreed:
        asked.applied_at = work.at
        altered = _read_asked(work, found, asked)
        check_changed(work, found, altered, seated)
        _apply(work, asked, found, altered, seated)
    work.session.flush()
    told: dict[str, object] = {"change": asked.id, "agreed": agreed}
    audit.record_one(work, str(Thing.CLASS), found.id, "decide_timetable", **told)
    return asked


def _lock(work: Work, class_id: int, *, ended: bool = False) -> tuple[TrainingClass, list[Voucher]]:
    """Return a class that may change, or has ended where that is no matter, and the vouchers seated in it.

    Institutions first, then who sits in it, their vouchers and the class: nobody books or enrols past it.
    """
    lock_houses(work, load_class(work.session, class_id))
    sitting = (
        select(Enrolment.voucher_id)
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .where(Enrolment.class_id == class_id, Enrolment.ended_at.is_(None), Voucher.state.in_(SEATED))
    )
    holders = select(Voucher.holder_person_id).where(Voucher.id.in_(sitting))
    work.session.execute(
        select(Person.id).where(Person.id.in_(holders)).order_by(Person.id).with_for_update(key_share=True)
    ).all()
    seated = lock_vouchers(work, Voucher.id.in_(sitting))
    found = load_class(work.session, class_id, lock=True)
    if len(seated) != len(work.session.scalars(sitting).all()):
        raise CHANGED_MEANWHILE.refused()  # somebody enrolled or left while the class was being locked
    if found.state not in CHANGEABLE and not ended:
        raise NOT_CHANGEABLE.refused(state=STATE_NAMES[Thing.CLASS][found.state])
    return found, seated


def _read_asked(work: Work, found: TrainingClass, asked: TimetableChange) -> Alteration:
    """Return what was asked for, as long as its sessions still are what they were then."""
    rows = work.session.scalars(
        select(SessionChange).where(SessionChange.change_id == asked.id).order_by(SessionChange.id)
    ).all()
    held = work.session.scalars(
        select(ClassSession)
        .where(ClassSession.class_id == found.id)
        .execution_options(populate_existing=True)
    )
    altered = read_rows(found, rows, {each.id: each for each in held})
    if altered is None:
        raise CHANGED_MEANWHILE.refused()
    return altered


def _is_done_at_once(work: Work, found: TrainingClass, altered: Alteration) -> bool:
    session = work.session
    regions = catalogue.list_ancestry(session, found.region_code)
    notice = tables.require_parameter_number(session, NOTICE, work.today, regions)
    kept = is_outline_kept(outline_of(session, found), outline_of(session, found, altered))
    return kept and is_told_in_time(work.at, altered.earliest, notice)


def _due_on(work: Work, found: TrainingClass) -> date:
    session = work.session
    regions = catalogue.list_ancestry(session, found.region_code)
    workdays = tables.require_parameter_number(session, REVIEW, work.today, regions)
    return add_workdays(work.today, workdays, tables.read_calendar(session), count_first=False)


def _apply(
    work: Work,
    asked: TimetableChange,
    found: TrainingClass,
    altered: Alteration,
    seated: Sequence[Voucher],
) -> None:
    """Write the new timetable down and tell everybody who sits in the class."""
    outline = outline_of(work.session, found, altered)
    tell_learners(work, asked.id, found, altered, seated)
    for held in altered.dropped:
        work.session.delete(held)
    for held, planned in altered.moved:
        _write_session(held, found, planned)
    for planned in altered.added:
        added = ClassSession(
            class_id=found.id, position=planned.position, mode=planned.mode, topic=planned.topic
        )
        _write_session(added, found, planned)
        work.session.add(added)
    ended_on = found.ends_on
    found.hours_offline, found.hours_online = outline.hours
    found.starts_on, found.ends_on = outline.starts_on, outline.ends_on
    work.session.flush()
    if found.ends_on != ended_on:
        for voucher in seated:
            set_certify_by(work, voucher, get_programme(work.session, voucher.programme_id), found)
        work.session.flush()


def _write_session(held: ClassSession, found: TrainingClass, planned: Planned) -> None:
    held.starts_at, held.ends_at, held.hours = planned.starts_at, planned.ends_at, planned.hours
    held.teacher = planned.teacher if planned.teacher != found.teacher else None
    held.place = planned.place if planned.place != found.place else None
