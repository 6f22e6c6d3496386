"""Revoking several certificates at once: asked by one person with what was shown, decided by another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Flag, Int64, Json, Text, UtcTime


class MassRevocation(Model):
    """A wish to revoke certificates: why, and the consequences shown when it was asked.

    `confirmed` is null while it waits, 0 where it was dropped. Two people confirm; whoever asked may drop it.
    """

    __tablename__ = "mass_revocation"
    __table_args__ = (
        CheckConstraint("confirmed = 0 OR decided_by_person_id <> asked_by_person_id", name="two_people"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_person_id IS NULL)", name="decided_by"),
        CheckConstraint("(decided_at IS NULL) = (confirmed IS NULL)", name="decided"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    shown: Mapped[Any] = mapped_column(Json, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    confirmed: Mapped[bool | None] = mapped_column(Flag)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    decided_why: Mapped[str | None] = mapped_column(Text)


class MassRevocationHold(Model):
    """A hold a wish opened, on one of its certificates or on a voucher that touches one."""

    __tablename__ = "mass_revocation_hold"
    __table_args__ = ({"sqlite_strict": True},)

    revocation_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("mass_revocation.id"), primary_key=True, autoincrement=False
    )
    hold_id: Mapped[int] = mapped_column(Int64, ForeignKey("hold.id"), primary_key=True, autoincrement=False)


class MassRevocationLine(Model):
    """One certificate of a wish, with the region that reaches it; written with the wish, never changed."""

    __tablename__ = "mass_revocation_line"
    __table_args__ = (
        Index("ix_mass_revocation_line_region", "region_code", "revocation_id"),
        {"sqlite_strict": True},
    )

    revocation_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("mass_revocation.id"), primary_key=True, autoincrement=False
    )
    certificate_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("certificate.id"), primary_key=True, autoincrement=False
    )
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
