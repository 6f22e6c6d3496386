"""What proves at a counter that the holder is there: the T code on a screen, good once and for a minute.

The number itself is never stored, only its keyed digest; a new code ends the one before it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime


class ScreenCode(Model):
    """A T code shown on a screen: known by its digest only, good once and for a minute."""

    __tablename__ = "screen_code"
    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("expires_at > shown_at", name="moments"),
        CheckConstraint("(used_at IS NULL) = (used_for IS NULL)", name="used_for"),
        Index("uq_screen_code_current", "voucher_id", unique=True,
              sqlite_where=text("used_at IS NULL AND ended_at IS NULL"),
              postgresql_where=text("used_at IS NULL AND ended_at IS NULL")),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(Int64, ForeignKey("voucher.id"), nullable=False)
    digest: Mapped[str] = mapped_column(Text, nullable=False)
    shown_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    shown_to_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
    used_for: Mapped[str | None] = mapped_column(Text)


translate("uq_screen_code_current", "screen_code.voucher_id", CHANGED_MEANWHILE)
translate("uq_screen_code_digest", "screen_code.digest", CHANGED_MEANWHILE)
