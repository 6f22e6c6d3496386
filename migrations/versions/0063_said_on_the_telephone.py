"""What somebody said on the telephone is sealed under that person's key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace the column; words written before are not kept, what followed from them stands with the voucher."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER phone_call_said_once")
    else:
        op.execute("DROP TRIGGER phone_call_said_once ON phone_call")
    op.drop_column("phone_call", "said")
    op.add_column("phone_call", sa.Column("said_sealed", sa.LargeBinary(), nullable=True))
