"""What is read by hand says whether the register holds the certificate valid or revoked."""

from __future__ import annotations

from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the status; what was read before has none, and agrees with no other reading."""
    op.execute(
        "ALTER TABLE hand_reading ADD COLUMN status TEXT\n"
        "CONSTRAINT ck_hand_reading_status CHECK (status IN ('valid','revoked'))"
    )
