"""Looking certificates up: which register is asked since when, every look-up, what people read there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Json, Text, UtcTime

# what came of a look-up: the register's word, or none
DEFINITIVE = ("found", "absent", "other_person")
UNDECIDED = text("decided_at IS NULL")
OUTCOMES = (*DEFINITIVE, "unreachable", "refused", "malformed", "resting", "unaskable")


class RegisterSystem(Model):
    """Which register answers from a day on; without an address the extracts kept in this house do."""

    __tablename__ = "register_system"
    __table_args__ = ({"sqlite_strict": True},)

    since: Mapped[date] = mapped_column(Day, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    address: Mapped[str | None] = mapped_column(Text)
    connected_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    # none in rows from before; a trigger takes no row whose change two people have not confirmed
    change_id: Mapped[int | None] = mapped_column(Int64)
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
        Index("uq_hand_reading_reader", "id", "certificate_id", "read_by_person_id", unique=True),
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


class HandVerification(Model):
    """Two readings of one certificate by two people that agreed; no look-up by hand is written without it."""

    __tablename__ = "hand_verification"
    __table_args__ = (
        CheckConstraint("checker_person_id <> confirmer_person_id", name="two_people"),
        ForeignKeyConstraint(
            ["first_reading_id", "certificate_id", "checker_person_id"],
            ["hand_reading.id", "hand_reading.certificate_id", "hand_reading.read_by_person_id"],
            name="fk_hand_verification_first",
        ),
        ForeignKeyConstraint(
            ["second_reading_id", "certificate_id", "confirmer_person_id"],
            ["hand_reading.id", "hand_reading.certificate_id", "hand_reading.read_by_person_id"],
            name="fk_hand_verification_second",
        ),
        {"sqlite_strict": True},
    )

    second_reading_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    first_reading_id: Mapped[int] = mapped_column(Int64, nullable=False)
    certificate_id: Mapped[int] = mapped_column(Int64, nullable=False)
    checker_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    confirmer_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    confirmed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


class RegisterChange(Model):
    """A wish that another register answers, or none: one person asks, another confirms, or drops it."""

    __tablename__ = "register_change"
    __table_args__ = (
        CheckConstraint("confirmed = 0 OR decided_by_person_id <> asked_by_person_id", name="two_people"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_person_id IS NULL)", name="decided_by"),
        CheckConstraint("(decided_at IS NULL) = (confirmed IS NULL)", name="decided"),
        Index("uq_register_change_open", "one", unique=True, sqlite_where=UNDECIDED,
              postgresql_where=UNDECIDED),
        CheckConstraint("one = 1", name="one"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    # the same in every row, so that one at most waits
    one: Mapped[int] = mapped_column(Int64, nullable=False, default=1)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    address: Mapped[str | None] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    confirmed: Mapped[bool | None] = mapped_column(Flag)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_register_change_open", "register_change.one", CHANGED_MEANWHILE)
translate("pk_hand_verification", "hand_verification.second_reading_id", CHANGED_MEANWHILE)
translate("pk_register_system", "register_system.since", CHANGED_MEANWHILE)
