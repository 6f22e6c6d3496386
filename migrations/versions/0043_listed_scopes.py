"""A year's list may name the occupations and levels an institution is listed for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "listing_scope",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("listing_id", t.Int64(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.CheckConstraint("level BETWEEN 0 AND 8", name=op.f("ck_listing_scope_level")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["institution_listing.id"], name=op.f("fk_listing_scope_listing_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_scope")),
        sa.UniqueConstraint(
            "listing_id", "trade_code", "level", name=op.f("uq_listing_scope_listing_id_trade_code_level")
        ),
        sqlite_strict=True,
    )
