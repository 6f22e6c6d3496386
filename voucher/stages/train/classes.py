"""Classes from draft to filing (开班申请), and their cancellation; reviewing is `train.reviewing`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from voucher.ledger import audit, holds, states
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.constraints import CHANGED_MEANWHILE
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.credit import check_credit_of
from voucher.registry.institutions import Institution
from voucher.registry.listing import check_listed
from voucher.rules.actor import ROLE_MISSING, check_role
from voucher.rules.calendar import shanghai_date
from voucher.rules.classes import OFFLINE, check_filing_lead
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing, check_event
from voucher.rules.training import check_class_size, check_day_hours, check_hours_fit, check_hours_planned
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.train.bookings import check_bookings, list_taught
from voucher.stages.train.filed import check_filed, houses_of_teachers
from voucher.stages.train.intake import lock_intake
from voucher.stages.train.intake_checks import check_filed_intake, check_free_intake, list_named
from voucher.stages.train.leave import send_back
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.naming import tell_named
from voucher.stages.train.planning import NewClass, check_plan, read_least_hours
from voucher.stages.train.reading import (
    CLASS_MISSING,
    DESK,
    OFFICERS,
    ROSTER_CHANGED,
    SEATED,
    SOURCE,
    check_why,
    get_own_class,
    list_sessions,
    load_class,
    reaches_class,
)
from voucher.stages.train.subcontracting import ask_to_teach, check_subcontracted
from voucher.stages.train.telling import tell_cancelled

MINUTE = timedelta(minutes=1)
WAITS_FOR_TRANSFER = "班级取消，等待转班"
PLANNED_COLUMNS = (
    "name", "delivering_institution_id", "region_code", "training_kind", "mode", "certificate_kind",
    "trade_code", "level", "hours_offline", "hours_online", "capacity", "fee_fen", "starts_on", "ends_on",
    "place", "teacher", "syllabus",
)  # fmt: skip

CLASS_NOT_EDITABLE = reason(
    "class_not_editable",
    "班级当前为“{state}”，不能修改",
    "只有草稿和退回补正的开班申请可以修改；已提交的，请联系审核人员退回",
    SOURCE,
    Family.CONFLICT,
)
PROMISE_MISSING = reason(
    "promise_missing",
    "没有作出告知承诺",
    "请阅读并勾选告知承诺：班级、人员、学时真实，接受抽查，虚假的退回资金并退出目录清单",
    "【参】霍山 开班告知承诺（DOMAIN 2.4 开班申请）; S2-04p",
)


def draft_class(work: Work, new: NewClass) -> TrainingClass:
    """Write down a class for the actor's institution, to be filed later.

    Raises Refused role_missing and what `check_plan` refuses.
    """
    check_role(work.actor, *DESK)
    if not work.actor.serves(new.institution_id, *DESK):
        raise ROLE_MISSING.refused(needed="主办机构管理员或教务")
    check_plan(work.session, new)
    drafted = TrainingClass(
        institution_id=new.institution_id,
        drafted_by_person_id=work.actor.person_id,
        drafted_at=work.at,
        **states.first_state(Thing.CLASS, "draft"),
    )
    _fill(work, drafted, new)
    work.session.add(drafted)
    work.session.flush()
    _write_sessions(work, drafted, new)
    ask_to_teach(work, drafted, new.subcontract_why)
    states.begin(work, Thing.CLASS, [drafted.id], "draft")
    return drafted


def revise_class(work: Work, class_id: int, new: NewClass) -> TrainingClass:
    """Write a draft or a returned class anew; the institution that answers for it stays.

    Raises Refused role_missing, class_missing, class_not_editable and what `check_plan` refuses.
    """
    found = get_own_class(work, class_id, lock=True)
    if found.institution_id != new.institution_id:
        raise CLASS_MISSING.refused()
    if found.state not in ("draft", "returned"):
        raise CLASS_NOT_EDITABLE.refused(state=STATE_NAMES[Thing.CLASS][found.state])
    check_plan(work.session, new)
    before = _tell_plan(work.session, found)
    _fill(work, found, new)
    for each in list_sessions(work.session, found.id):
        work.session.delete(each)
    work.session.flush()
    _write_sessions(work, found, new)
    is_revised = _tell_plan(work.session, found) != before
    ask_to_teach(work, found, new.subcontract_why, is_revised=is_revised)
    audit.record_one(work, str(Thing.CLASS), found.id, "revise", seq=found.seq)
    return found


def _fill(work: Work, found: TrainingClass, new: NewClass) -> None:
    """Write the plan's own columns; who answers for the class and who drafted it are set once."""
    for name in PLANNED_COLUMNS:
        setattr(found, name, getattr(new, name))
    found.project_id = catalogue.get_project(work.session, new.project_code).id


