"""Which step of the ladder is open from which state, from when on, by which document: dated rows."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Text
from voucher.rules.measures import Path, Step


class MeasurePath(Model):
    """A step from a state, with the grounds it needs and the working days to be heard first.

    `is_direct` says that lighter steps are left out; `confidence` is `default` where no document says it.
    """

    __tablename__ = "measure_path"
    __table_args__ = (
        UniqueConstraint("from_state", "step", "since"),
        CheckConstraint("grounds_least >= 0 AND hearing_workdays >= 0", name="amounts"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    from_state: Mapped[str] = mapped_column(Text, nullable=False)
    step: Mapped[str] = mapped_column(Text, nullable=False)
    is_direct: Mapped[bool] = mapped_column(Flag, nullable=False)
    grounds_least: Mapped[int] = mapped_column(Int64, nullable=False)
    hearing_workdays: Mapped[int] = mapped_column(Int64, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    confidence: Mapped[str] = mapped_column(Text, nullable=False)


def read_paths(session: Session) -> list[Path]:
    """Return every row, in force or not; the rule chooses by day."""
    return [
        Path(
            row.from_state, Step(row.step), row.is_direct, row.grounds_least, row.hearing_workdays,
            row.since, row.until, row.source,
        )
        for row in session.scalars(select(MeasurePath).order_by(MeasurePath.id))
    ]  # fmt: skip


translate(
    "uq_measure_path_from_state_step_since",
    "measure_path.from_state, measure_path.step, measure_path.since",
    CHANGED_MEANWHILE,
)
