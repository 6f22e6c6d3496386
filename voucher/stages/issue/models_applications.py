"""Tables of applications: what a programme wants proven, what was applied for, said, asked and answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.states import Stateful, life
from voucher.plumbing.clock import day_of
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Json, Text, UtcTime
from voucher.rules.applications import APPLICATION_STANDING
from voucher.rules.lifecycle import Thing

STANDING = text("state IN ('filed','asked','approved')")


class ProgrammeDemand(Model):
    """A proof a programme wants before a voucher; `fact` is what another system may say in its place."""

    __tablename__ = "programme_demand"
    __table_args__ = ({"sqlite_strict": True},)

    programme_id: Mapped[int] = mapped_column(Int64, ForeignKey("programme.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Int64, primary_key=True)
    label: Mapped[str] = mapped_column(Text, nullable=False)
    fact: Mapped[str | None] = mapped_column(Text)


class Application(Stateful, Model):
    """One person's application for a voucher of a programme: due by the office, to be answered by the person.

    `cause` is what stood in the way when it was filed.
    """

    __tablename__ = "application"
    __thing__ = Thing.APPLICATION
    __table_args__ = (
        *life(Thing.APPLICATION, "application"),
        CheckConstraint("decided_by_person_id <> person_id", name="two_people"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_person_id IS NULL)", name="decided_by"),
        CheckConstraint("state <> 'asked' OR answer_by IS NOT NULL", name="answer_by"),
        Index("uq_application_standing", "programme_id", "person_id", unique=True, sqlite_where=STANDING,
              postgresql_where=STANDING),
        Index("ix_application_region", "region_code", "state", "id"),
        Index("ix_application_person", "person_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    programme_id: Mapped[int] = mapped_column(Int64, ForeignKey("programme.id"), nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    cause: Mapped[Any] = mapped_column(Json, nullable=False)
    filed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    due_on: Mapped[date] = mapped_column(Day, nullable=False)
    answer_by: Mapped[date | None] = mapped_column(Day)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    opinion: Mapped[str | None] = mapped_column(Text)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. SQ-2024-000123."""
        return f"SQ-{day_of(self.filed_at).year}-{self.id:06d}"


class ApplicationItem(Model):
    """One thing the person was asked to show, and what was said of it."""

    __tablename__ = "application_item"
    __table_args__ = (UniqueConstraint("application_id", "position"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    application_id: Mapped[int] = mapped_column(Int64, ForeignKey("application.id"), nullable=False)
    position: Mapped[int] = mapped_column(Int64, nullable=False)
    label: Mapped[str] = mapped_column(Text, nullable=False)
    said: Mapped[str] = mapped_column(Text, nullable=False)


class ApplicationQuestion(Model):
    """An officer's question about one item and the person's answer."""

    __tablename__ = "application_question"
    __table_args__ = (
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
        Index("ix_application_question_item", "item_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    item_id: Mapped[int] = mapped_column(Int64, ForeignKey("application_item.id"), nullable=False)
    question: Mapped[str] = mapped_column(Text, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_application_standing", "application.programme_id, application.person_id", APPLICATION_STANDING)
translate(
    "uq_application_item_application_id_position",
    "application_item.application_id, application_item.position",
    CHANGED_MEANWHILE,
)
