"""When the holder of a session last proved the second factor in order to sign."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: sessions that are open have proven nothing for signing yet."""
    op.add_column("web_session", sa.Column("signing_proven_at", t.UtcTime(), nullable=True))
