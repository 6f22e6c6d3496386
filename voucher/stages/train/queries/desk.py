"""What waits at an institution's desk, and at the office for review."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from voucher.ledger.holds import select_held
from voucher.ledger.states import StateEvent
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import SHANGHAI, day_of
from voucher.registry.institutions import Institution
from voucher.registry.listing import IN_GOOD_STANDING, STOPPED
from voucher.rules.lifecycle import Thing
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.marks import AttendanceMark
from voucher.stages.train.models.places import Attendance, Enrolment, Redemption

TAUGHT = ("approved", "running")
OF_CLASS = or_(
    Institution.id == TrainingClass.institution_id, Institution.id == TrainingClass.delivering_institution_id
)
# of a class whose institution may not go on nobody can be scanned
GOES_ON = ~exists().where(OF_CLASS, Institution.state.in_(sorted(STOPPED))).correlate(TrainingClass)
_STEP, _LATER = aliased(StateEvent), aliased(StateEvent)
# `standing.find_stopped`, for many sessions at once: the newest step of an institution until it began
TAUGHT_STOPPED = (
    exists()
    .where(
        OF_CLASS,
        _STEP.thing == str(Thing.INSTITUTION),
        _STEP.object_id == Institution.id,
        _STEP.at <= ClassSession.starts_at,
        _STEP.to_state.in_(sorted(STOPPED)),
        ~exists()
        .where(
            _LATER.thing == _STEP.thing,
            _LATER.object_id == _STEP.object_id,
            _LATER.at <= ClassSession.starts_at,
            _LATER.seq > _STEP.seq,
        )
        .correlate(ClassSession, _STEP),
    )
    .correlate(TrainingClass, ClassSession)
)


@dataclass(frozen=True, slots=True)
class DeskCounters:
    """What waits: classes returned or under review, sessions today, people to scan, sessions to record,
    classes to sign off, reversals to confirm."""

    returned: int
    under_review: int
    sessions_today: int
    to_redeem: int
    to_record: int
    to_sign_off: int
    reversals_asked: int


def taught_by(institution_ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition for the classes these institutions answer for or teach."""
    return or_(
        TrainingClass.institution_id.in_(sorted(institution_ids)),
        TrainingClass.delivering_institution_id.in_(sorted(institution_ids)),
    )


def desk_counters(session: Session, institution_ids: Collection[int], at: datetime) -> DeskCounters:
    """Return what waits at the desk of these institutions at a moment."""
    mine, on = taught_by(institution_ids), day_of(at)
    return DeskCounters(
        returned=_count(session, select(TrainingClass.id).where(mine, TrainingClass.state == "returned")),
        under_review=_count(session, select(TrainingClass.id).where(mine, TrainingClass.state == "filed")),
        sessions_today=len(sessions_on(session, institution_ids, on)),
        to_redeem=_count(session, select_to_redeem(mine, on)),
        to_record=_count(session, select_to_record(mine, at)),
        to_sign_off=_count(session, select_to_sign_off(mine, at)),
        reversals_asked=_count(session, select_reversals(mine).where(first_ends() > at)),
    )


def sessions_on(
    session: Session, institution_ids: Collection[int], on: date
) -> list[tuple[TrainingClass, ClassSession]]:
    """Return the sessions these institutions hold on a day, in order."""
    midnight = datetime.combine(on, time(), SHANGHAI)
    rows = session.execute(
        select(TrainingClass, ClassSession)
        .join(ClassSession, ClassSession.class_id == TrainingClass.id)
        .where(
            taught_by(institution_ids),
            TrainingClass.state.in_(TAUGHT),
            ClassSession.starts_at >= midnight,
            ClassSession.starts_at < midnight + timedelta(days=1),
        )
        .order_by(ClassSession.starts_at, ClassSession.id)
    )
    return [(found, held) for found, held in rows]


