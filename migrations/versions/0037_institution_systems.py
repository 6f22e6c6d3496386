"""Institutions' own systems sign in: who they are, their secrets and tokens as hashes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

NEVER_DELETED = ("institution_system", "system_secret")
FIXED = {
    "institution_system": ("institution_id", "user_id", "client_id", "scopes", "registered_by_person_id"),
    "system_secret": ("system_id", "secret_index"),
    "system_token": ("system_id", "secret_id", "scopes", "expires_at"),
}
ONE_WAY = {
    "institution_system_stays_revoked": ("institution_system", "revoked_at"),
    "system_secret_stays_ended": ("system_secret", "ended_at"),
}


def upgrade() -> None:
    """Create the three tables; what is revoked or ended stays so."""
    _create_institution_system()
    _create_system_secret()
    _create_system_token()
    for table in NEVER_DELETED:
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    for table, columns in FIXED.items():
        for column in columns:
            _refuse(
                f"{table}_{column}_fixed",
                table,
                f"UPDATE OF {column}",
                f"{table}.{column} never changes",
                f"OLD.{column} {word} NEW.{column}",
            )
    for name, (table, column) in ONE_WAY.items():
        told = f"{table}.{column} goes one way"
        _refuse(name, table, f"UPDATE OF {column}", told, f"OLD.{column} IS NOT NULL")


def _refuse(name: str, table: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {table}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {table} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )


def _create_institution_system() -> None:
    op.create_table(
        "institution_system",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("user_id", t.Int64(), nullable=False),
        sa.Column("client_id", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("scopes", t.Text(), nullable=False),
        sa.Column("registered_by_person_id", t.Int64(), nullable=False),
        sa.Column("registered_at", t.UtcTime(), nullable=False),
        sa.Column("revoked_at", t.UtcTime(), nullable=True),
        sa.Column("revoked_by_person_id", t.Int64(), nullable=True),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_by_person_id IS NULL)",
            name=op.f("ck_institution_system_revoked_by_somebody"),
        ),
        sa.CheckConstraint("length(scopes) > 0", name=op.f("ck_institution_system_scopes")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_institution_system_institution_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_institution_system_user_id")),
        sa.ForeignKeyConstraint(
            ["registered_by_person_id"],
            ["person.id"],
            name=op.f("fk_institution_system_registered_by_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by_person_id"], ["person.id"], name=op.f("fk_institution_system_revoked_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution_system")),
        sa.UniqueConstraint("user_id", name=op.f("uq_institution_system_user_id")),
        sa.UniqueConstraint("client_id", name=op.f("uq_institution_system_client_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_institution_system_institution", "institution_system", ["institution_id"])


def _create_system_secret() -> None:
    op.create_table(
        "system_secret",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("system_id", t.Int64(), nullable=False),
        sa.Column("secret_index", t.Text(), nullable=False),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.Column("expires_at", t.UtcTime(), nullable=True),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["system_id"], ["institution_system.id"], name=op.f("fk_system_secret_system_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_system_secret")),
        sa.UniqueConstraint("secret_index", name=op.f("uq_system_secret_secret_index")),
        sqlite_strict=True,
    )
    standing = sa.text("expires_at IS NULL AND ended_at IS NULL")
    op.create_index(
        "uq_system_secret_standing",
        "system_secret",
        ["system_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def _create_system_token() -> None:
    op.create_table(
        "system_token",
        sa.Column("token_hash", t.Text(), nullable=False),
        sa.Column("system_id", t.Int64(), nullable=False),
        sa.Column("secret_id", t.Int64(), nullable=False),
        sa.Column("scopes", t.Text(), nullable=False),
        sa.Column("issued_at", t.UtcTime(), nullable=False),
        sa.Column("expires_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("expires_at > issued_at", name=op.f("ck_system_token_expires_later")),
        sa.ForeignKeyConstraint(
            ["system_id"], ["institution_system.id"], name=op.f("fk_system_token_system_id")
        ),
        sa.ForeignKeyConstraint(["secret_id"], ["system_secret.id"], name=op.f("fk_system_token_secret_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_system_token")),
        sqlite_strict=True,
    )
    op.create_index("ix_system_token_system", "system_token", ["system_id", "expires_at"])
