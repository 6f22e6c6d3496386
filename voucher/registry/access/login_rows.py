"""The rows of signing in by telephone: codes that were sent, and tries that were refused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Bytes, Int64, Text, UtcTime


class LoginCode(Model):
    """One code sent to a number: kept as a keyed hash only; after use, what the browser holds meanwhile."""

    __tablename__ = "login_code"
    __table_args__ = (
        CheckConstraint("(used_at IS NULL) = (ticket_hash IS NULL)", name="ticket_when_used"),
        CheckConstraint("spent_at IS NULL OR used_at IS NOT NULL", name="spent_after_use"),
        CheckConstraint("expires_at > asked_at", name="expires_later"),
        Index("ix_login_code_mobile", "mobile_index", "asked_at"),
        Index("ix_login_code_asked_from", "asked_from", "asked_at"),
        Index("ix_login_code_ticket", "ticket_hash", sqlite_where=text("ticket_hash IS NOT NULL"),
              postgresql_where=text("ticket_hash IS NOT NULL")),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    mobile_index: Mapped[str] = mapped_column(Text, nullable=False)
    mobile_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    code_index: Mapped[str] = mapped_column(Text, nullable=False)
    asked_from: Mapped[str] = mapped_column(Text, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ticket_hash: Mapped[str | None] = mapped_column(Text)
    spent_at: Mapped[datetime | None] = mapped_column(UtcTime)


class LoginRefusal(Model):
    """One refused try at the telephone's door: which number, from where, why; append-only."""

    __tablename__ = "login_refusal"
    __table_args__ = (
        Index("ix_login_refusal_mobile", "mobile_index", "at"),
        Index("ix_login_refusal_asked_from", "asked_from", "at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    mobile_index: Mapped[str] = mapped_column(Text, nullable=False)
    asked_from: Mapped[str] = mapped_column(Text, nullable=False)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
