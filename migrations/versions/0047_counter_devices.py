"""Devices at the counter are named, approved and struck off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "counter_device",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("secret_hash", t.Text(), nullable=False),
        sa.Column("named_at", t.UtcTime(), nullable=False),
        sa.Column("named_by_person_id", t.Int64(), nullable=False),
        sa.Column("approved_at", t.UtcTime(), nullable=True),
        sa.Column("approved_by_person_id", t.Int64(), nullable=True),
        sa.Column("struck_at", t.UtcTime(), nullable=True),
        sa.Column("struck_by_person_id", t.Int64(), nullable=True),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_by_person_id IS NULL)",
            name=op.f("ck_counter_device_approved_by"),
        ),
        sa.CheckConstraint(
            "(struck_at IS NULL) = (struck_by_person_id IS NULL)", name=op.f("ck_counter_device_struck_by")
        ),
        sa.CheckConstraint("length(secret_hash) = 64", name=op.f("ck_counter_device_secret_hash_length")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_counter_device_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_device")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_counter_device_secret_hash")),
        sqlite_strict=True,
    )
    op.create_index("ix_counter_device_institution", "counter_device", ["institution_id"], unique=False)
