"""Intake denials (名册反映): people on an intake who say that they never asked for that class."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.clock import day_of
from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.types import Bytes, Day, Flag, Int64, UtcTime
from voucher.rules.errors import Family, reason

SOURCE = "DESIGN §8 不是我; 【设】开班名册由本人核对"
OPEN = text("answered_at IS NULL AND taken_back_at IS NULL")
INTAKE_DENIAL_ANSWER = "intake_denial.answer"

INTAKE_DENIED_ALREADY = reason(
    "class_intake_denied_already",
    "您已经反映过，人社部门正在核实",
    "请等待答复，进度在“名册上有我”里看；弄错了的，点“是我弄错了”",
    SOURCE,
    Family.CONFLICT,
)


class IntakeDenial(Model):
    """One case: a person denies having asked for a class; the office answers, or the person takes it back.

    `answer_by` is the day by which the office answers, empty where the calendar of that year is not announced
    yet. The answer is sealed under the key of the person.
    """

    __tablename__ = "intake_denial"
    __table_args__ = (
        Index("uq_intake_denial_open", "entry_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_intake_denial_entry", "entry_id"),
        Index("ix_intake_denial_class", "class_id"),
        Index("ix_intake_denial_person", "person_id"),
        CheckConstraint(
            "(answered_at IS NULL) = (answered_by_person_id IS NULL)"
            " AND (answered_at IS NULL) = (upheld IS NULL)"
            " AND (answer_sealed IS NULL OR answered_at IS NOT NULL)",
            name="answered_whole",
        ),
        CheckConstraint("answered_at IS NULL OR taken_back_at IS NULL", name="ended_once"),
        CheckConstraint("answered_by_person_id <> person_id", name="not_by_oneself"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    entry_id: Mapped[int] = mapped_column(Int64, ForeignKey("class_intake.id"), nullable=False)
    class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    opened_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    answer_by: Mapped[date | None] = mapped_column(Day)
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcTime)
    upheld: Mapped[bool | None] = mapped_column(Flag)
    answer_sealed: Mapped[bytes | None] = mapped_column(Bytes)
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    answered_by_person_id: Mapped[int | None] = mapped_column(Int64)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. MC-2024-000012."""
        return f"MC-{day_of(self.opened_at).year}-{self.id:06d}"

    @property
    def ended_at(self) -> datetime | None:
        """Return when it was answered or taken back, None while it is open."""
        return self.answered_at or self.taken_back_at

    @property
    def is_open(self) -> bool:
        """Return whether the office has still to answer."""
        return self.ended_at is None


sealed_of_person(
    IntakeDenial.answer_sealed, INTAKE_DENIAL_ANSWER, lambda person_id: IntakeDenial.person_id == person_id
)
translate("uq_intake_denial_open", "intake_denial.entry_id", INTAKE_DENIED_ALREADY)
