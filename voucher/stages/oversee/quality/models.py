"""Stars as they were given: figures, formula and points of one institution and year, frozen. Append-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Flag, Int64, Json, Text, UtcTime


class StarRating(Model):
    """The stars of an institution for a year, with everything they came of.

    The institution may object once; the office answers once; neither changes what was given: where the
    objection was right, what was counted anew stands beside it in `StarReply`.
    """

    __tablename__ = "star_rating"
    __table_args__ = (
        UniqueConstraint("institution_id", "year"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint("(objected_at IS NULL) = (objection IS NULL)", name="objected"),
        CheckConstraint("(replied_at IS NULL) = (reply IS NULL)", name="replied"),
        CheckConstraint("replied_at IS NULL OR objected_at IS NOT NULL", name="replied_after"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    year: Mapped[int] = mapped_column(Int64, nullable=False)
    figures: Mapped[Any] = mapped_column(Json, nullable=False)
    formula: Mapped[Any] = mapped_column(Json, nullable=False)
    lines: Mapped[Any] = mapped_column(Json, nullable=False)
    total_tenths: Mapped[int] = mapped_column(Int64, nullable=False)
    stars: Mapped[int] = mapped_column(Int64, nullable=False)
    given_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    given_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    objection: Mapped[str | None] = mapped_column(Text)
    objected_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reply: Mapped[str | None] = mapped_column(Text)
    replied_at: Mapped[datetime | None] = mapped_column(UtcTime)


class StarReply(Model):
    """Who answered an objection, how, and what the same formula says of the corrected figures. Append-only.

    Who answers is another person than who gave the stars, and none of the institution (by trigger). The
    columns behind `is_upheld` are empty where the objection was not right, and where too few people are left.
    """

    __tablename__ = "star_reply"
    __table_args__ = (
        CheckConstraint("is_upheld = 1 OR figures IS NULL", name="counted"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint("(stars IS NULL) = (total_tenths IS NULL)", name="total"),
        CheckConstraint("(stars IS NULL) = (lines IS NULL)", name="lines"),
        {"sqlite_strict": True},
    )

    rating_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("star_rating.id"), primary_key=True, autoincrement=False
    )
    is_upheld: Mapped[bool] = mapped_column(Flag, nullable=False)
    replied_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    figures: Mapped[Any | None] = mapped_column(Json)
    lines: Mapped[Any | None] = mapped_column(Json)
    total_tenths: Mapped[int | None] = mapped_column(Int64)
    stars: Mapped[int | None] = mapped_column(Int64)


translate("pk_star_reply", "star_reply.rating_id", CHANGED_MEANWHILE)
translate(
    "uq_star_rating_institution_id_year", "star_rating.institution_id, star_rating.year", CHANGED_MEANWHILE
)
