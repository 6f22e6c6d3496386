"""Online lessons (线上课) of sessions, their segments, and the learning log of everybody who plays them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Json, Text, UtcTime

RUNNING, COUNTED = text("ended_at IS NULL"), text("outcome = 'counted'")


class Lesson(Model):
    """One lesson of an online session: a linked video, or pages to read."""

    __tablename__ = "lesson"
    __table_args__ = (
        UniqueConstraint("session_id", "position"),
        CheckConstraint("kind IN ('video','pages')", name="kind"),
        CheckConstraint("(kind = 'video') = (address IS NOT NULL)", name="address"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    session_id: Mapped[int] = mapped_column(Int64, ForeignKey("class_session.id"), nullable=False)
    position: Mapped[int] = mapped_column(Int64, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    title: Mapped[str] = mapped_column(Text, nullable=False)
    address: Mapped[str | None] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    added_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


class LessonSegment(Model):
    """A stretch of a lesson up to its checkpoint: minutes of content, words to read, a question to answer.

    `answer` is the number of the right one, from 1.
    """

    __tablename__ = "lesson_segment"
    __table_args__ = (
        UniqueConstraint("lesson_id", "position"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("(question IS NULL) = (answer IS NULL)", name="question"),
        CheckConstraint("(question IS NULL) = (options IS NULL)", name="options"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    lesson_id: Mapped[int] = mapped_column(Int64, ForeignKey("lesson.id"), nullable=False)
    position: Mapped[int] = mapped_column(Int64, nullable=False)
    minutes: Mapped[int] = mapped_column(Int64, nullable=False)
    content: Mapped[str] = mapped_column(Text, nullable=False)
    question: Mapped[str | None] = mapped_column(Text)
    options: Mapped[list[str] | None] = mapped_column(Json)
    answer: Mapped[int | None] = mapped_column(Int64)

    @property
    def choices(self) -> list[str]:
        """Return the options of the question, in order."""
        return self.options or []


class Study(Model):
    """Somebody plays one segment (学习日志): begun, ended by a signature of the own phone, judged.

    `case_id` names the case an impossible speed opened.
    """

    __tablename__ = "study"
    __table_args__ = (
        UniqueConstraint("device_id", "counter"),
        CheckConstraint("outcome IN ('counted','too_fast','wrong_answer')", name="outcome"),
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
        CheckConstraint("(ended_at IS NULL) = (device_id IS NULL)", name="signed"),
        CheckConstraint("(device_id IS NULL) = (counter IS NULL)", name="phone"),
        CheckConstraint("minutes >= 0 AND (minutes = 0 OR outcome = 'counted')", name="minutes"),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_study_holder",
        ),
        Index("ix_study_segment", "segment_id", "voucher_id"),
        Index("uq_study_open", "segment_id", "voucher_id", unique=True, sqlite_where=RUNNING,
              postgresql_where=RUNNING),
        Index("uq_study_counted", "segment_id", "voucher_id", unique=True, sqlite_where=COUNTED,
              postgresql_where=COUNTED),
        Index("ix_study_person", "person_id", "started_at"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    segment_id: Mapped[int] = mapped_column(Int64, ForeignKey("lesson_segment.id"), nullable=False)
    voucher_id: Mapped[int] = mapped_column(Int64, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    started_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    device_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("device.id"))
    counter: Mapped[int | None] = mapped_column(Int64)
    outcome: Mapped[str | None] = mapped_column(Text)
    minutes: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    case_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("attendance_case.id"))


class StudyFocus(Model):
    """What the page of a segment saw of its learner while it was played; no row where it said nothing.

    `open_minutes` were in sight, `acts` are touches, keys and scrolls; `ticks` are the minutes of playing in
    which it was heard.
    """

    __tablename__ = "study_focus"
    __table_args__ = (
        CheckConstraint("open_minutes >= 0", name="open_minutes"),
        CheckConstraint("acts >= 0", name="acts"),
        Index("ix_study_focus_heard_at", "heard_at"),
        {"sqlite_strict": True},
    )

    study_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("study.id"), primary_key=True, autoincrement=False
    )
    open_minutes: Mapped[int] = mapped_column(Int64, nullable=False)
    acts: Mapped[int] = mapped_column(Int64, nullable=False)
    ticks: Mapped[int] = mapped_column(Int64, nullable=False, server_default=text("0"))
    first_heard_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    heard_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


translate("uq_lesson_session_id_position", "lesson.session_id, lesson.position", CHANGED_MEANWHILE)
translate(
    "uq_lesson_segment_lesson_id_position",
    "lesson_segment.lesson_id, lesson_segment.position",
    CHANGED_MEANWHILE,
)
translate("uq_study_open", "study.segment_id, study.voucher_id", CHANGED_MEANWHILE)
translate("uq_study_counted", "", CHANGED_MEANWHILE)
translate("uq_study_device_id_counter", "study.device_id, study.counter", CHANGED_MEANWHILE)
