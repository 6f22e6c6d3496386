"""Marks (签到、签退) of people in sessions, and the cases (核查) that keep doubtful ones from counting."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime

BY_PHONE, SCANNED, TYPED = "class_code", "scanned", "typed"
SHARED_DEVICE, IMPOSSIBLE_SPEED = "shared_device", "impossible_speed"
FAR_AWAY, NO_POSITION = "far_away", "no_position"
COUNTED, REFUSED = "counted", "refused"
OPEN = text("closed_at IS NULL")


class AttendanceMark(Model):
    """Somebody signed in to a session, or out of it: by the own phone, scanned, or typed by staff.

    By phone it names the phone's key and the number of its code, and a digest of the browser it was made in:
    several keys may live in one. Where the policy asks, it says how far from the room it was made, or why it
    does not; the position itself lies apart. Append-only; what is doubtful is said by `MarkDoubt`.
    """

    __tablename__ = "attendance_mark"
    __table_args__ = (
        UniqueConstraint("device_id", "counter"),
        CheckConstraint("direction IN ('in','out')", name="direction"),
        CheckConstraint("way IN ('class_code','scanned','typed')", name="way"),
        CheckConstraint("(device_id IS NULL) = (counter IS NULL)", name="phone"),
        CheckConstraint("way <> 'class_code' OR (device_id IS NOT NULL AND browser IS NOT NULL)", name="own"),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_attendance_mark_holder",
        ),
        Index("ix_attendance_mark_session", "session_id", "voucher_id"),
        Index("ix_attendance_mark_voucher", "voucher_id"),
        Index("ix_attendance_mark_at", "marked_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    session_id: Mapped[int] = mapped_column(Int64, ForeignKey("class_session.id"), nullable=False)
    voucher_id: Mapped[int] = mapped_column(Int64, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    direction: Mapped[str] = mapped_column(Text, nullable=False)
    way: Mapped[str] = mapped_column(Text, nullable=False)
    device_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("device.id"))
    counter: Mapped[int | None] = mapped_column(Int64)
    browser: Mapped[str | None] = mapped_column(Text)
    distance_m: Mapped[int | None] = mapped_column(Int64)
    accuracy_m: Mapped[int | None] = mapped_column(Int64)
    no_position: Mapped[str | None] = mapped_column(Text)
    marked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    marked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


class AttendanceCase(Model):
    """Marks of one session the office looks into (到课核查): pending until closed, counted or refused."""

    __tablename__ = "attendance_case"
    __table_args__ = (
        CheckConstraint("kind IN ('shared_device','impossible_speed','far_away','no_position')", name="kind"),
        CheckConstraint("outcome IN ('counted','refused')", name="outcome"),
        CheckConstraint("(closed_at IS NULL) = (closed_by_person_id IS NULL)", name="closed_by"),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed_with"),
        CheckConstraint("(closed_at IS NULL) = (conclusion IS NULL)", name="concluded"),
        Index("uq_attendance_case_open", "session_id", "kind", unique=True, sqlite_where=OPEN,
              postgresql_where=OPEN),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    session_id: Mapped[int] = mapped_column(Int64, ForeignKey("class_session.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    opened_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_by_person_id: Mapped[int | None] = mapped_column(Int64)
    outcome: Mapped[str | None] = mapped_column(Text)
    conclusion: Mapped[str | None] = mapped_column(Text)


class MarkDoubt(Model):
    """A mark that a case is about; it counts once every case about it was closed as counted."""

    __tablename__ = "mark_doubt"
    __table_args__ = (Index("ix_mark_doubt_case", "case_id"), {"sqlite_strict": True})

    mark_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("attendance_mark.id"), primary_key=True, autoincrement=False
    )
    case_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("attendance_case.id"), primary_key=True, autoincrement=False
    )


translate(
    "uq_attendance_mark_device_id_counter",
    "attendance_mark.device_id, attendance_mark.counter",
    CHANGED_MEANWHILE,
)
translate("uq_attendance_case_open", "attendance_case.session_id, attendance_case.kind", CHANGED_MEANWHILE)
