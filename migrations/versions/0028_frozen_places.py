"""What thaws and what runs out of time is found by an index every minute, however much has been signed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

FROZEN, LIVE = sa.text("value = 2"), sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Create both indexes."""
    op.create_index(
        "ix_status_place_frozen", "status_place", ["sl", "si"], sqlite_where=FROZEN, postgresql_where=FROZEN
    )
    op.create_index(
        "ix_credential_live_until", "credential", ["expires_at"], sqlite_where=LIVE, postgresql_where=LIVE
    )
