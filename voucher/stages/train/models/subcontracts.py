"""Subcontracts (分包): asked by who answers for a class, agreed to by who is to teach it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime

STANDING = text("ended_at IS NULL")


class Subcontract(Model):
    """One class handed to another institution to teach, with why; one stands per class.

    Who agrees is another person than who asked. It ends by a refusal, or where the plan names another
    institution; what was said never changes.
    """

    __tablename__ = "subcontract"
    __table_args__ = (
        CheckConstraint("from_institution_id <> to_institution_id", name="two_houses"),
        CheckConstraint("agreed_by_person_id <> asked_by_person_id", name="two_people"),
        CheckConstraint("(agreed_at IS NULL) = (agreed_by_person_id IS NULL)", name="agreed"),
        CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name="ended"),
        Index("uq_subcontract_standing", "class_id", unique=True, sqlite_where=STANDING,
              postgresql_where=STANDING),
        Index("ix_subcontract_from", "from_institution_id"),
        Index("ix_subcontract_to", "to_institution_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    from_institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    to_institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    agreed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    agreed_by_person_id: Mapped[int | None] = mapped_column(Int64)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_why: Mapped[str | None] = mapped_column(Text)


translate("uq_subcontract_standing", "subcontract.class_id", CHANGED_MEANWHILE)
