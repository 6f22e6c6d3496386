"""Keys that sign, the lists of status places, and the lists of trusted keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

SIGNS = "signing_since IS NOT NULL AND verify_only_since IS NULL AND removed_at IS NULL"
WAITS = "signing_since IS NULL AND removed_at IS NULL"
CHANGED = "changed_at IS NOT NULL"
TABLES = ("signing_key", "status_list", "status_place", "trust_list")
FIXED_COLUMNS = {
    "signing_key": ("purpose", "alg", "kid", "kid4", "jwk", "place", "made_at"),
    "status_list": ("opened_at",),
}


def upgrade() -> None:
    """Create the tables and what keeps them."""
    _create_keys()
    _create_status()
    op.create_table(
        "trust_list",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("issued_at", t.UtcTime(), nullable=False),
        sa.Column("root", t.Text(), nullable=False),
        sa.Column("jws", t.Text(), nullable=False),
        sa.Column("published_at", t.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_list")),
        sa.UniqueConstraint("issued_at", name=op.f("uq_trust_list_issued_at")),
        sqlite_strict=True,
    )
    _create_triggers()


def _create_keys() -> None:
    op.create_table(
        "signing_key",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("purpose", t.Text(), nullable=False),
        sa.Column("alg", t.Text(), nullable=False),
        sa.Column("kid", t.Text(), nullable=False),
        sa.Column("kid4", t.Text(), nullable=False),
        sa.Column("jwk", t.Json(), nullable=False),
        sa.Column("place", t.Text(), nullable=False),
        sa.Column("made_at", t.UtcTime(), nullable=False),
        sa.Column("signing_since", t.UtcTime(), nullable=True),
        sa.Column("verify_only_since", t.UtcTime(), nullable=True),
        sa.Column("removed_at", t.UtcTime(), nullable=True),
        sa.Column("removed_why", t.Text(), nullable=True),
        sa.CheckConstraint("length(kid) = 43", name=op.f("ck_signing_key_kid_length")),
        sa.CheckConstraint(
            "purpose IN ('issuer','status','trust_root')", name=op.f("ck_signing_key_purpose")
        ),
        sa.CheckConstraint("place IN ('file','pkcs11','outside')", name=op.f("ck_signing_key_place")),
        sa.CheckConstraint(
            "verify_only_since IS NULL OR signing_since IS NOT NULL", name=op.f("ck_signing_key_signed_first")
        ),
        sa.CheckConstraint(
            "(removed_at IS NULL) = (removed_why IS NULL)", name=op.f("ck_signing_key_removed_why")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
        sa.UniqueConstraint("kid", name=op.f("uq_signing_key_kid")),
        sqlite_strict=True,
    )
    op.create_index("ix_signing_key_kid4", "signing_key", ["kid4"])
    for name, condition in (("uq_signing_key_signing", SIGNS), ("uq_signing_key_next", WAITS)):
        op.create_index(
            name,
            "signing_key",
            ["purpose"],
            unique=True,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )


def _create_status() -> None:
    op.create_table(
        "status_list",
        sa.Column("sl", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.Column("signed_at", t.UtcTime(), nullable=True),
        sa.Column("token", t.Text(), nullable=True),
        sa.Column("kid", t.Text(), nullable=True),
        sa.CheckConstraint("sl BETWEEN 1 AND 65535", name=op.f("ck_status_list_number")),
        sa.CheckConstraint("(token IS NULL) = (signed_at IS NULL)", name=op.f("ck_status_list_signed")),
        sa.PrimaryKeyConstraint("sl", name=op.f("pk_status_list")),
        sqlite_strict=True,
    )
    op.create_table(
        "status_place",
        sa.Column("sl", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("si", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("value", t.Int64(), nullable=False),
        sa.Column("changed_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("si BETWEEN 0 AND 1048575", name=op.f("ck_status_place_index")),
        sa.CheckConstraint("value BETWEEN 0 AND 2", name=op.f("ck_status_place_value")),
        sa.ForeignKeyConstraint(["sl"], ["status_list.sl"], name=op.f("fk_status_place_sl")),
        sa.PrimaryKeyConstraint("sl", "si", name=op.f("pk_status_place")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_status_place_changed",
        "status_place",
        ["sl", "changed_at"],
        sqlite_where=sa.text(CHANGED),
        postgresql_where=sa.text(CHANGED),
    )


def _create_triggers() -> None:
    for table in TABLES:
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    _refuse("trust_list_no_update", "trust_list", "UPDATE", "trust_list is append only")
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    for table, columns in FIXED_COLUMNS.items():
        for column in columns:
            _refuse(
                f"{table}_{column}_fixed",
                table,
                f"UPDATE OF {column}",
                f"{table}.{column} never changes",
                f"OLD.{column} {word} NEW.{column}",
            )
    # a moment that has passed stays as it was, so no key comes back
    for column in ("signing_since", "verify_only_since", "removed_at"):
        _refuse(
            f"signing_key_{column}_stands",
            "signing_key",
            f"UPDATE OF {column}",
            f"signing_key.{column} is written once",
            f"OLD.{column} IS NOT NULL AND OLD.{column} {word} NEW.{column}",
        )
    _refuse(
        "status_place_ended_stands",
        "status_place",
        "UPDATE OF value",
        "an ended place stays ended",
        "OLD.value = 1 AND NEW.value <> 1",
    )


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
