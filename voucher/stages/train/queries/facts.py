"""The facts later stages build on: the hours and the completion of a voucher, session by session."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.stages.train.models.classes import ClassSession
from voucher.stages.train.models.places import Attendance, Completion
from voucher.stages.train.models.proofs import AttendanceProof, CoSignature

LOOKUP_CHUNK = 500


def latest_revisions(voucher_ids: Collection[int]) -> Subquery:
    """Return, per session and voucher, the revision of the attendance that counts."""
    return (
        select(Attendance.session_id, Attendance.voucher_id, func.max(Attendance.revision).label("revision"))
        .where(Attendance.voucher_id.in_(sorted(voucher_ids)))
        .group_by(Attendance.session_id, Attendance.voucher_id)
        .subquery()
    )


def hours_of(
    session: Session,
    voucher_ids: Sequence[int],
    *,
    cosigned_only: bool = False,
    mode: str | None = None,
) -> dict[int, int]:
    """Return the lesson hours each voucher's holder attended, over all its classes; corrections count.

    Where only co-signed sessions count, or those of one mode, the others come to nothing.
    """
    found: dict[int, int] = {}
    ordered = sorted(set(voucher_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        latest = latest_revisions(ordered[start : start + LOOKUP_CHUNK])
        wanted = (
            select(Attendance.voucher_id, func.sum(Attendance.hours))
            .join(
                latest,
                (latest.c.session_id == Attendance.session_id)
                & (latest.c.voucher_id == Attendance.voucher_id)
                & (latest.c.revision == Attendance.revision),
            )
            .group_by(Attendance.voucher_id)
        )
        if cosigned_only:
            wanted = wanted.where(Attendance.session_id.in_(select(CoSignature.session_id)))
        if mode is not None:
            of_mode = select(ClassSession.id).where(ClassSession.mode == mode)
            wanted = wanted.where(Attendance.session_id.in_(of_mode))
        found.update({voucher_id: int(hours) for voucher_id, hours in session.execute(wanted)})
    return found


def hours_by_mode(
    session: Session, voucher_ids: Sequence[int], *, cosigned_only: bool = False
) -> dict[int, tuple[int, int]]:
    """Return the lesson hours of each voucher in rooms and online."""
    online = hours_of(session, voucher_ids, cosigned_only=cosigned_only, mode="online")
    return {
        voucher_id: (hours - online.get(voucher_id, 0), online.get(voucher_id, 0))
        for voucher_id, hours in hours_of(session, voucher_ids, cosigned_only=cosigned_only).items()
    }


def is_cosigned(session: Session, session_id: int) -> bool:
    """Return whether the teacher has signed the list of a session."""
    return session.get(CoSignature, session_id, populate_existing=True) is not None


def attended_by_session(session: Session, session_id: int) -> dict[int, int]:
    """Return the hours that count in a session, by voucher."""
    rows = session.execute(
        select(Attendance.voucher_id, Attendance.hours)
        .where(Attendance.session_id == session_id)
        .order_by(Attendance.revision)
    )
    return dict(rows.all())


def completion_of(session: Session, voucher_id: int) -> Completion | None:
    """Return the sign-off of a voucher, passed or not."""
    return session.scalars(select(Completion).where(Completion.voucher_id == voucher_id)).first()


def completions_of(session: Session, voucher_ids: Sequence[int]) -> dict[int, Completion]:
    """Return the sign-offs of vouchers, passed or not."""
    found: dict[int, Completion] = {}
    ordered = sorted(set(voucher_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        chunk = ordered[start : start + LOOKUP_CHUNK]
        for each in session.scalars(select(Completion).where(Completion.voucher_id.in_(chunk))):
            found[each.voucher_id] = each
    return found


def list_completions(session: Session, class_id: int) -> list[Completion]:
    """Return the sign-offs of a class in the order of its vouchers."""
    return list(
        session.scalars(
            select(Completion).where(Completion.class_id == class_id).order_by(Completion.voucher_id)
        )
    )


def list_proven(session: Session, class_id: int) -> list[tuple[ClassSession, Attendance, str]]:
    """Return what was written by hand with evidence in a class: session, hours, voucher number."""
    rows = session.execute(
        select(ClassSession, Attendance, Voucher)
        .join(Attendance, Attendance.session_id == ClassSession.id)
        .join(AttendanceProof, AttendanceProof.attendance_id == Attendance.id)
        .join(Voucher, Voucher.id == Attendance.voucher_id)
        .where(ClassSession.class_id == class_id)
        .order_by(Attendance.id)
    )
    return [(held, written, voucher.number) for held, written, voucher in rows]


def list_attendance(session: Session, voucher_id: int) -> list[tuple[ClassSession, Attendance]]:
    """Return what was recorded of a voucher, session by session, as it counts now."""
    latest = latest_revisions([voucher_id])
    rows = session.execute(
        select(ClassSession, Attendance)
        .join(Attendance, Attendance.session_id == ClassSession.id)
        .join(
            latest,
            (latest.c.session_id == Attendance.session_id)
            & (latest.c.voucher_id == Attendance.voucher_id)
            & (latest.c.revision == Attendance.revision),
        )
        .order_by(ClassSession.starts_at)
    )
    return [(each, attended) for each, attended in rows]
