"""Letters that have become worthless are found without looking through those that wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

OPEN = sa.text("sent_at IS NULL AND given_up_at IS NULL")


def upgrade() -> None:
    """Create the index."""
    op.create_index("ix_outbox_late", "outbox", ["good_until"], sqlite_where=OPEN, postgresql_where=OPEN)
