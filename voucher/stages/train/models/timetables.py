"""Changes of an approved class's timetable (课程变更): who asked, what sessions were and are to be."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Text, UtcTime

WAITING = text("reviewed = 1 AND decided_at IS NULL")


class TimetableChange(Model):
    """What an institution changes of sessions not held yet: done at once, or once the office agreed.

    `reviewed` says whether the office decides, until `due_on`; `applied_at` when the timetable followed.
    """

    __tablename__ = "timetable_change"
    __table_args__ = (
        CheckConstraint("(reviewed = 1) = (due_on IS NOT NULL)", name="due"),
        CheckConstraint("reviewed = 1 OR applied_at IS NOT NULL", name="filed_at_once"),
        CheckConstraint("reviewed = 1 OR decided_at IS NULL", name="reviewed"),
        CheckConstraint(
            "reviewed = 0 OR (applied_at IS NOT NULL) = (agreed IS NOT NULL AND agreed = 1)",
            name="agreed_first",
        ),
        CheckConstraint("decided_by_person_id <> asked_by_person_id", name="two_people"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_person_id IS NULL)", name="decided_by"),
        CheckConstraint("(decided_at IS NULL) = (agreed IS NULL)", name="agreed"),
        CheckConstraint("(decided_at IS NULL) = (opinion IS NULL)", name="opinion"),
        Index("uq_timetable_change_open", "class_id", unique=True, sqlite_where=WAITING,
              postgresql_where=WAITING),
        Index("ix_timetable_change_class", "class_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    reviewed: Mapped[bool] = mapped_column(Flag, nullable=False)
    due_on: Mapped[date | None] = mapped_column(Day)
    agreed: Mapped[bool | None] = mapped_column(Flag)
    opinion: Mapped[str | None] = mapped_column(Text)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcTime)


# what is known of a session: of one to be added nothing stood before, of one to fall away nothing follows
SIDES = ("starts_at", "ends_at", "hours", "teacher", "place")
FORMER = " AND ".join(f"former_{name} IS NOT NULL" for name in SIDES)
NO_FORMER = " AND ".join(f"former_{name} IS NULL" for name in SIDES)
NEW, NO_NEW = FORMER.replace("former_", ""), NO_FORMER.replace("former_", "")


class SessionChange(Model):
    """One session as it was and as it is to be, added (`add`) or fallen away (`drop`); the row never changes.

    `session_id` has no foreign key: what fell away is in this row only.
    """

    __tablename__ = "session_change"
    __table_args__ = (
        UniqueConstraint("change_id", "session_id"),
        UniqueConstraint("change_id", "position"),
        CheckConstraint("kind IN ('change','add','drop')", name="kind"),
        CheckConstraint("(kind = 'add') = (session_id IS NULL)", name="session"),
        CheckConstraint(f"CASE kind WHEN 'add' THEN {NO_FORMER} ELSE {FORMER} END", name="former"),
        CheckConstraint(f"CASE kind WHEN 'drop' THEN {NO_NEW} ELSE {NEW} END", name="new"),
        CheckConstraint("ends_at > starts_at", name="moments"),
        CheckConstraint("hours > 0", name="hours"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    change_id: Mapped[int] = mapped_column(Int64, ForeignKey("timetable_change.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    session_id: Mapped[int | None] = mapped_column(Int64)
    position: Mapped[int] = mapped_column(Int64, nullable=False)
    mode: Mapped[str] = mapped_column(Text, nullable=False)
    topic: Mapped[str] = mapped_column(Text, nullable=False)
    former_starts_at: Mapped[datetime | None] = mapped_column(UtcTime)
    former_ends_at: Mapped[datetime | None] = mapped_column(UtcTime)
    former_hours: Mapped[int | None] = mapped_column(Int64)
    former_teacher: Mapped[str | None] = mapped_column(Text)
    former_place: Mapped[str | None] = mapped_column(Text)
    starts_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcTime)
    hours: Mapped[int | None] = mapped_column(Int64)
    teacher: Mapped[str | None] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(Text)


translate("uq_timetable_change_open", "timetable_change.class_id", CHANGED_MEANWHILE)
translate(
    "uq_session_change_change_id_session_id",
    "session_change.change_id, session_change.session_id",
    CHANGED_MEANWHILE,
)
translate(
    "uq_session_change_change_id_position",
    "session_change.change_id, session_change.position",
    CHANGED_MEANWHILE,
)
