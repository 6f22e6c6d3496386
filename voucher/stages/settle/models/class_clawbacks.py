"""A whole class taken back at once: asked by one person, confirmed by another, one case per payee."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Flag, Int64, Text, UtcTime
from voucher.rules.errors import Family, reason

OPEN = text("decided_at IS NULL")

CLASS_ASKED = reason(
    "class_clawback_asked_already",
    "该班已有人提出整班追回，正在等另一人确认",
    "请由提出人以外的人确认或作废，不必重复提出",
    "AC-I5 虚假班级查实; 【设】整班追回由两人办理",
    Family.CONFLICT,
)


class ClassClawback(Model):
    """A wish to take back every voucher of a class; `digest` is over what was shown when it was asked."""

    __tablename__ = "class_clawback"
    __table_args__ = (
        CheckConstraint("length(why) > 0", name="why"),
        CheckConstraint("length(digest) = 64", name="digest"),
        CheckConstraint(
            "(decided_at IS NULL) = (decided_by_person_id IS NULL)"
            " AND (decided_at IS NULL) = (confirmed IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint(
            "COALESCE(confirmed, 0) = 0 OR decided_by_person_id <> asked_by_person_id", name="two_people"
        ),
        Index("uq_class_clawback_open", "class_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    digest: Mapped[str] = mapped_column(Text, nullable=False)
    said: Mapped[str] = mapped_column(Text, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    confirmed: Mapped[bool | None] = mapped_column(Flag)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ClawbackCase(Model):
    """What one payee owes for a class: the receivables named by one letter; append-only by trigger."""

    __tablename__ = "clawback_case"
    __table_args__ = (
        UniqueConstraint("class_clawback_id", "institution_id"),
        UniqueConstraint("id", "institution_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    class_clawback_id: Mapped[int] = mapped_column(Int64, ForeignKey("class_clawback.id"), nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    opened_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


class ClawbackCaseLine(Model):
    """One receivable of a case, of the same payee; append-only by trigger."""

    __tablename__ = "clawback_case_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "institution_id"],
            ["clawback_case.id", "clawback_case.institution_id"],
            name="fk_clawback_case_line_case",
        ),
        ForeignKeyConstraint(
            ["clawback_id", "institution_id"],
            ["clawback.id", "clawback.institution_id"],
            name="fk_clawback_case_line_clawback",
        ),
        Index("ix_clawback_case_line_case", "case_id"),
        {"sqlite_strict": True},
    )

    clawback_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(Int64, nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, nullable=False)


translate("uq_class_clawback_open", "class_clawback.class_id", CLASS_ASKED)
translate(
    "uq_clawback_case_class_clawback_id_institution_id",
    "clawback_case.class_clawback_id, clawback_case.institution_id",
    CHANGED_MEANWHILE,
)
