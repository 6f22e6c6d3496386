"""Independent assessment: exam batches, their candidates, and results that are corrected, never changed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.states import Stateful, life
from voucher.plumbing.clock import day_of
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Text, UtcTime
from voucher.rules.lifecycle import Thing


class ExamBatch(Stateful, Model):
    """One exam of one trade and level at one evaluator (评价批次); level 0 stands for an item."""

    __tablename__ = "exam_batch"
    __thing__ = Thing.EXAM_BATCH
    __table_args__ = (
        *life(Thing.EXAM_BATCH, "exam_batch"),
        CheckConstraint("level BETWEEN 0 AND 8", name="level"),
        CheckConstraint("published_by_person_id <> entered_by_person_id", name="two_people"),
        Index("ix_exam_batch_institution", "institution_id", "exam_on"),
        {"sqlite_strict": True},
    )

    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    filing_id: Mapped[int] = mapped_column(Int64, ForeignKey("evaluator_filing.id"), nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    certificate_kind: Mapped[str] = mapped_column(Text, nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    exam_on: Mapped[date] = mapped_column(Day, nullable=False)
    place: Mapped[str] = mapped_column(Text, nullable=False)
    planned_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    planned_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    entered_by_person_id: Mapped[int | None] = mapped_column(Int64)
    published_by_person_id: Mapped[int | None] = mapped_column(Int64)
    published_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. PJ-419001-2024-0007."""
        return f"PJ-{self.region_code}-{day_of(self.planned_at).year}-{self.id:04d}"


class Candidate(Model):
    """One person in one exam batch, with the voucher that pays for it where there is one.

    `admitted_at` says that the person at the door was the person on the list. `attempt` counts from 1; a
    retake brings along the scores of the subjects passed before, in hundredths.
    """

    __tablename__ = "candidate"
    __table_args__ = (
        UniqueConstraint("batch_id", "person_id"),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_candidate_holder",
        ),
        CheckConstraint("(admitted_at IS NULL) = (admitted_by_person_id IS NULL)", name="admitted_by"),
        CheckConstraint("attempt >= 1", name="attempt"),
        CheckConstraint(
            "attempt > 1 OR (carried_theory_hundredths IS NULL AND carried_skill_hundredths IS NULL)",
            name="carried_into_retakes",
        ),
        CheckConstraint(
            "attempt > 1 OR carried_comprehensive_hundredths IS NULL", name="comprehensive_carried"
        ),
        Index("ix_candidate_voucher", "voucher_id"),
        Index("ix_candidate_person", "person_id"),
        # what a seat names: a candidate of this very batch
        Index("uq_candidate_of_batch", "id", "batch_id", unique=True),
        # what an appeal names: a candidate who is this very person
        Index("uq_candidate_of_person", "id", "person_id", unique=True),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    batch_id: Mapped[int] = mapped_column(Int64, ForeignKey("exam_batch.id"), nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    voucher_id: Mapped[int | None] = mapped_column(Int64)
    admitted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    admitted_by_person_id: Mapped[int | None] = mapped_column(Int64)
    attempt: Mapped[int] = mapped_column(Int64, nullable=False, server_default=text("1"))
    carried_theory_hundredths: Mapped[int | None] = mapped_column(Int64)
    carried_skill_hundredths: Mapped[int | None] = mapped_column(Int64)
    carried_comprehensive_hundredths: Mapped[int | None] = mapped_column(Int64)


class ExamResult(Model):
    """The scores of one candidate; a correction is the next revision and counts once a second person agrees.

    Scores are in hundredths of a point; empty where the subject was not sat. `mark` says why there are none.
    """

    __tablename__ = "exam_result"
    __table_args__ = (
        UniqueConstraint("candidate_id", "revision"),
        CheckConstraint("theory_hundredths IS NULL OR theory_hundredths BETWEEN 0 AND 10000", name="theory"),
        CheckConstraint("skill_hundredths IS NULL OR skill_hundredths BETWEEN 0 AND 10000", name="skill"),
        CheckConstraint("revision >= 1", name="revision"),
        CheckConstraint("revision = 1 OR why IS NOT NULL", name="correction_with_reason"),
        CheckConstraint("confirmed_by_person_id <> entered_by_person_id", name="two_people"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)", name="confirmed_by"),
        CheckConstraint(
            "mark IS NULL OR (mark IN ('absent','cheated') AND theory_hundredths IS NULL"
            " AND skill_hundredths IS NULL AND passed = 0)",
            name="mark",
        ),
        CheckConstraint(
            "comprehensive_hundredths IS NULL OR"
            " (comprehensive_hundredths BETWEEN 0 AND 10000 AND mark IS NULL)",
            name="comprehensive",
        ),
        # what an appeal names: a result of this very candidate
        Index("uq_exam_result_of_candidate", "id", "candidate_id", unique=True),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    candidate_id: Mapped[int] = mapped_column(Int64, ForeignKey("candidate.id"), nullable=False)
    revision: Mapped[int] = mapped_column(Int64, nullable=False)
    theory_hundredths: Mapped[int | None] = mapped_column(Int64)
    skill_hundredths: Mapped[int | None] = mapped_column(Int64)
    passed: Mapped[bool] = mapped_column(Flag, nullable=False)
    why: Mapped[str | None] = mapped_column(Text)
    entered_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    entered_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    confirmed_by_person_id: Mapped[int | None] = mapped_column(Int64)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    mark: Mapped[str | None] = mapped_column(Text)
    comprehensive_hundredths: Mapped[int | None] = mapped_column(Int64)


class SkillReading(Model):
    """The scores judged by hand as a second person entered them without seeing the first; append only.

    They are the practical score and, where the exam asks for one, that of the comprehensive review; empty
    where there is none. What a retake brings along stands here as it does in the result.
    """

    __tablename__ = "skill_reading"
    __table_args__ = (
        CheckConstraint("skill_hundredths BETWEEN 0 AND 10000", name="skill"),
        CheckConstraint("comprehensive_hundredths BETWEEN 0 AND 10000", name="comprehensive"),
        CheckConstraint(
            "skill_hundredths IS NOT NULL OR comprehensive_hundredths IS NOT NULL", name="something"
        ),
        Index("ix_skill_reading_candidate", "candidate_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    candidate_id: Mapped[int] = mapped_column(Int64, ForeignKey("candidate.id"), nullable=False)
    skill_hundredths: Mapped[int | None] = mapped_column(Int64)
    entered_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    entered_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    comprehensive_hundredths: Mapped[int | None] = mapped_column(Int64)


translate("uq_candidate_batch_id_person_id", "candidate.batch_id, candidate.person_id", CHANGED_MEANWHILE)
translate(
    "uq_exam_result_candidate_id_revision",
    "exam_result.candidate_id, exam_result.revision",
    CHANGED_MEANWHILE,
)
