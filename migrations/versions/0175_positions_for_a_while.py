"""Where a mark was made, sealed under its person's key, where the policy asks; it goes on a dated day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0175"
down_revision = "0174"
branch_labels = None
depends_on = None

TABLE = "mark_position"


def upgrade() -> None:
    """Create the table; of marks made before nothing is known."""
    op.create_table(
        TABLE,
        sa.Column("mark_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("position_sealed", t.Bytes(), nullable=False),
        sa.Column("is_mocked", t.Int64(), nullable=True),
        sa.Column("keep_until", t.Day(), nullable=False),
        sa.CheckConstraint("is_mocked IN (0,1)", name=op.f("ck_mark_position_is_mocked")),
        sa.ForeignKeyConstraint(["mark_id"], ["attendance_mark.id"], name=op.f("fk_mark_position_mark_id")),
        sa.PrimaryKeyConstraint("mark_id", name=op.f("pk_mark_position")),
        sqlite_strict=True,
    )
    op.create_index("ix_mark_position_keep_until", TABLE, ["keep_until"], unique=False)
