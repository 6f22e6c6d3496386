"""Beside a payment file: the layout it is written in, who was handed its bytes, and what was set aside."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime


class PaymentLayout(Model):
    """The bank layout a payment file is written in; append-only by trigger."""

    __tablename__ = "payment_layout"
    __table_args__ = ({"sqlite_strict": True},)

    payment_file_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("payment_file.id"), primary_key=True, autoincrement=False
    )
    bank_template_id: Mapped[int] = mapped_column(Int64, ForeignKey("bank_template.id"), nullable=False)


class PaymentDownload(Model):
    """One handing out of a file's bytes; every one after the first is opened by another person, with why.

    A row is written when it is opened and completed once, when the bytes are handed out.
    """

    __tablename__ = "payment_download"
    __table_args__ = (
        UniqueConstraint("payment_file_id", "turn"),
        CheckConstraint("turn > 0", name="turn"),
        CheckConstraint(
            "(turn = 1) = (why IS NULL) AND (why IS NULL) = (opened_by_person_id IS NULL)"
            " AND (why IS NULL) = (opened_at IS NULL)",
            name="again_with_why",
        ),
        CheckConstraint("turn > 1 OR downloaded_at IS NOT NULL", name="first_is_a_download"),
        CheckConstraint(
            "(downloaded_at IS NULL) = (downloaded_by_person_id IS NULL)", name="somebody_downloaded"
        ),
        CheckConstraint("opened_by_person_id <> downloaded_by_person_id", name="opened_by_another"),
        Index("uq_payment_download_open", "payment_file_id", unique=True,
              sqlite_where=text("downloaded_at IS NULL"), postgresql_where=text("downloaded_at IS NULL")),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    payment_file_id: Mapped[int] = mapped_column(Int64, ForeignKey("payment_file.id"), nullable=False)
    turn: Mapped[int] = mapped_column(Int64, nullable=False)
    why: Mapped[str | None] = mapped_column(Text)
    opened_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    opened_at: Mapped[datetime | None] = mapped_column(UtcTime)
    downloaded_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    downloaded_at: Mapped[datetime | None] = mapped_column(UtcTime)


class QuarantineSettlement(Model):
    """How a quarantined line was settled with the bank: explained by one person, agreed to by another.

    It books nothing: what the bank corrects comes in another result file.
    """

    __tablename__ = "quarantine_settlement"
    __table_args__ = (
        CheckConstraint("length(explanation) > 0", name="explained"),
        CheckConstraint("(settled_at IS NULL) = (settled_by_person_id IS NULL)", name="settled_by_somebody"),
        CheckConstraint("settled_by_person_id <> explained_by_person_id", name="settled_by_another"),
        {"sqlite_strict": True},
    )

    bank_quarantine_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("bank_quarantine.id"), primary_key=True, autoincrement=False
    )
    explanation: Mapped[str] = mapped_column(Text, nullable=False)
    explained_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    explained_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    settled_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_payment_download_open", "payment_download.payment_file_id", CHANGED_MEANWHILE)
translate(
    "uq_payment_download_payment_file_id_turn",
    "payment_download.payment_file_id, payment_download.turn",
    CHANGED_MEANWHILE,
)
