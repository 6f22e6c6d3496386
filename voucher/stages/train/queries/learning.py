"""Courses as a worker chooses them, and the worker's own timetable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.registry.catalogue import list_subtree
from voucher.registry.institutions import Institution
from voucher.registry.listing import IN_GOOD_STANDING
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.intakes import ClassIntake
from voucher.stages.train.models.places import Attendance, Enrolment
from voucher.stages.train.pricing import price_class
from voucher.stages.train.queries.classes import ClassView, view_classes
from voucher.stages.train.queries.desk import GOES_ON
from voucher.stages.train.queries.facts import latest_revisions
from voucher.stages.train.reading import SEATED

# how long around a lesson the way to its sign-in is shown; when it opens is a parameter
SIGNING = timedelta(hours=1)
_ON_INTAKE = and_(ClassIntake.class_id == TrainingClass.id, ClassIntake.removed_at.is_(None))


@dataclass(frozen=True, slots=True)
class OpenFilter:
    """What a worker looks for; None asks for nothing. A region stands for everything below it."""

    region_code: str | None = None
    trade_code: str | None = None
    level: int | None = None
    certificate_kind: str | None = None
    mode: str | None = None
    institution_id: int | None = None
    class_id: int | None = None
    # whoever asks: classes opened for named people are shown to those people only
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class OpenClass:
    """A class somebody may still enrol in: in words, when it begins, what a voucher pays and what is left.

    `training_fen` is the training subsidy by today's standards, `own_fen` what a fee above it leaves to pay,
    `by_intake` says that only the people on its intake are taken in.
    """

    view: ClassView
    begins_at: datetime
    training_fen: int
    own_fen: int
    by_intake: bool


@dataclass(frozen=True, slots=True)
class Lesson:
    """One session of somebody's own timetable; hours None where nothing is recorded yet."""

    found: TrainingClass
    held: ClassSession
    voucher_id: int
    voucher_state: str
    hours_attended: int | None

    @property
    def signs_from(self) -> datetime:
        """Return since when its page is at hand; the page itself says when one may sign in."""
        return self.held.starts_at - SIGNING

    @property
    def signs_until(self) -> datetime:
        """Return until when its page is at hand."""
        return self.held.ends_at + SIGNING


