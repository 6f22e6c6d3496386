"""Of the letters in one lane one is under way at a time; a resumed system is sent what it missed in portions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

LANED = sa.text("lane IS NOT NULL AND sent_at IS NULL AND given_up_at IS NULL")


def upgrade() -> None:
    """Add the columns."""
    op.add_column("outbox", sa.Column("lane", t.Text(), nullable=True))
    op.add_column("outbox", sa.Column("leased_until", t.UtcTime(), nullable=True))
    op.create_index(
        "ix_outbox_lane",
        "outbox",
        ["lane", "leased_until"],
        unique=False,
        sqlite_where=LANED,
        postgresql_where=LANED,
    )
    op.add_column("webhook", sa.Column("resent_upto", t.Int64(), nullable=True))
    op.add_column("webhook", sa.Column("resend_upto", t.Int64(), nullable=True))
