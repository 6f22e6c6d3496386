"""Rosters issued piece by piece: how far each is, and the rows nobody is on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

FIXED = ("issue_id", "file_name", "file_sha256", "started_at")


def upgrade() -> None:
    """Create both tables with their triggers."""
    _create_issue_run()
    _create_roster_fault()
    _refuse("roster_fault_no_update", "roster_fault", "UPDATE", "roster_fault is append only")
    for table in ("roster_fault", "issue_run"):
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    for column in FIXED:
        told = f"issue_run.{column} never changes"
        changed = f"OLD.{column} {word} NEW.{column}"
        _refuse(f"issue_run_{column}_fixed", "issue_run", f"UPDATE OF {column}", told, changed)


def _create_issue_run() -> None:
    op.create_table(
        "issue_run",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("issue_id", t.Int64(), nullable=False),
        sa.Column("job_id", t.Int64(), nullable=True),
        sa.Column("file_name", t.Text(), nullable=False),
        sa.Column("file_sha256", t.Text(), nullable=False),
        sa.Column("phase", t.Text(), nullable=False),
        sa.Column("last_line", t.Int64(), nullable=False),
        sa.Column("rows_expected", t.Int64(), nullable=False),
        sa.Column("rows_read", t.Int64(), nullable=False),
        sa.Column("rows_unreadable", t.Int64(), nullable=False),
        sa.Column("lines_issued", t.Int64(), nullable=False),
        sa.Column("lines_waiting", t.Int64(), nullable=False),
        sa.Column("lines_refused", t.Int64(), nullable=False),
        sa.Column("stopped_by", t.Json(), nullable=True),
        sa.Column("asked_by_user_id", t.Int64(), nullable=False),
        sa.Column("started_at", t.UtcTime(), nullable=False),
        sa.Column("moved_at", t.UtcTime(), nullable=False),
        sa.Column("finished_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("phase IN ('running','stopped','done')", name=op.f("ck_issue_run_phase")),
        sa.CheckConstraint(
            "(phase = 'stopped') = (stopped_by IS NOT NULL)", name=op.f("ck_issue_run_stopped_with_reason")
        ),
        sa.CheckConstraint(
            "(phase = 'done') = (finished_at IS NOT NULL)", name=op.f("ck_issue_run_finished_when_done")
        ),
        sa.CheckConstraint(
            "rows_read = lines_issued + lines_waiting + lines_refused + rows_unreadable",
            name=op.f("ck_issue_run_all_counted"),
        ),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_issue_run_issue_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_issue_run_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_run")),
        sqlite_strict=True,
    )
    op.create_index("uq_issue_run_issue", "issue_run", ["issue_id"], unique=True)


def _create_roster_fault() -> None:
    op.create_table(
        "roster_fault",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("issue_id", t.Int64(), nullable=False),
        sa.Column("line", t.Int64(), nullable=False),
        sa.Column("heading", t.Text(), nullable=True),
        sa.Column("masked", t.Text(), nullable=False),
        sa.Column("refusal", t.Json(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_roster_fault_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_fault")),
        sqlite_strict=True,
    )
    op.create_index("ix_roster_fault_issue", "roster_fault", ["issue_id", "line", "id"], unique=False)


def _refuse(name: str, table: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {table}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {table} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
