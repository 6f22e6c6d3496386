"""A row of the tariffs may be ended before its last day; one proposal for each row at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

UNDECIDED_ENDING = sa.text("ends_row_id IS NOT NULL AND decided_at IS NULL")


def upgrade() -> None:
    """Add the column and the index."""
    op.add_column("tariff_proposal", sa.Column("ends_row_id", t.Int64(), nullable=True))
    op.create_index(
        "uq_tariff_proposal_ending",
        "tariff_proposal",
        ["subject", "ends_row_id"],
        unique=True,
        sqlite_where=UNDECIDED_ENDING,
        postgresql_where=UNDECIDED_ENDING,
    )
