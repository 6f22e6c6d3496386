"""What payments meet of their payee's receivables, and which receivables two people have kept out of that."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Flag, Int64, Text, UtcTime
from voucher.rules.errors import Family, reason

OPEN = text("agreed_at IS NULL")

STAY_ASKED = reason(
    "offset_stay_asked_already",
    "对这张追回单已有人提出，正在等另一人确认",
    "请由提出人以外的人确认，不必重复提出",
    "AC-I1; 【设】暂缓、恢复抵扣须两人",
    Family.CONFLICT,
)


class PaymentOffset(Model):
    """What one payment meets of one receivable of the same payee, in fen; append-only by trigger.

    It counts once the payment has succeeded; one that fails or is voided takes nothing.
    """

    __tablename__ = "payment_offset"
    __table_args__ = (
        PrimaryKeyConstraint("payment_id", "clawback_id"),
        ForeignKeyConstraint(
            ["payment_id", "institution_id"],
            ["payment.id", "payment.institution_id"],
            name="fk_payment_offset_payment",
        ),
        ForeignKeyConstraint(
            ["clawback_id", "institution_id"],
            ["clawback.id", "clawback.institution_id"],
            name="fk_payment_offset_clawback",
        ),
        CheckConstraint("amount_fen > 0", name="amount_above_zero"),
        Index("ix_payment_offset_clawback", "clawback_id"),
        {"sqlite_strict": True},
    )

    payment_id: Mapped[int] = mapped_column(Int64, nullable=False)
    clawback_id: Mapped[int] = mapped_column(Int64, nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)


class OffsetStay(Model):
    """A receivable kept out of offsets, or let back in: asked by one person, agreed to by another.

    The newest that was agreed to is in force; never deleted, and final once agreed.
    """

    __tablename__ = "offset_stay"
    __table_args__ = (
        CheckConstraint("length(why) > 0", name="why"),
        CheckConstraint("(agreed_at IS NULL) = (agreed_by_person_id IS NULL)", name="agreed_by_somebody"),
        CheckConstraint("agreed_by_person_id <> asked_by_person_id", name="two_people"),
        Index("uq_offset_stay_open", "clawback_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    clawback_id: Mapped[int] = mapped_column(Int64, ForeignKey("clawback.id"), nullable=False)
    stays: Mapped[bool] = mapped_column(Flag, nullable=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    agreed_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    agreed_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_offset_stay_open", "offset_stay.clawback_id", STAY_ASKED)
