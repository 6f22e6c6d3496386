"""The photograph a certificate was issued with, as a keyed digest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime


class CertificatePhoto(Model):
    """The digest of the photograph a certificate was issued with, keyed, as stated; append-only."""

    __tablename__ = "certificate_photo"
    __table_args__ = (
        CheckConstraint("length(photo_index) = 64", name="digest"),
        Index("ix_certificate_photo_index", "photo_index"),
        {"sqlite_strict": True},
    )

    certificate_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("certificate.id"), primary_key=True, autoincrement=False
    )
    photo_index: Mapped[str] = mapped_column(Text, nullable=False)


class CertificatePhotoRestated(Model):
    """A digest stated later, of a certificate recorded before: the newest counts, none goes; append-only."""

    __tablename__ = "certificate_photo_restated"
    __table_args__ = (
        CheckConstraint("length(photo_index) = 64", name="digest"),
        Index("ix_certificate_photo_restated_certificate", "certificate_id", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    certificate_id: Mapped[int] = mapped_column(Int64, ForeignKey("certificate.id"), nullable=False)
    photo_index: Mapped[str] = mapped_column(Text, nullable=False)
    stated_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    stated_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
