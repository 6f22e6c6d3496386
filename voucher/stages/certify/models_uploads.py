"""What was written for the national register (全国联网查询): every certificate once, then its corrections."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.clock import day_of
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime


class RegisterUpload(Model):
    """A file for the national register: whose certificates of which days, or of which exam, its hash.

    Append only. The file itself holds whole identity numbers and is kept nowhere: it is written again from
    its lines.
    """

    __tablename__ = "register_upload"
    __table_args__ = (
        CheckConstraint("until >= since", name="period"),
        CheckConstraint("rows >= 1", name="rows"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        Index("ix_register_upload_institution", "institution_id", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date] = mapped_column(Day, nullable=False)
    rows: Mapped[int] = mapped_column(Int64, nullable=False)
    sha256: Mapped[str] = mapped_column(Text, nullable=False)
    made_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    made_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    evaluation_batch: Mapped[str | None] = mapped_column(Text)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. LW-2024-0007."""
        return f"LW-{day_of(self.made_at).year}-{self.id:04d}"


class RegisterUploadLine(Model):
    """One certificate in one file: new, corrected or revoked; a certificate is new once. Append only.

    `digest` is keyed: what the line said, without anybody reading it from here.
    """

    __tablename__ = "register_upload_line"
    __table_args__ = (
        UniqueConstraint("certificate_id", "revision"),
        UniqueConstraint("upload_id", "certificate_id"),
        CheckConstraint("act IN ('new','correct','revoke')", name="act"),
        CheckConstraint("(act = 'new') = (revision = 1)", name="new_once"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    upload_id: Mapped[int] = mapped_column(Int64, ForeignKey("register_upload.id"), nullable=False)
    certificate_id: Mapped[int] = mapped_column(Int64, ForeignKey("certificate.id"), nullable=False)
    revision: Mapped[int] = mapped_column(Int64, nullable=False)
    act: Mapped[str] = mapped_column(Text, nullable=False)
    digest: Mapped[str] = mapped_column(Text, nullable=False)


translate(
    "uq_register_upload_line_certificate_id_revision",
    "register_upload_line.certificate_id, register_upload_line.revision",
    CHANGED_MEANWHILE,
)
translate(
    "uq_register_upload_line_upload_id_certificate_id",
    "register_upload_line.upload_id, register_upload_line.certificate_id",
    CHANGED_MEANWHILE,
)
