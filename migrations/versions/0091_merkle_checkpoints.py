"""Checkpoints carry the root of a Merkle tree over the rows since the checkpoint before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns; checkpoints signed before have no root and stay as they were signed."""
    op.add_column("audit_checkpoint", sa.Column("first_seq", t.Int64(), nullable=True))
    op.add_column("audit_checkpoint", sa.Column("merkle_root", t.Text(), nullable=True))