def count_to_review(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many classes of these regions wait for review, and when the oldest was drafted."""
    count, oldest = session.execute(
        select(func.count(), func.min(TrainingClass.drafted_at)).where(
            TrainingClass.state == "filed", TrainingClass.region_code.in_(sorted(regions))
        )
    ).one()
    return count, oldest


def _count(session: Session, query: Select[int]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def select_to_redeem(mine: ColumnElement[bool], on: date) -> Select[int]:
    """Return the query for the places of classes under way whose voucher is still to be scanned."""
    return (
        select(Enrolment.id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .where(
            mine,
            TrainingClass.state.in_(TAUGHT),
            TrainingClass.starts_on <= on,
            TrainingClass.ends_on >= on,
            GOES_ON,
            Enrolment.ended_at.is_(None),
            Voucher.state == "enrolled",
        )
    )


def select_to_record(mine: ColumnElement[bool], at: datetime) -> Select[int]:
    """Return the query for the sessions begun in which nobody has been recorded yet.

    What began while an institution of the class was stopped is no hour, then and later.
    """
    return (
        select(ClassSession.id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(
            mine,
            TrainingClass.state == "running",
            ClassSession.starts_at <= at,
            ~TAUGHT_STOPPED,
            ~exists().where(Attendance.session_id == ClassSession.id),
        )
    )


def list_taught_stopped(session: Session, session_ids: Collection[int]) -> set[int]:
    """Return which sessions began, or would begin as things stand, while an institution was stopped."""
    wanted = (
        select(ClassSession.id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(ClassSession.id.in_(sorted(session_ids)), TAUGHT_STOPPED)
    )
    return set(session.scalars(wanted))


def list_taking_in(session: Session, class_ids: Collection[int], on: date) -> set[int]:
    """Return which classes people may still be moved to on a day: not over, their houses in good standing."""
    off = exists().where(OF_CLASS, Institution.state.not_in(IN_GOOD_STANDING)).correlate(TrainingClass)
    wanted = select(TrainingClass.id).where(
        TrainingClass.id.in_(sorted(class_ids)), TrainingClass.ends_on >= on, ~off
    )
    return set(session.scalars(wanted))


def list_unrecorded(
    session: Session, class_id: int, voucher_ids: Collection[int], at: datetime
) -> list[ClassSession]:
    """Return the sessions of a class some of these sat through of whom nothing is written down yet.

    Their hours are lost once they are moved: only what they signed goes along.
    """
    noted = or_(
        *(
            exists()
            .where(each.session_id == ClassSession.id, each.voucher_id == Voucher.id)
            .correlate(ClassSession, Voucher)
            for each in (Attendance, AttendanceMark)
        )
    )
    unwritten = (
        exists()
        .where(
            Enrolment.class_id == ClassSession.class_id,
            Enrolment.ended_at.is_(None),
            Enrolment.enrolled_at < ClassSession.ends_at,
            Voucher.id == Enrolment.voucher_id,
            Voucher.id.in_(sorted(voucher_ids)),
            Voucher.state == "training",
            ~noted,
        )
        .correlate(ClassSession)
    )
    rows = session.scalars(
        select(ClassSession)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(
            TrainingClass.id == class_id,
            ClassSession.mode == "offline",
            ClassSession.starts_at <= at,
            ~TAUGHT_STOPPED,
            unwritten,
        )
        .order_by(ClassSession.starts_at)
    )
    return list(rows)


def select_to_sign_off(mine: ColumnElement[bool], at: datetime) -> Select[int]:
    """Return the query for the running classes whose sessions are all over, and may be signed off.

    Of an institution that may not go on, those it had taught to the end, with somebody the office let go on.
    """
    ahead = exists().where(ClassSession.class_id == TrainingClass.id, ClassSession.ends_at > at)
    cut_short = exists().where(ClassSession.class_id == TrainingClass.id, TAUGHT_STOPPED)
    free = exists().where(
        Enrolment.class_id == TrainingClass.id,
        Enrolment.ended_at.is_(None),
        Voucher.id == Enrolment.voucher_id,
        Voucher.state == "training",
        Voucher.id.not_in(select_held(Thing.VOUCHER)),
    )
    goes_on = or_(GOES_ON, and_(~cut_short.correlate(TrainingClass), free.correlate(TrainingClass)))
    return select(TrainingClass.id).where(mine, TrainingClass.state == "running", goes_on, ~ahead)


def select_reversals(mine: ColumnElement[bool]) -> Select[int]:
    """Return the query for the redemptions somebody asked to take back, at whoever teaches them now."""
    return (
        select(Redemption.id)
        .join(Enrolment, Enrolment.voucher_id == Redemption.voucher_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .where(
            mine,
            Enrolment.ended_at.is_(None),
            Voucher.state == "training",
            Redemption.reversal_asked_at.is_not(None),
            Redemption.reversed_at.is_(None),
        )
    )


def first_ends() -> ScalarSelect[datetime]:
    """Return the query for the end of the first lesson of the class somebody sits in."""
    # the first to be held, whatever its number: sessions move, fall away and are added
    return (
        select(ClassSession.ends_at)
        .where(ClassSession.class_id == Enrolment.class_id)
        .order_by(ClassSession.starts_at)
        .limit(1)
        .correlate(Enrolment)
        .scalar_subquery()
    )
