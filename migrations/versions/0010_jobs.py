"""The table of jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this step."""
    op.create_table(
        "job",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("progress_done", t.Int64(), nullable=False),
        sa.Column("progress_total", t.Int64(), nullable=True),
        sa.Column("payload", t.Json(), nullable=False),
        sa.Column("result", t.Json(), nullable=True),
        sa.Column("error_code", t.Text(), nullable=True),
        sa.Column("created_at", t.UtcTime(), nullable=False),
        sa.Column("pushed_at", t.UtcTime(), nullable=False),
        sa.Column("started_at", t.UtcTime(), nullable=True),
        sa.Column("seen_at", t.UtcTime(), nullable=True),
        sa.Column("finished_at", t.UtcTime(), nullable=True),
        sa.Column("created_by_user_id", t.Int64(), nullable=False),
        sa.Column("attempts", t.Int64(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_job_state_known")
        ),
        sa.CheckConstraint(
            "(state IN ('done', 'failed')) = (finished_at IS NOT NULL)",
            name=op.f("ck_job_finished_when_over"),
        ),
        sa.CheckConstraint(
            "(state = 'failed') = (error_code IS NOT NULL)", name=op.f("ck_job_failed_with_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sqlite_strict=True,
    )
    op.create_index("ix_job_state", "job", ["state", "pushed_at"], unique=False)
