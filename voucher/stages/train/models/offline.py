"""Scans without a network (离线登记): what a counter noted, and what became of it once it was sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.types import Bytes, Int64, Text, UtcTime

CONFIRMED, CONFLICT, REFUSED = "confirmed", "conflict", "refused"
SEALED = "offline_scan.digits"
OPEN_CASE = text("outcome = 'conflict' AND closed_at IS NULL")


class OfflineScan(Model):
    """One scan a counter made without a network, kept once whatever the number of times it is sent.

    A confirmed one stands on the redemption of its voucher in its class; a conflict is a case the office
    looks into and closes, and makes nobody redeemed. `digest` is a blind index of the code; the code itself,
    which names its holder, is sealed under the holder's key. `shown_at` is in unix seconds, by the phone.
    """

    __tablename__ = "offline_scan"
    __table_args__ = (
        UniqueConstraint("institution_id", "client_id"),
        CheckConstraint("outcome IN ('confirmed','conflict','refused')", name="outcome"),
        CheckConstraint("(outcome = 'confirmed') = (redemption_id IS NOT NULL)", name="confirmed"),
        CheckConstraint("(outcome = 'confirmed') = (code IS NULL)", name="reason"),
        CheckConstraint("(code IS NULL) = (title IS NULL)", name="told"),
        CheckConstraint("outcome = 'refused' OR voucher_id IS NOT NULL", name="known"),
        CheckConstraint("(closed_at IS NULL) = (closed_by_person_id IS NULL)", name="closed_by"),
        CheckConstraint("(closed_at IS NULL) = (conclusion IS NULL)", name="concluded"),
        CheckConstraint("closed_at IS NULL OR outcome = 'conflict'", name="case_closed"),
        Index("ix_offline_scan_class", "class_id", "id"),
        Index("ix_offline_scan_device", "device_id"),
        Index("ix_offline_scan_open", "class_id", sqlite_where=OPEN_CASE, postgresql_where=OPEN_CASE),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    client_id: Mapped[str] = mapped_column(Text, nullable=False)
    digest: Mapped[str] = mapped_column(Text, nullable=False)
    voucher_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("voucher.id"))
    device_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("device.id"))
    digits_sealed: Mapped[bytes | None] = mapped_column(Bytes)
    shown_at: Mapped[int | None] = mapped_column(Int64)
    scanned_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    received_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    received_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    outcome: Mapped[str] = mapped_column(Text, nullable=False)
    code: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    next_step: Mapped[str | None] = mapped_column(Text)
    redemption_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("redemption.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_by_person_id: Mapped[int | None] = mapped_column(Int64)
    conclusion: Mapped[str | None] = mapped_column(Text)


sealed_of_person(
    OfflineScan.digits_sealed,
    SEALED,
    lambda person_id: OfflineScan.voucher_id.in_(
        select(Voucher.id).where(Voucher.holder_person_id == person_id)
    ),
)
translate(
    "uq_offline_scan_institution_id_client_id",
    "offline_scan.institution_id, offline_scan.client_id",
    CHANGED_MEANWHILE,
)
