"""What stands behind hours: the teacher's signature under a session's list, the picture behind a change."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.types import Bytes, Int64, Text, UtcTime
from voucher.stages.train.models.places import Attendance


class CoSignature(Model):
    """A teacher confirmed the list of a session (会签): how many people, and how many hours in all."""

    __tablename__ = "co_signature"
    __table_args__ = (
        CheckConstraint("people >= 0 AND hours >= 0", name="counted"),
        {"sqlite_strict": True},
    )

    session_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("class_session.id"), primary_key=True, autoincrement=False
    )
    people: Mapped[int] = mapped_column(Int64, nullable=False)
    hours: Mapped[int] = mapped_column(Int64, nullable=False)
    signed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    signed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


class AttendanceProof(Model):
    """The photograph or PDF behind hours written by hand (补登、更正), sealed under the attendee's key."""

    __tablename__ = "attendance_proof"
    __table_args__ = (
        CheckConstraint("kind IN ('jpeg','png','pdf')", name="kind"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        {"sqlite_strict": True},
    )

    attendance_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("attendance.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    sha256: Mapped[str] = mapped_column(Text, nullable=False)
    content_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)


def proof_context(sha256: str) -> str:
    """Return what a sealed proof is tied to, so that none stands for another."""
    return f"attendance_proof.content_sealed/{sha256}"


sealed_of_person(
    AttendanceProof.content_sealed,
    lambda _session, row: proof_context(row.sha256),
    lambda person_id: AttendanceProof.attendance_id.in_(
        select(Attendance.id).where(Attendance.person_id == person_id)
    ),
)
translate("pk_co_signature", "co_signature.session_id", CHANGED_MEANWHILE)
