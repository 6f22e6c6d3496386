"""The trail of one object is a line: at most one row follows another, and one is the first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the indexes of this step."""
    op.create_index("uq_audit_row_previous_hash", "audit_row", ["previous_hash"], unique=True)
    op.create_index(
        "uq_audit_row_first",
        "audit_row",
        ["thing", "object_id"],
        unique=True,
        sqlite_where=sa.text("previous_hash IS NULL"),
        postgresql_where=sa.text("previous_hash IS NULL"),
    )
