"""Scans made without a network: kept once each, whatever became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

TABLE = "offline_scan"
FIXED = (
    "institution_id",
    "class_id",
    "client_id",
    "digest",
    "voucher_id",
    "device_id",
    "shown_at",
    "scanned_at",
    "received_at",
    "received_by_person_id",
)
# a conflict is never confirmed afterwards, and a closed case stays closed
ONE_WAY = {
    "offline_scan_not_forced": ("outcome", "OLD.outcome <> 'confirmed' AND NEW.outcome <> OLD.outcome"),
    "offline_scan_stays_closed": ("closed_at", "OLD.closed_at IS NOT NULL AND NEW.closed_at IS NULL"),
}


def upgrade() -> None:
    """Create the table with its triggers."""
    _create_offline_scan()
    _refuse("offline_scan_no_delete", TABLE, "DELETE", "offline_scan rows are never deleted")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER offline_scan_no_truncate BEFORE TRUNCATE ON offline_scan "
            "EXECUTE FUNCTION refuse_truncate()"
        )
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    for column in FIXED:
        told = f"offline_scan.{column} never changes"
        _refuse(
            f"offline_scan_{column}_fixed",
            TABLE,
            f"UPDATE OF {column}",
            told,
            f"OLD.{column} {word} NEW.{column}",
        )
    for name, (column, when) in ONE_WAY.items():
        _refuse(name, TABLE, f"UPDATE OF {column}", f"offline_scan.{column} goes one way", when)


def _create_offline_scan() -> None:
    op.create_table(
        "offline_scan",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("client_id", t.Text(), nullable=False),
        sa.Column("digest", t.Text(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=True),
        sa.Column("device_id", t.Int64(), nullable=True),
        sa.Column("digits_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("shown_at", t.Int64(), nullable=True),
        sa.Column("scanned_at", t.UtcTime(), nullable=False),
        sa.Column("received_at", t.UtcTime(), nullable=False),
        sa.Column("received_by_person_id", t.Int64(), nullable=False),
        sa.Column("outcome", t.Text(), nullable=False),
        sa.Column("code", t.Text(), nullable=True),
        sa.Column("title", t.Text(), nullable=True),
        sa.Column("next_step", t.Text(), nullable=True),
        sa.Column("redemption_id", t.Int64(), nullable=True),
        sa.Column("closed_at", t.UtcTime(), nullable=True),
        sa.Column("closed_by_person_id", t.Int64(), nullable=True),
        sa.Column("conclusion", t.Text(), nullable=True),
        sa.CheckConstraint("(outcome = 'confirmed') = (code IS NULL)", name=op.f("ck_offline_scan_reason")),
        sa.CheckConstraint(
            "(outcome = 'confirmed') = (redemption_id IS NOT NULL)", name=op.f("ck_offline_scan_confirmed")
        ),
        sa.CheckConstraint(
            "closed_at IS NULL OR outcome = 'conflict'", name=op.f("ck_offline_scan_case_closed")
        ),
        sa.CheckConstraint(
            "outcome = 'refused' OR voucher_id IS NOT NULL", name=op.f("ck_offline_scan_known")
        ),
        sa.CheckConstraint(
            "outcome IN ('confirmed','conflict','refused')", name=op.f("ck_offline_scan_outcome")
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by_person_id IS NULL)", name=op.f("ck_offline_scan_closed_by")
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (conclusion IS NULL)", name=op.f("ck_offline_scan_concluded")
        ),
        sa.CheckConstraint("(code IS NULL) = (title IS NULL)", name=op.f("ck_offline_scan_told")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_offline_scan_class_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_offline_scan_device_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_offline_scan_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["redemption_id"], ["redemption.id"], name=op.f("fk_offline_scan_redemption_id")
        ),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_offline_scan_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offline_scan")),
        sa.UniqueConstraint(
            "institution_id", "client_id", name=op.f("uq_offline_scan_institution_id_client_id")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_offline_scan_class", "offline_scan", ["class_id", "id"], unique=False)
    op.create_index("ix_offline_scan_device", "offline_scan", ["device_id"], unique=False)
    op.create_index(
        "ix_offline_scan_open",
        "offline_scan",
        ["class_id"],
        unique=False,
        sqlite_where=sa.text("outcome = 'conflict' AND closed_at IS NULL"),
        postgresql_where=sa.text("outcome = 'conflict' AND closed_at IS NULL"),
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
