"""What an institution has to do, one by one: people to scan, sessions to record, classes to sign off."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.states import StateEvent
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry.institutions import Institution
from voucher.registry.listing import STOPPED
from voucher.registry.people import Named, read_people
from voucher.registry.users import UserAccount
from voucher.rules.lifecycle import Thing
from voucher.rules.privacy import mask_name
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.places import Attendance, Enrolment, Redemption
from voucher.stages.train.models.proofs import AttendanceProof
from voucher.stages.train.queries.desk import (
    GOES_ON,
    OF_CLASS,
    TAUGHT,
    first_ends,
    select_reversals,
    select_to_record,
    select_to_sign_off,
    taught_by,
)
from voucher.stages.train.queries.facts import latest_revisions
from voucher.stages.train.queries.roster import ERASED_NAME

LISTED_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class ReturnedClass:
    """A class the office sent back, with everything it said was missing."""

    found: TrainingClass
    why: str
    returned_at: datetime


@dataclass(frozen=True, slots=True)
class Reversal:
    """A redemption that may still be taken back, or that somebody asked to take back."""

    redemption_id: int
    class_id: int
    class_name: str
    voucher_number: str
    masked_name: str
    redeemed_at: datetime
    redeemed_by: str
    asked_at: datetime | None
    asked_by: str | None
    asked_by_person_id: int | None
    why: str | None
    first_ends_at: datetime


@dataclass(frozen=True, slots=True)
class Attended:
    """What counts for one person in one session, and by which way it was written."""

    hours: int
    is_corrected: bool
    why: str | None
    recorded_at: datetime
    way: str
    id: int
    has_proof: bool


def list_under_way(session: Session, institution_ids: Collection[int], on: date) -> list[TrainingClass]:
    """Return the classes in which vouchers may be redeemed on a day, the one that began last first."""
    wanted = (
        select(TrainingClass)
        .where(
            taught_by(institution_ids),
            TrainingClass.state.in_(TAUGHT),
            TrainingClass.starts_on <= on,
            TrainingClass.ends_on >= on,
            GOES_ON,
        )
        .order_by(TrainingClass.starts_on.desc(), TrainingClass.id)
        .limit(LISTED_AT_MOST)
    )
    return list(session.scalars(wanted))


def list_stopped(session: Session, institution_ids: Collection[int], on: date) -> list[Institution]:
    """Return which of these institutions, or of those they teach with on a day, may not go on."""
    taught_with = (
        select(TrainingClass.id)
        .where(
            taught_by(institution_ids),
            OF_CLASS,
            TrainingClass.state.in_(TAUGHT),
            TrainingClass.starts_on <= on,
            TrainingClass.ends_on >= on,
        )
        .correlate(Institution)
        .exists()
    )
    own = Institution.id.in_(sorted(institution_ids))
    wanted = select(Institution).where(Institution.state.in_(sorted(STOPPED)), or_(own, taught_with))
    return list(session.scalars(wanted.order_by(Institution.id)))


def is_stopped(session: Session, found: TrainingClass) -> bool:
    """Return whether an institution of a class may not go on."""
    goes_on = select(TrainingClass.id).where(TrainingClass.id == found.id, GOES_ON)
    return session.scalar(goes_on) is None


def is_signable(session: Session, found: TrainingClass, at: datetime) -> bool:
    """Return whether a class is over, and whoever answers for it may sign it off now."""
    due = select_to_sign_off(TrainingClass.id == found.id, at)
    return session.scalar(due) is not None


def list_returned(session: Session, institution_ids: Collection[int]) -> list[ReturnedClass]:
    """Return the classes sent back, the newest first."""
    classes = session.scalars(
        select(TrainingClass)
        .where(taught_by(institution_ids), TrainingClass.state == "returned")
        .order_by(TrainingClass.id.desc())
        .limit(LISTED_AT_MOST)
    ).all()
    said = {
        event.object_id: event
        for event in session.scalars(
            select(StateEvent)
            .where(
                StateEvent.thing == str(Thing.CLASS),
                StateEvent.object_id.in_([each.id for each in classes]),
                StateEvent.event == "return",
            )
            .order_by(StateEvent.seq)
        )
    }
    return [ReturnedClass(each, said[each.id].reason or "", said[each.id].at) for each in classes]


def list_to_record(
    session: Session, institution_ids: Collection[int], at: datetime
) -> list[tuple[TrainingClass, ClassSession]]:
    """Return the sessions begun in which nobody has been recorded yet, the oldest first."""
    rows = session.execute(
        select(TrainingClass, ClassSession)
        .join(ClassSession, ClassSession.class_id == TrainingClass.id)
        .where(ClassSession.id.in_(select_to_record(taught_by(institution_ids), at)))
        .order_by(ClassSession.starts_at, ClassSession.id)
        .limit(LISTED_AT_MOST)
    )
    return [(found, held) for found, held in rows]


def list_to_sign_off(session: Session, institution_ids: Collection[int], at: datetime) -> list[TrainingClass]:
    """Return the running classes whose sessions are all over, the one that ended first before the others."""
    mine = TrainingClass.institution_id.in_(sorted(institution_ids))
    wanted = (
        select(TrainingClass)
        .where(TrainingClass.id.in_(select_to_sign_off(mine, at)))
        .order_by(TrainingClass.ends_on, TrainingClass.id)
        .limit(LISTED_AT_MOST)
    )
    return list(session.scalars(wanted))


def list_reversals(session: Session, keyring: Keyring, institution_ids: Collection[int]) -> list[Reversal]:
    """Return the redemptions somebody asked to take back, the first asked first."""
    asked = Redemption.id.in_(select_reversals(taught_by(institution_ids)))
    return _reversals(session, keyring, asked)


def list_reversible(
    session: Session, keyring: Keyring, institution_ids: Collection[int], at: datetime
) -> list[Reversal]:
    """Return the redemptions that may still be asked to be taken back: the first lesson is not over."""
    fresh = (
        select(Redemption.id)
        .join(Enrolment, Enrolment.voucher_id == Redemption.voucher_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .where(
            taught_by(institution_ids),
            Enrolment.ended_at.is_(None),
            TrainingClass.state.in_(TAUGHT),
            first_ends() > at,
            Voucher.state == "training",
            Redemption.reversal_asked_at.is_(None),
        )
        .order_by(Redemption.id.desc())
        .limit(LISTED_AT_MOST)
    )
    return _reversals(session, keyring, Redemption.id.in_(fresh))


def _reversals(session: Session, keyring: Keyring, condition: ColumnElement[bool]) -> list[Reversal]:
    rows = session.execute(
        select(Redemption, TrainingClass.name, Voucher, first_ends())
        .join(TrainingClass, TrainingClass.id == Redemption.class_id)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .join(Enrolment, Enrolment.voucher_id == Redemption.voucher_id)
        .where(condition, Redemption.reversed_at.is_(None), Enrolment.ended_at.is_(None))
        .order_by(Redemption.reversal_asked_at, Redemption.id)
    ).all()
    named = read_people(session, keyring, [each.person_id for each, *_ in rows])
    hands = _name_hands(session, [each for each, *_ in rows])
    return [
        Reversal(
            redemption_id=each.id,
            class_id=each.class_id,
            class_name=class_name,
            voucher_number=voucher.number,
            masked_name=_mask(named.get(each.person_id)),
            redeemed_at=each.redeemed_at,
            redeemed_by=hands.get(each.redeemed_by_person_id, ""),
            asked_at=each.reversal_asked_at,
            asked_by=hands.get(each.reversal_asked_by_person_id or 0),
            asked_by_person_id=each.reversal_asked_by_person_id,
            why=each.reversal_reason,
            first_ends_at=first_ends_at,
        )
        for each, class_name, voucher, first_ends_at in rows
    ]


def _mask(who: Named | None) -> str:
    return mask_name(who.name) if who else ERASED_NAME


def _name_hands(session: Session, redemptions: Sequence[Redemption]) -> dict[int, str]:
    ids = {each.redeemed_by_person_id for each in redemptions}
    ids |= {each.reversal_asked_by_person_id or 0 for each in redemptions}
    rows = session.execute(
        select(UserAccount.person_id, UserAccount.display_name)
        .where(UserAccount.person_id.in_(sorted(ids)))
        .order_by(UserAccount.id.desc())
    )
    return dict(rows.all())


def attended_in(session: Session, session_id: int, voucher_ids: Collection[int]) -> dict[int, Attended]:
    """Return what counts for each voucher in one session; those not recorded yet are left out."""
    latest = latest_revisions(voucher_ids)
    proven = set(
        session.scalars(
            select(AttendanceProof.attendance_id)
            .join(Attendance, Attendance.id == AttendanceProof.attendance_id)
            .where(Attendance.session_id == session_id)
        )
    )
    rows = session.scalars(
        select(Attendance)
        .join(
            latest,
            (latest.c.session_id == Attendance.session_id)
            & (latest.c.voucher_id == Attendance.voucher_id)
            & (latest.c.revision == Attendance.revision),
        )
        .where(Attendance.session_id == session_id)
    )
    return {
        each.voucher_id: Attended(
            each.hours, each.revision > 1, each.why, each.recorded_at, each.way, each.id, each.id in proven
        )
        for each in rows
    }


def count_recorded(session: Session, class_id: int) -> dict[int, int]:
    """Return, per session of a class, how many people have been recorded."""
    rows = session.execute(
        select(Attendance.session_id, func.count(func.distinct(Attendance.voucher_id)))
        .join(ClassSession, ClassSession.id == Attendance.session_id)
        .where(ClassSession.class_id == class_id)
        .group_by(Attendance.session_id)
    )
    return dict(rows.all())
