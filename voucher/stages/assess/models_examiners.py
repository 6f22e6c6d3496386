"""Examiners an evaluator has filed (考评员), who examines where, and the ways into an exam (申报条件)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime
from voucher.rules.examiners import EXAMINER_BUSY

STANDING = text("removed_at IS NULL")


class Examiner(Model):
    """Somebody an evaluator filed as an examiner: the number of the card, and its days in force."""

    __tablename__ = "examiner"
    __table_args__ = (
        UniqueConstraint("institution_id", "person_id", "since"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        Index("ix_examiner_person", "person_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    card_number: Mapped[str] = mapped_column(Text, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    filed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    filed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


class ExamExaminer(Model):
    """An examiner at one exam; nobody is at two on one day, for whichever evaluator."""

    __tablename__ = "exam_examiner"
    __table_args__ = (
        Index("uq_exam_examiner_day", "person_id", "exam_on", unique=True,
              sqlite_where=STANDING, postgresql_where=STANDING),
        Index("ix_exam_examiner_batch", "batch_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    batch_id: Mapped[int] = mapped_column(Int64, ForeignKey("exam_batch.id"), nullable=False)
    examiner_id: Mapped[int] = mapped_column(Int64, ForeignKey("examiner.id"), nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    exam_on: Mapped[date] = mapped_column(Day, nullable=False)
    assigned_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    assigned_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    removed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class CandidateEntry(Model):
    """The way a candidate without a voucher entered by, and the paper that shows it; append only.

    `years` are in the occupation, `held_*` of the certificate held before, `award` a code of the honours,
    `place` in a class of competition for teams of a size.
    """

    __tablename__ = "candidate_entry"
    __table_args__ = (
        CheckConstraint("way <> 'education' OR education IS NOT NULL", name="education"),
        CheckConstraint("length(evidence) > 0", name="evidence"),
        CheckConstraint("years >= 0", name="years"),
        CheckConstraint("held_level BETWEEN 1 AND 8", name="held_level"),
        CheckConstraint("(held_level IS NULL) = (held_number IS NULL)", name="held"),
        CheckConstraint(
            "(competition IS NULL) = (place IS NULL) AND (team IS NULL) = (place IS NULL)", name="place"
        ),
        {"sqlite_strict": True},
    )

    candidate_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("candidate.id"), primary_key=True, autoincrement=False
    )
    way: Mapped[str] = mapped_column(Text, nullable=False)
    education: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text, nullable=False)
    years: Mapped[int | None] = mapped_column(Int64)
    held_level: Mapped[int | None] = mapped_column(Int64)
    held_number: Mapped[str | None] = mapped_column(Text)
    award: Mapped[str | None] = mapped_column(Text)
    competition: Mapped[str | None] = mapped_column(Text)
    team: Mapped[int | None] = mapped_column(Int64)
    place: Mapped[int | None] = mapped_column(Int64)
    declared_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    declared_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


translate(
    "uq_examiner_institution_id_person_id_since",
    "examiner.institution_id, examiner.person_id, examiner.since",
    CHANGED_MEANWHILE,
)
translate("uq_exam_examiner_day", "exam_examiner.person_id, exam_examiner.exam_on", EXAMINER_BUSY)