def list_open_classes(
    session: Session, at: datetime, on: date, wanted: OpenFilter, *, after_id: int = 0, limit: int = 20
) -> list[OpenClass]:
    """Return the approved classes that have not begun and have a seat left, in the order of their ids.

    Those of institutions no longer in good standing are left out.
    """
    begins = (
        select(ClassSession.class_id, func.min(ClassSession.starts_at).label("at"))
        .group_by(ClassSession.class_id)
        .subquery()
    )
    seated = (
        select(func.count())
        .select_from(Enrolment)
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .where(
            Enrolment.class_id == TrainingClass.id, Enrolment.ended_at.is_(None), Voucher.state.in_(SEATED)
        )
        .scalar_subquery()
    )
    stopped = exists().where(
        Institution.id.in_((TrainingClass.institution_id, TrainingClass.delivering_institution_id)),
        Institution.state.not_in(IN_GOOD_STANDING),
    )
    query = (
        select(TrainingClass, begins.c.at)
        .join(begins, begins.c.class_id == TrainingClass.id)
        .where(
            TrainingClass.state == "approved",
            TrainingClass.id > after_id,
            begins.c.at > at,
            seated < TrainingClass.capacity,
            ~stopped,
        )
        .order_by(TrainingClass.id)
        .limit(limit)
    )
    for column, value in (
        (TrainingClass.trade_code, wanted.trade_code),
        (TrainingClass.level, wanted.level),
        (TrainingClass.certificate_kind, wanted.certificate_kind),
        (TrainingClass.mode, wanted.mode),
        (TrainingClass.institution_id, wanted.institution_id),
        (TrainingClass.id, wanted.class_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.person_id is not None:
        query = query.where(_takes_in(wanted.person_id))
    if wanted.region_code is not None:
        query = query.where(TrainingClass.region_code.in_(list_subtree(session, wanted.region_code)))
    rows = session.execute(query).all()
    views = view_classes(session, [found for found, _ in rows])
    return [
        _open(session, view, begins_at, on, by_intake=view.found.intake_size is not None)
        for view, (_, begins_at) in zip(views, rows, strict=True)
    ]


def _takes_in(person_id: int) -> ColumnElement[bool]:
    """Return the condition that a class has no intake, or this person on it."""
    return or_(
        TrainingClass.intake_size.is_(None), exists().where(_ON_INTAKE, ClassIntake.person_id == person_id)
    )


def list_open_kinds(session: Session) -> list[tuple[str, str]]:
    """Return region and trade of every approved class, each pair once: what there is to choose from."""
    rows = session.execute(
        select(TrainingClass.region_code, TrainingClass.trade_code)
        .where(TrainingClass.state == "approved")
        .distinct()
        .order_by(TrainingClass.region_code, TrainingClass.trade_code)
    )
    return [(region_code, trade_code) for region_code, trade_code in rows]


def _open(session: Session, view: ClassView, begins_at: datetime, on: date, *, by_intake: bool) -> OpenClass:
    training_fen = price_class(session, view.found, SubsidyKind.TRAINING, on).amount_fen
    return OpenClass(view, begins_at, training_fen, max(0, view.found.fee_fen - training_fen), by_intake)


def next_sessions(session: Session, person_id: int, at: datetime, limit: int = 10) -> list[Lesson]:
    """Return the sessions ahead of somebody (and the one going on), over all classes, the nearest first.

    Those of an institution that may not go on are not held.
    """
    return _lessons(session, person_id, at, limit)


def list_stopped_classes(session: Session, person_id: int, at: datetime) -> list[TrainingClass]:
    """Return the classes somebody has lessons ahead in that are not held: an institution was stopped."""
    ahead = exists().where(ClassSession.class_id == TrainingClass.id, ClassSession.ends_at > at)
    query = (
        select(TrainingClass)
        .join(Enrolment, Enrolment.class_id == TrainingClass.id)
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .where(
            Enrolment.person_id == person_id,
            Enrolment.ended_at.is_(None),
            TrainingClass.state != "cancelled",
            Voucher.state.in_(SEATED),
            ~GOES_ON,
            ahead,
        )
        .order_by(TrainingClass.id)
    )
    return list(session.scalars(query))


def list_lessons(session: Session, person_id: int, voucher_id: int) -> list[Lesson]:
    """Return every session of the class one's own voucher is in, in order, with the hours recorded."""
    return [each for each in _lessons(session, person_id, None, None) if each.voucher_id == voucher_id]


def _lessons(session: Session, person_id: int, since: datetime | None, limit: int | None) -> list[Lesson]:
    query = (
        select(TrainingClass, ClassSession, Voucher)
        .join(ClassSession, ClassSession.class_id == TrainingClass.id)
        .join(Enrolment, Enrolment.class_id == TrainingClass.id)
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .where(
            Enrolment.person_id == person_id,
            Enrolment.ended_at.is_(None),
            TrainingClass.state != "cancelled",
        )
        .order_by(ClassSession.starts_at, ClassSession.id)
    )
    if since is not None:
        query = query.where(ClassSession.ends_at > since, Voucher.state.in_(SEATED), GOES_ON)
    if limit is not None:
        query = query.limit(limit)
    rows = session.execute(query).all()
    hours = _hours_by_session(session, [voucher.id for _, _, voucher in rows])
    return [
        Lesson(found, held, voucher.id, voucher.state, hours.get((held.id, voucher.id)))
        for found, held, voucher in rows
    ]


def _hours_by_session(session: Session, voucher_ids: Sequence[int]) -> dict[tuple[int, int], int]:
    latest = latest_revisions(voucher_ids)
    rows = session.execute(
        select(Attendance.session_id, Attendance.voucher_id, Attendance.hours).join(
            latest,
            (latest.c.session_id == Attendance.session_id)
            & (latest.c.voucher_id == Attendance.voucher_id)
            & (latest.c.revision == Attendance.revision),
        )
    )
    return {(session_id, voucher_id): hours for session_id, voucher_id, hours in rows}
