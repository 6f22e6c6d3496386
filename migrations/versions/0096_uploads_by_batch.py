"""A file for the national register may be of one exam."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0096"
down_revision = "0095"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add whose exam a file is of; those written before are of a period."""
    op.add_column("register_upload", sa.Column("evaluation_batch", t.Text(), nullable=True))
