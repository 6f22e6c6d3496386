"""Certificate numbers given to evaluators beforehand: every range begins where the one before it ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime


class NumberRange(Model):
    """Serials of one 备案号, year and level, given once; append only.

    A range names the end of the one before it, and no two name the same: so none can overlap, on either
    database, whoever writes.
    """

    __tablename__ = "number_range"
    __table_args__ = (
        UniqueConstraint("prefix", "year", "digit", "first_serial"),
        UniqueConstraint("prefix", "year", "digit", "last_serial"),
        CheckConstraint("digit BETWEEN 1 AND 5", name="digit"),
        CheckConstraint("(previous_last IS NULL) = (first_serial = 1)", name="first"),
        CheckConstraint("previous_last IS NULL OR first_serial = previous_last + 1", name="no_gap"),
        CheckConstraint("last_serial BETWEEN first_serial AND 999999", name="serials"),
        ForeignKeyConstraint(
            ["prefix", "year", "digit", "previous_last"],
            ["number_range.prefix", "number_range.year", "number_range.digit", "number_range.last_serial"],
            name="fk_number_range_previous",
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    filing_id: Mapped[int] = mapped_column(Int64, ForeignKey("evaluator_filing.id"), nullable=False)
    prefix: Mapped[str] = mapped_column(Text, nullable=False)
    year: Mapped[int] = mapped_column(Int64, nullable=False)
    digit: Mapped[int] = mapped_column(Int64, nullable=False)
    previous_last: Mapped[int | None] = mapped_column(Int64)
    first_serial: Mapped[int] = mapped_column(Int64, nullable=False)
    last_serial: Mapped[int] = mapped_column(Int64, nullable=False)
    given_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    given_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


for _end in ("first_serial", "last_serial"):
    translate(
        f"uq_number_range_prefix_year_digit_{_end}",
        f"number_range.prefix, number_range.year, number_range.digit, number_range.{_end}",
        CHANGED_MEANWHILE,
    )