def _tell_plan(session: Session, found: TrainingClass) -> list[object]:
    """Return everything a plan says, its timetable too, so that two of them can be held side by side."""
    told: list[object] = [found.project_id, *(getattr(found, name) for name in PLANNED_COLUMNS)]
    return told + [
        (each.mode, each.topic, each.starts_at, each.ends_at, each.hours)
        for each in list_sessions(session, found.id)
    ]


def _write_sessions(work: Work, found: TrainingClass, new: NewClass) -> None:
    ordered = sorted(new.sessions, key=lambda each: each.starts_at)
    work.session.add_all(
        ClassSession(
            class_id=found.id,
            position=position,
            mode=each.mode,
            topic=each.topic,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            hours=each.hours,
        )
        for position, each in enumerate(ordered, 1)
    )
    work.session.flush()


def file_class(work: Work, class_id: int, promised: bool) -> TrainingClass:
    """File a class for review (开班申请), with the promise that it is real.

    Raises Refused role_missing, class_missing, event_not_allowed, promise_missing, institution_not_listed,
    hours_short, session_hours_impossible, day_hours_too_many, class_too_large, filed_too_late,
    calendar_year_missing, sessions_overlap, credit_too_low, class_intake_people_booked, changed_meanwhile,
    and what `check_filed`, `check_filed_intake` and `check_subcontracted` refuse.
    """
    found = get_own_class(work, class_id)
    houses = lock_houses(work, found)
    people = lock_intake(work, class_id)
    found = load_class(work.session, class_id, lock=True)
    check_event(Thing.CLASS, found.state, "file")
    named = list_named(work.session, class_id)
    if named != people:
        raise CHANGED_MEANWHILE.refused()  # somebody was put on while the class was being locked
    if not promised:
        raise PROMISE_MISSING.refused()
    for institution_id in houses:
        check_listed(work.session, institution_id, found.starts_on)
    check_credit_of(work.session, found.institution_id, work.today)
    check_subcontracted(work.session, found)
    check_filed(work.session, work.keyring, found)
    _check_limits(work, found)
    check_filed_intake(work, found)
    check_free_intake(work.session, found, named)
    elsewhere = houses_of_teachers(work.session, work.keyring, found)
    check_bookings(work.session, found, list_taught(work.session, found), houses, elsewhere)
    states.move(work, TrainingClass, [found], "file", content={found.id: {"promised": True}})
    tell_named(work, found, named)
    return found


def lock_houses(work: Work, found: TrainingClass) -> list[int]:
    """Lock the institutions of a class and return them.

    One booking at a time per institution, or two classes are booked on one teacher.
    """
    houses = sorted({found.institution_id, found.delivering_institution_id})
    work.session.execute(
        select(Institution.id)
        .where(Institution.id.in_(houses))
        .order_by(Institution.id)
        .with_for_update(key_share=True)
    ).all()
    return houses


