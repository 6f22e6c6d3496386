"""The receipts payees gave for money that arrived: every number ever written, the last one counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime


class PaymentReceipt(Model):
    """The number of the receipt for one row of a payment file the bank has answered; append-only by trigger.

    One receipt may stand for several rows. A number written again is the next revision.
    """

    __tablename__ = "payment_receipt"
    __table_args__ = (
        CheckConstraint("length(number) BETWEEN 8 AND 30", name="number"),
        CheckConstraint("revision >= 1", name="revision"),
        UniqueConstraint("payment_line_id", "revision"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    payment_line_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("bank_result.payment_line_id"), nullable=False
    )
    revision: Mapped[int] = mapped_column(Int64, nullable=False)
    number: Mapped[str] = mapped_column(Text, nullable=False)
    written_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    written_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


translate(
    "uq_payment_receipt_payment_line_id_revision",
    "payment_receipt.payment_line_id, payment_receipt.revision",
    CHANGED_MEANWHILE,
)
