"""Class intakes (开班名册): the people a class is opened for, as its institution filed them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, UtcTime

STANDING = text("removed_at IS NULL")


class ClassIntake(Model):
    """One person on the intake of a class, since when and until when; once at a time, and never deleted.

    `removed_why` is which of its words the office chose when it struck the person off; an institution gives
    no reason.
    """

    __tablename__ = "class_intake"
    __table_args__ = (
        CheckConstraint("(removed_at IS NULL) = (removed_by_person_id IS NULL)", name="removed"),
        Index("uq_class_intake_standing", "class_id", "person_id", unique=True, sqlite_where=STANDING,
              postgresql_where=STANDING),
        Index("ix_class_intake_person", "person_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    listed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    listed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    removed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    removed_by_person_id: Mapped[int | None] = mapped_column(Int64)
    removed_why: Mapped[str | None] = mapped_column(Text)


translate("uq_class_intake_standing", "class_intake.class_id, class_intake.person_id", CHANGED_MEANWHILE)
