"""Holds that are over are found by what they stood on: the days they stood are read for every page of claims."""

from __future__ import annotations

from alembic import op

revision = "0211"
down_revision = "0203"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the closed holds, as the open ones are."""
    op.execute("CREATE INDEX ix_hold_closed ON hold (thing, object_id) WHERE closed_at IS NOT NULL")
