"""Looks at personal data are found among millions of rows of the trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0099"
down_revision = "0098"
branch_labels = None
depends_on = None

LOOKS = "act IN ('look','look_at_proof','look_at_phone','look_unmasked')"


def upgrade() -> None:
    """Add the index of the rows that are looks."""
    op.create_index(
        "ix_audit_row_looks",
        "audit_row",
        ["id"],
        sqlite_where=sa.text(LOOKS),
        postgresql_where=sa.text(LOOKS),
    )
