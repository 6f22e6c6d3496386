"""Changes of classes that two hands make: people moved by a split or a merger, results corrected."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Flag, Int64, Text, UtcTime

UNDECIDED = text("decided_at IS NULL")
SPLIT, MERGER = "split", "merger"


class ClassMove(Model):
    """An institution asks to move people of a class to another one: some of them (拆班), or all (并班)."""

    __tablename__ = "class_move"
    __table_args__ = (
        CheckConstraint("kind IN ('split','merger')", name="kind"),
        CheckConstraint("from_class_id <> to_class_id", name="two_classes"),
        CheckConstraint("decided_by_person_id <> asked_by_person_id", name="two_people"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_person_id IS NULL)", name="decided_by"),
        CheckConstraint("(decided_at IS NULL) = (agreed IS NULL)", name="agreed"),
        CheckConstraint("(decided_at IS NULL) = (opinion IS NULL)", name="opinion"),
        Index(
            "uq_class_move_open", "from_class_id", unique=True, sqlite_where=UNDECIDED,
            postgresql_where=UNDECIDED,
        ),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    from_class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    to_class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    agreed: Mapped[bool | None] = mapped_column(Flag)
    opinion: Mapped[str | None] = mapped_column(Text)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)


class MovedVoucher(Model):
    """A voucher a split is to take along."""

    __tablename__ = "moved_voucher"
    __table_args__ = (UniqueConstraint("move_id", "voucher_id"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    move_id: Mapped[int] = mapped_column(Int64, ForeignKey("class_move.id"), nullable=False)
    voucher_id: Mapped[int] = mapped_column(Int64, ForeignKey("voucher.id"), nullable=False)


class CompletionCorrection(Model):
    """Another result of a sign-off (结业更正): asked by one, decided by another; what stood before is kept.

    The database lets a completion change only to what a confirmed row of these says. `hours_typed` is what
    was asked for where the recorded hours took its place.
    """

    __tablename__ = "completion_correction"
    __table_args__ = (
        CheckConstraint("hours_attended >= 0", name="hours"),
        CheckConstraint("exam_hundredths IS NULL OR exam_hundredths BETWEEN 0 AND 10000", name="exam"),
        CheckConstraint("decided_by_person_id <> asked_by_person_id", name="two_people"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_person_id IS NULL)", name="decided_by"),
        CheckConstraint("(decided_at IS NULL) = (agreed IS NULL)", name="agreed"),
        Index(
            "uq_completion_correction_open", "completion_id", unique=True, sqlite_where=UNDECIDED,
            postgresql_where=UNDECIDED,
        ),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    completion_id: Mapped[int] = mapped_column(Int64, ForeignKey("completion.id"), nullable=False)
    class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    former_hours: Mapped[int] = mapped_column(Int64, nullable=False)
    former_exam_hundredths: Mapped[int | None] = mapped_column(Int64)
    former_passed: Mapped[bool] = mapped_column(Flag, nullable=False)
    hours_attended: Mapped[int] = mapped_column(Int64, nullable=False)
    hours_typed: Mapped[int | None] = mapped_column(Int64)
    exam_hundredths: Mapped[int | None] = mapped_column(Int64)
    passed: Mapped[bool] = mapped_column(Flag, nullable=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    agreed: Mapped[bool | None] = mapped_column(Flag)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_class_move_open", "class_move.from_class_id", CHANGED_MEANWHILE)
translate("uq_completion_correction_open", "completion_correction.completion_id", CHANGED_MEANWHILE)
