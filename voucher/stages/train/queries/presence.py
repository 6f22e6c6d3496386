"""Who is there (到课率): per session of a class, how many came, and what looks wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.rules.attendance import presence_share
from voucher.stages.train.models.classes import ClassSession
from voucher.stages.train.models.marks import TYPED, AttendanceCase
from voucher.stages.train.models.places import Attendance, Enrolment, Redemption
from voucher.stages.train.models.proofs import CoSignature
from voucher.stages.train.queries.marks import PENDING, list_marks


@dataclass(frozen=True, slots=True)
class Presence:
    """One session: people seated, come and inside now; doubtful, typed by staff, written by hand, co-signed.

    `signed_within` is how long it took all of them to sign in, where more than one did.
    """

    expected: int
    came: int
    inside: int
    share_bp: int
    pending: int
    typed: int
    by_hand: int
    open_cases: int
    signed_within: timedelta | None
    is_cosigned: bool


def list_presence(session: Session, sessions: list[ClassSession]) -> dict[int, Presence]:
    """Return what is known now of each session that has marks or hours; the others are left out."""
    found = {each.id: _presence_of(session, each) for each in sessions}
    return {session_id: each for session_id, each in found.items() if each.came}


def _presence_of(session: Session, held: ClassSession) -> Presence:
    marks = list_marks(session, held.id)
    last = {each.mark.voucher_id: each.mark.direction for each in marks}
    moments = [each.mark.marked_at for each in marks if each.mark.direction == "in"]
    by_hand = set(
        session.scalars(
            select(Attendance.voucher_id).where(
                Attendance.session_id == held.id, Attendance.way == "teacher", Attendance.hours > 0
            )
        )
    )
    written = set(
        session.scalars(
            select(Attendance.voucher_id).where(Attendance.session_id == held.id, Attendance.hours > 0)
        )
    )
    came = set(last) | written
    expected = _count_seated(session, held.class_id)
    cases = select(func.count()).where(
        AttendanceCase.session_id == held.id, AttendanceCase.closed_at.is_(None)
    )
    return Presence(
        expected=expected,
        came=len(came),
        inside=sum(direction == "in" for direction in last.values()),
        share_bp=presence_share(len(came), expected),
        pending=len({each.mark.voucher_id for each in marks if each.standing == PENDING}),
        typed=len({each.mark.voucher_id for each in marks if each.mark.way == TYPED}),
        by_hand=len(by_hand),
        open_cases=session.scalar(cases) or 0,
        signed_within=max(moments) - min(moments) if len(moments) > 1 else None,
        is_cosigned=session.get(CoSignature, held.id) is not None,
    )


def _count_seated(session: Session, class_id: int) -> int:
    """Return how many people of a class have been redeemed and not left."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Enrolment)
            .join(Redemption, Redemption.voucher_id == Enrolment.voucher_id)
            .where(
                Enrolment.class_id == class_id,
                Enrolment.ended_at.is_(None),
                Redemption.reversed_at.is_(None),
            )
        )
        or 0
    )
