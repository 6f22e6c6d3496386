"""What a bonus stands on: the facts an application names, entered once and never changed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime


class BonusBasis(Model):
    """One application line: what for, for whom, who is paid, by which document; append-only by trigger.

    `person_id` is who was hired, has won or answers for the project. `occasion` names the contest, employer
    or agreement. `insured_months` is what the social-insurance record said then, None where it was silent.
    `settles_basis_id` is the advance a settlement counts against.
    """

    __tablename__ = "bonus_basis"
    __table_args__ = (
        UniqueConstraint("id", "kind", "person_id", "item_code", "level", "institution_id"),
        UniqueConstraint("id", "person_id", "item_code", "level", "institution_id"),
        CheckConstraint("kind NOT IN ('training','evaluation')", name="no_subsidy"),
        CheckConstraint("level = 0", name="no_level"),
        CheckConstraint("length(document) > 0", name="document"),
        CheckConstraint("asked_fen > 0", name="asked_above_zero"),
        CheckConstraint("heads > 0 AND completed BETWEEN 0 AND heads", name="heads"),
        CheckConstraint(
            "settles_basis_id IS NULL OR kind = 'apprenticeship_settlement'", name="settles_an_advance"
        ),
        Index("ix_bonus_basis_payee", "institution_id", "kind"),
        Index("ix_bonus_basis_person", "person_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    item_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    occasion: Mapped[str] = mapped_column(Text, nullable=False)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    happened_on: Mapped[date] = mapped_column(Day, nullable=False)
    asked_fen: Mapped[int | None] = mapped_column(Int64)
    firm_size: Mapped[str | None] = mapped_column(Text)
    insured_months: Mapped[int | None] = mapped_column(Int64)
    heads: Mapped[int | None] = mapped_column(Int64)
    completed: Mapped[int | None] = mapped_column(Int64)
    settles_basis_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("bonus_basis.id"))
    entered_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    entered_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
