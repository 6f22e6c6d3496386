"""Where a mark was made (签到的经纬度), for a while."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.types import Bytes, Day, Int64
from voucher.stages.train.models.marks import AttendanceMark


class MarkPosition(Model):
    """Latitude and longitude of a mark in micro-degrees, sealed; the row goes after its last day.

    `is_mocked` is what a device said of its own position: no browser can, an institution's program may.
    """

    __tablename__ = "mark_position"
    __table_args__ = (
        CheckConstraint("is_mocked IN (0,1)", name="is_mocked"),
        Index("ix_mark_position_keep_until", "keep_until"),
        {"sqlite_strict": True},
    )

    mark_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("attendance_mark.id"), primary_key=True, autoincrement=False
    )
    position_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    is_mocked: Mapped[int | None] = mapped_column(Int64)
    keep_until: Mapped[date] = mapped_column(Day, nullable=False)


def position_context(mark_id: int) -> str:
    """Return what a sealed position is tied to, so that none stands for another."""
    return f"mark_position.position_sealed/{mark_id}"


sealed_of_person(
    MarkPosition.position_sealed,
    lambda _session, row: position_context(row.mark_id),
    lambda person_id: MarkPosition.mark_id.in_(
        select(AttendanceMark.id).where(AttendanceMark.person_id == person_id)
    ),
)
