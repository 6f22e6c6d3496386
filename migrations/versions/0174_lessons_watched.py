"""What the page of an online lesson saw of its learner while a segment was played: minutes open, acts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0174"
down_revision = "0173"
branch_labels = None
depends_on = None

TABLE = "study_focus"


def upgrade() -> None:
    """Create the table: one row per study whose page said anything."""
    op.create_table(
        TABLE,
        sa.Column("study_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("open_minutes", t.Int64(), nullable=False),
        sa.Column("acts", t.Int64(), nullable=False),
        sa.Column("first_heard_at", t.UtcTime(), nullable=False),
        sa.Column("heard_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("open_minutes >= 0", name=op.f("ck_study_focus_open_minutes")),
        sa.CheckConstraint("acts >= 0", name=op.f("ck_study_focus_acts")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_study_focus_study_id")),
        sa.PrimaryKeyConstraint("study_id", name=op.f("pk_study_focus")),
        sqlite_strict=True,
    )
