"""Everybody who came to the door of an exam: let in once, or refused and why; nothing is taken back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime

LET_IN = text("code IS NULL")


class ExamArrival(Model):
    """Somebody at the door of one exam: shown what, let in, or refused with which code; append only.

    Whoever is let in is a candidate, and only once. Of what was shown nothing is kept but whose it was.
    `seen_at` is when a card reader saw whoever its file let in; the file itself came `at`.
    """

    __tablename__ = "exam_arrival"
    __table_args__ = (
        CheckConstraint("way IN ('code','slip','card','reader')", name="way"),
        CheckConstraint("(code IS NULL) = (title IS NULL)", name="title"),
        CheckConstraint("code IS NOT NULL OR candidate_id IS NOT NULL", name="let_in"),
        CheckConstraint("code IS NOT NULL OR (way = 'reader') = (seen_at IS NOT NULL)", name="seen"),
        CheckConstraint("seen_at IS NULL OR seen_at <= at", name="seen_before"),
        Index("uq_exam_arrival_let_in", "candidate_id", unique=True,
              sqlite_where=LET_IN, postgresql_where=LET_IN),
        Index("ix_exam_arrival_batch", "batch_id", "id"),
        Index("ix_exam_arrival_candidate", "candidate_id", "at"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    batch_id: Mapped[int] = mapped_column(Int64, ForeignKey("exam_batch.id"), nullable=False)
    candidate_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("candidate.id"))
    voucher_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("voucher.id"))
    way: Mapped[str] = mapped_column(Text, nullable=False)
    code: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    seen_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_exam_arrival_let_in", "exam_arrival.candidate_id", CHANGED_MEANWHILE)
