"""Who is there (到课率): per session of a class, how many came, and what looks wrong."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.rules.attendance import presence_share
from voucher.stages.train.models.classes import ClassSession
from voucher.stages.train.models.marks import TYPED, AttendanceCase
from voucher.stages.train.models.places import Attendance, Enrolment, Redemption
from voucher.stages.train.models.proofs import CoSignature
from voucher.stages.train.queries.marks import PENDING, list_marks_of


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


def list_presence(session: Session, sessions: Sequence[ClassSession]) -> dict[int, Presence]:
    """Return what is known now of each session that has marks or hours; the others are left out."""
    ids = sorted(each.id for each in sessions)
    marks, written = list_marks_of(session, ids), _list_written(session, ids)
    seated = _count_seated(session, {each.class_id for each in sessions})
    cases = _count_open_cases(session, ids)
    signed = set(
        session.scalars(select(CoSignature.session_id).where(CoSignature.session_id.in_(ids)))
    )  # fmt: skip
    found = {}
    for each in sessions:
        mine, lists = marks.get(each.id, []), written.get(each.id, [])
        last = {marked.mark.voucher_id: marked.mark.direction for marked in mine}
        moments = [marked.mark.marked_at for marked in mine if marked.mark.direction == "in"]
        # the newest word counts, and who was corrected to nothing was not there
        there = {row.voucher_id for row in lists if row.hours > 0}
        gone = {row.voucher_id for row in lists if row.way == "correction"} - there
        came = set(last) - gone | there
        if not came:
            continue
        expected = seated.get(each.class_id, 0)
        found[each.id] = Presence(
            expected=expected,
            came=len(came),
            inside=sum(direction == "in" for direction in last.values()),
            share_bp=presence_share(len(came), expected),
            pending=len({marked.mark.voucher_id for marked in mine if marked.standing == PENDING}),
            typed=len({marked.mark.voucher_id for marked in mine if marked.mark.way == TYPED}),
            by_hand=sum(row.way == "teacher" and row.hours > 0 for row in lists),
            open_cases=cases.get(each.id, 0),
            signed_within=max(moments) - min(moments) if len(moments) > 1 else None,
            is_cosigned=each.id in signed,
        )
    return found


def _list_written(session: Session, session_ids: Sequence[int]) -> dict[int, list[Attendance]]:
    """Return, by session, the hours written down for each person, those in force."""
    newest: dict[tuple[int, int], Attendance] = {}
    for each in session.scalars(
        select(Attendance).where(Attendance.session_id.in_(session_ids)).order_by(Attendance.revision)
    ):
        newest[each.session_id, each.voucher_id] = each
    found: dict[int, list[Attendance]] = {}
    for each in newest.values():
        found.setdefault(each.session_id, []).append(each)
    return found


def _count_open_cases(session: Session, session_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        select(AttendanceCase.session_id, func.count())
        .where(AttendanceCase.session_id.in_(session_ids), AttendanceCase.closed_at.is_(None))
        .group_by(AttendanceCase.session_id)
    )
    return dict(rows.all())


def _count_seated(session: Session, class_ids: Collection[int]) -> dict[int, int]:
    """Return how many people of each class have been redeemed and not left."""
    rows = session.execute(
        select(Enrolment.class_id, func.count())
        .join(Redemption, Redemption.voucher_id == Enrolment.voucher_id)
        .where(
            Enrolment.class_id.in_(sorted(class_ids)),
            Enrolment.ended_at.is_(None),
            Redemption.reversed_at.is_(None),
        )
        .group_by(Enrolment.class_id)
    )
    return dict(rows.all())
