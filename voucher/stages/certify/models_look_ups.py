"""Looking certificates up: which register is asked since when, every look-up, what people read there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Json, Text, UtcTime

# what came of a look-up: the register's word, or none
DEFINITIVE = ("found", "absent", "other_person")
OUTCOMES = (*DEFINITIVE, "unreachable", "refused", "malformed", "resting")


class RegisterSystem(Model):
    """Which register answers from a day on; without an address the extracts kept in this house do."""

    __tablename__ = "register_system"
    __table_args__ = ({"sqlite_strict": True},)

    since: Mapped[date] = mapped_column(Day, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    address: Mapped[str | None] = mapped_column(Text)
    connected_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    connected_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


class RegisterLookUp(Model):
    """One question to the register about one certificate: who asked, when, what came back; append only.

    `answered` holds no name and no number of a person: only what is printed on the certificate, and whether
    person and name were the ones asked about.
    """

    __tablename__ = "register_look_up"
    __table_args__ = (
        CheckConstraint(f"outcome IN ({','.join(repr(each) for each in OUTCOMES)})", name="outcome"),
        CheckConstraint("(outcome = 'found') = (register_entry_id IS NOT NULL)", name="found"),
        CheckConstraint("way IN ('http','by_hand')", name="way"),
        Index("ix_register_look_up_certificate", "certificate_id", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    certificate_id: Mapped[int] = mapped_column(Int64, ForeignKey("certificate.id"), nullable=False)
    system: Mapped[str] = mapped_column(Text, nullable=False)
    way: Mapped[str] = mapped_column(Text, nullable=False)
    outcome: Mapped[str] = mapped_column(Text, nullable=False)
    detail: Mapped[str | None] = mapped_column(Text)
    answered: Mapped[Any | None] = mapped_column(Json)
    register_entry_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("register_entry.id"))
    milliseconds: Mapped[int] = mapped_column(Int64, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


class HandReading(Model):
    """What one person read of a certificate at its register, with the evidence; two that agree verify it.

    `status` is null in what was read before it was asked for: such a reading agrees with none.
    """

    __tablename__ = "hand_reading"
    __table_args__ = (
        CheckConstraint("level BETWEEN 0 AND 8", name="level"),
        CheckConstraint("status IN ('valid','revoked')", name="status"),
        Index("ix_hand_reading_certificate", "certificate_id", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    certificate_id: Mapped[int] = mapped_column(Int64, ForeignKey("certificate.id"), nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    issued_on: Mapped[date] = mapped_column(Day, nullable=False)
    evaluator_code: Mapped[str] = mapped_column(Text, nullable=False)
    status: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text, nullable=False)
    read_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    read_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


translate("pk_register_system", "register_system.since", CHANGED_MEANWHILE)
