"""Classes and their sessions: what is taught, where, when, by whom, for how many."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.states import Stateful, life
from voucher.plumbing.clock import day_of
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime
from voucher.rules.lifecycle import Thing


class TrainingClass(Stateful, Model):
    """A class (班级): one institution, one occupation or item and level, planned lesson hours per mode.

    `institution_id` is responsible (主办) and paid; `delivering_institution_id` teaches (承训).
    Level 0 stands for an item or a course without a level; `project_id` says what it is subsidised as.
    `intake_size` is how many people the office allowed on its intake; a class that has one takes in nobody
    else, also once everybody is struck off.
    """

    __tablename__ = "training_class"
    __thing__ = Thing.CLASS
    __table_args__ = (
        *life(Thing.CLASS, "training_class"),
        CheckConstraint("level BETWEEN 0 AND 8", name="level"),
        CheckConstraint("hours_offline >= 0 AND hours_online >= 0", name="hours"),
        CheckConstraint("hours_offline + hours_online > 0", name="hours_planned"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("fee_fen >= 0", name="fee"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        Index("ix_training_class_institution", "institution_id", "starts_on"),
        Index("ix_training_class_region", "region_code", "state"),
        {"sqlite_strict": True},
    )

    name: Mapped[str] = mapped_column(Text, nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    delivering_institution_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("institution.id"), nullable=False
    )
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    project_id: Mapped[int] = mapped_column(Int64, ForeignKey("project.id"), nullable=False)
    training_kind: Mapped[str] = mapped_column(Text, nullable=False)
    mode: Mapped[str] = mapped_column(Text, nullable=False)
    certificate_kind: Mapped[str] = mapped_column(Text, nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    hours_offline: Mapped[int] = mapped_column(Int64, nullable=False)
    hours_online: Mapped[int] = mapped_column(Int64, nullable=False)
    capacity: Mapped[int] = mapped_column(Int64, nullable=False)
    fee_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    starts_on: Mapped[date] = mapped_column(Day, nullable=False)
    ends_on: Mapped[date] = mapped_column(Day, nullable=False)
    place: Mapped[str] = mapped_column(Text, nullable=False)
    teacher: Mapped[str] = mapped_column(Text, nullable=False)
    syllabus: Mapped[str] = mapped_column(Text, nullable=False)
    drafted_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    drafted_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    intake_size: Mapped[int | None] = mapped_column(Int64)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. BJ-419001-2024-0012."""
        return f"BJ-{self.region_code}-{day_of(self.drafted_at).year}-{self.id:04d}"

    @property
    def hours_planned(self) -> int:
        """Return the planned lesson hours of both modes."""
        return self.hours_offline + self.hours_online


class ClassSession(Model):
    """One session (课次) of a class: when it is taught, and how many lesson hours it counts.

    Teacher and place are those of the class unless a change of the timetable named others for this session.
    """

    __tablename__ = "class_session"
    __table_args__ = (
        UniqueConstraint("class_id", "position"),
        CheckConstraint("hours > 0", name="hours"),
        CheckConstraint("ends_at > starts_at", name="moments"),
        CheckConstraint("mode IN ('offline','online')", name="mode"),
        Index("ix_class_session_starts", "starts_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    position: Mapped[int] = mapped_column(Int64, nullable=False)
    mode: Mapped[str] = mapped_column(Text, nullable=False)
    topic: Mapped[str] = mapped_column(Text, nullable=False)
    starts_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ends_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    hours: Mapped[int] = mapped_column(Int64, nullable=False)
    teacher: Mapped[str | None] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(Text)