def _check_limits(work: Work, found: TrainingClass) -> None:
    session = work.session
    regions = catalogue.list_ancestry(session, found.region_code)
    check_completion_hours(session, found, found.hours_planned)
    largest = tables.read_parameter_number(session, "class_size", found.starts_on, regions)
    if largest is not None:
        check_class_size(found.capacity, largest)
    held = list_sessions(session, found.id)
    timed = [(each.position, each.hours, each.starts_at, each.ends_at) for each in held]
    check_session_hours(session, found, timed, work.today)
    check_days(session, found, [(each.starts_at, each.hours, each.mode) for each in held], work.today)
    lead = tables.read_parameter_number(session, "filing_lead_workdays", work.today, regions)
    check_filing_lead(work.today, found.starts_on, lead, tables.read_calendar(session))


def check_session_hours(
    session: Session, found: TrainingClass, planned: Iterable[tuple[int, int, datetime, datetime]], on: date
) -> None:
    """Refuse a session (number, hours, from, until) with more lesson hours than its time holds.

    Raises Refused session_hours_impossible, parameter_missing.
    """
    regions = catalogue.list_ancestry(session, found.region_code)
    lesson = tables.require_parameter_number(session, "lesson_minutes", on, regions)
    for position, hours, starts_at, ends_at in planned:
        check_hours_fit(position, hours, (ends_at - starts_at) // MINUTE, lesson)


def check_days(
    session: Session, found: TrainingClass, planned: Iterable[tuple[datetime, int, str]], on: date
) -> None:
    """Refuse a day in the room with more lesson hours than a day may have; online is any time.

    Each session is told by when it begins, its hours and its mode. Raises Refused day_hours_too_many,
    parameter_missing.
    """
    regions = catalogue.list_ancestry(session, found.region_code)
    most = tables.read_parameter_number(session, "class_day_hours_most", on, regions)
    check_day_hours(((shanghai_date(at), hours) for at, hours, mode in planned if mode == OFFLINE), most)


def check_completion_hours(session: Session, found: TrainingClass, hours: int) -> None:
    """Refuse fewer planned hours than a certificate of completion takes. Raises Refused hours_short."""
    if found.certificate_kind == CertificateKind.TRAINING_COMPLETION:
        least = read_least_hours(session, found.training_kind, found.region_code, found.starts_on)
        check_hours_planned(hours, least)


def cancel_class(work: Work, class_id: int, why: str) -> TrainingClass:
    """Cancel a class: before it begins by its institution or the office, afterwards by the office only.

    Whoever is enrolled leaves it; whoever has been redeemed, or is in a running class, waits on hold for
    another class. Raises Refused role_missing, class_missing, event_not_allowed, training_why_missing,
    class_roster_changed.
    """
    check_role(work.actor, *DESK, *OFFICERS)
    check_why(why)
    vouchers = lock_vouchers(work, Voucher.id.in_(_seated(class_id)), Voucher.state.in_(SEATED))
    found = load_class(work.session, class_id, lock=True)
    by_office = reaches_class(work.actor, found)
    if not by_office and not work.actor.serves(found.institution_id, *DESK):
        raise CLASS_MISSING.refused()
    if found.state == "running" and not by_office:
        check_role(work.actor, *OFFICERS)
    check_event(Thing.CLASS, found.state, "cancel")
    if len(vouchers) != len(work.session.scalars(_seated(class_id)).all()):
        raise ROSTER_CHANGED.refused()  # somebody enrolled while the class was being locked
    leaving = [each for each in vouchers if each.state == "enrolled" and found.state != "running"]
    for each in vouchers:
        if each not in leaving:
            holds.open_hold(work, Thing.VOUCHER, each.id, WAITS_FOR_TRANSFER)
    send_back(work, leaving, why)
    states.move(work, TrainingClass, [found], "cancel", reason=why)
    tell_cancelled(work, found, vouchers, leaving)
    return found


def _seated(class_id: int) -> Select[int]:
    """Return the query for the vouchers that sit in a class."""
    return (
        select(Enrolment.voucher_id)
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .where(Enrolment.class_id == class_id, Enrolment.ended_at.is_(None), Voucher.state.in_(SEATED))
    )
