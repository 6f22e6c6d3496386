"""What people say of a class they have finished; the words are sealed under their own key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.types import Bytes, Int64, UtcTime

RATING_SAID = "class_rating.said"
# the parameter that says for how long
DAYS = "rating_days"


class ClassRating(Model):
    """One rating per voucher, of the class it was signed off in; changed until the limit, then it stays."""

    __tablename__ = "class_rating"
    __table_args__ = (
        UniqueConstraint("voucher_id"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint("changes >= 0", name="changes"),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_class_rating_holder",
        ),
        Index("ix_class_rating_class", "class_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(Int64, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    stars: Mapped[int] = mapped_column(Int64, nullable=False)
    said_sealed: Mapped[bytes | None] = mapped_column(Bytes)
    changes: Mapped[int] = mapped_column(Int64, nullable=False)
    rated_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


sealed_of_person(ClassRating.said_sealed, RATING_SAID, lambda person_id: ClassRating.person_id == person_id)
translate("uq_class_rating_voucher_id", "class_rating.voucher_id", CHANGED_MEANWHILE)
