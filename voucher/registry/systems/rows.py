"""Institutions' own systems (系统接入): what each may do, its secrets and its tokens, kept as hashes only."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.rules.actor import Role


class SystemScope(StrEnum):
    """What a system is registered for; none reaches an act that asks for a second person."""

    SCAN = "scan"
    ATTENDANCE = "attendance"
    READ = "read"


SCOPE_NAMES: dict[SystemScope, str] = {
    SystemScope.SCAN: "核销：看码、锁定、核销、上传离线登记",
    SystemScope.ATTENDANCE: "到课：登记到课（更正由人办理）",
    SystemScope.READ: "查看：班级、课次、花名册（掩码）、扫码记录、申领进度",
}
# the one role a request stands on, by what it needs: never two at once
SCOPE_ROLES: dict[SystemScope, Role] = {
    SystemScope.SCAN: Role.SCANNER,
    SystemScope.ATTENDANCE: Role.TEACHER,
    SystemScope.READ: Role.REGISTRAR,
}


class InstitutionSystem(Model):
    """A system of an institution; its account names it in the trail, its hand is who registered it."""

    __tablename__ = "institution_system"
    __table_args__ = (
        CheckConstraint("(revoked_at IS NULL) = (revoked_by_person_id IS NULL)", name="revoked_by_somebody"),
        CheckConstraint("length(scopes) > 0", name="scopes"),
        Index("ix_institution_system_institution", "institution_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    user_id: Mapped[int] = mapped_column(Int64, ForeignKey("user_account.id"), nullable=False, unique=True)
    client_id: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    scopes: Mapped[str] = mapped_column(Text, nullable=False)
    registered_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    registered_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))


class SystemSecret(Model):
    """One secret of a system: the newest one stands, the one before it for some hours after a rotation."""

    __tablename__ = "system_secret"
    __table_args__ = (
        Index(
            "uq_system_secret_standing",
            "system_id",
            unique=True,
            sqlite_where=text("expires_at IS NULL AND ended_at IS NULL"),
            postgresql_where=text("expires_at IS NULL AND ended_at IS NULL"),
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    system_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution_system.id"), nullable=False)
    secret_index: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    opened_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SystemToken(Model):
    """An access token by its hash; it dies with the secret it was fetched with where that one is ended."""

    __tablename__ = "system_token"
    __table_args__ = (
        CheckConstraint("expires_at > issued_at", name="expires_later"),
        Index("ix_system_token_system", "system_id", "expires_at"),
        {"sqlite_strict": True},
    )

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    system_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution_system.id"), nullable=False)
    secret_id: Mapped[int] = mapped_column(Int64, ForeignKey("system_secret.id"), nullable=False)
    scopes: Mapped[str] = mapped_column(Text, nullable=False)
    issued_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


translate("uq_system_secret_standing", "system_secret.system_id", CHANGED_MEANWHILE)
