"""Accounts, what they may do and where, and the sessions they hold; every account belongs to a person."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Bytes, Day, Flag, Int64, Text, UtcTime


class UserAccount(Model):
    """A login; hands are compared by its person, so two accounts of one person are one hand."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("failed_count >= 0", name="failed_count"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    login: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    display_name: Mapped[str] = mapped_column(Text, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    password_hash: Mapped[str | None] = mapped_column(Text)
    totp_sealed: Mapped[bytes | None] = mapped_column(Bytes)
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    totp_last_step: Mapped[int | None] = mapped_column(Int64)
    must_change_password: Mapped[bool] = mapped_column(Flag, nullable=False, default=True)
    failed_count: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


class RoleGrant(Model):
    """One role of one account, in a region subtree or in an institution, with its days in force."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint("region_code IS NOT NULL OR institution_id IS NOT NULL", name="somewhere"),
        Index("ix_role_grant_user", "user_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    user_id: Mapped[int] = mapped_column(Int64, ForeignKey("user_account.id"), nullable=False)
    role: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    institution_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("institution.id"))
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)


class WebSession(Model):
    """A session in a browser or of a system, known by the hash of its secret only."""

    __tablename__ = "web_session"
    __table_args__ = (
        Index("ix_web_session_user", "user_id"),
        {"sqlite_strict": True},
    )

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(Int64, ForeignKey("user_account.id"), nullable=False)
    created_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    seen_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    second_factor_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
