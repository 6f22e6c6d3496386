"""Towns and streets below the counties."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "street",
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("source", t.Text(), nullable=False),
        sa.CheckConstraint("length(code) = 9", name=op.f("ck_street_code_length")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_street_region_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_street")),
        sqlite_strict=True,
    )
    op.create_index("ix_street_region", "street", ["region_code"], unique=False)
