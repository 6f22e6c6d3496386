"""A roster that is issued piece by piece may be ended for good; the database never lets it go on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

COPIED = (
    *("id", "issue_id", "job_id", "file_name", "file_sha256", "phase", "last_line", "rows_expected"),
    *("rows_read", "rows_unreadable", "lines_issued", "lines_waiting", "lines_refused", "stopped_by"),
    *("asked_by_user_id", "started_at", "moved_at", "finished_at", "rows_left_out"),
)
PHASE = "phase IN ('running','stopped','terminating','terminated','done')"
FINISHED = "(phase IN ('terminated','done')) = (finished_at IS NOT NULL)"
COUNTED = "rows_read = lines_issued + lines_waiting + lines_refused + rows_unreadable + rows_left_out"
HAND = (
    "(phase IN ('terminating','terminated')) = (terminated_at IS NOT NULL)"
    " AND (terminated_at IS NULL) = (terminated_why IS NULL)"
    " AND (terminated_at IS NULL) = (terminated_by_user_id IS NULL)"
)
LEFT_OUT = "rows_left_out = 0 OR terminated_at IS NOT NULL"
# what was terminated is only ever written off; what is over stays as it is
GOES_BACK = (
    "(OLD.phase IN ('terminated','done') AND NEW.phase <> OLD.phase)"
    " OR (OLD.phase = 'terminating' AND NEW.phase NOT IN ('terminating','terminated'))"
)
OUTCOMES = ("lines_issued", "lines_waiting", "lines_refused", "rows_unreadable")
HANDS = ("terminated_by_user_id", "terminated_why", "terminated_at")


def upgrade() -> None:
    """Widen the table, and refuse what would let a terminated run go on."""
    # every run so far has left nobody out
    op.add_column(
        "issue_run", sa.Column("rows_left_out", t.Int64(), nullable=False, server_default=sa.text("0"))
    )
    if op.get_bind().dialect.name == "postgresql":
        _widen()
    else:
        _rebuild()
    _refuse("issue_run_phase_one_way", "UPDATE OF phase", "issue_run.phase goes one way", GOES_BACK)
    for column in OUTCOMES:
        _refuse(
            f"issue_run_{column}_final",
            f"UPDATE OF {column}",
            f"a terminated issue_run moves no {column}",
            f"OLD.terminated_at IS NOT NULL AND {_changed(column)}",
        )
    for column in HANDS:
        _refuse(
            f"issue_run_{column}_stays",
            f"UPDATE OF {column}",
            f"issue_run.{column} never changes",
            f"OLD.{column} IS NOT NULL AND {_changed(column)}",
        )


def _changed(column: str) -> str:
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    return f"OLD.{column} {word} NEW.{column}"


def _widen() -> None:
    op.alter_column("issue_run", "rows_left_out", server_default=None)
    op.add_column("issue_run", sa.Column("terminated_by_user_id", t.Int64(), nullable=True))
    op.add_column("issue_run", sa.Column("terminated_why", t.Text(), nullable=True))
    op.add_column("issue_run", sa.Column("terminated_at", t.UtcTime(), nullable=True))
    for name in ("phase", "finished_when_done", "all_counted"):
        op.drop_constraint(op.f(f"ck_issue_run_{name}"), "issue_run", type_="check")
    named = {
        "phase": PHASE,
        "finished_when_over": FINISHED,
        "all_counted": COUNTED,
        "terminated_with_hand": HAND,
        "left_out_when_terminated": LEFT_OUT,
    }
    for name, held in named.items():
        op.create_check_constraint(op.f(f"ck_issue_run_{name}"), "issue_run", held)


def _rebuild() -> None:
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'issue_run'")
    )
    kept = [row.sql for row in triggers]
    rebuild(connection, "issue_run", COPIED, _create_issue_run)
    op.create_index("uq_issue_run_issue", "issue_run", ["issue_id"], unique=True)
    for trigger in kept:
        op.execute(trigger)


def _create_issue_run(name: str) -> None:
    op.create_table(
        name,
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
        sa.Column("rows_left_out", t.Int64(), nullable=False),
        sa.Column("stopped_by", t.Json(), nullable=True),
        sa.Column("asked_by_user_id", t.Int64(), nullable=False),
        sa.Column("started_at", t.UtcTime(), nullable=False),
        sa.Column("moved_at", t.UtcTime(), nullable=False),
        sa.Column("finished_at", t.UtcTime(), nullable=True),
        sa.Column("terminated_by_user_id", t.Int64(), nullable=True),
        sa.Column("terminated_why", t.Text(), nullable=True),
        sa.Column("terminated_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(PHASE, name=op.f("ck_issue_run_phase")),
        sa.CheckConstraint(
            "(phase = 'stopped') = (stopped_by IS NOT NULL)", name=op.f("ck_issue_run_stopped_with_reason")
        ),
        sa.CheckConstraint(FINISHED, name=op.f("ck_issue_run_finished_when_over")),
        sa.CheckConstraint(COUNTED, name=op.f("ck_issue_run_all_counted")),
        sa.CheckConstraint(HAND, name=op.f("ck_issue_run_terminated_with_hand")),
        sa.CheckConstraint(LEFT_OUT, name=op.f("ck_issue_run_left_out_when_terminated")),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_issue_run_issue_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_issue_run_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_run")),
        sqlite_strict=True,
    )


def _refuse(name: str, timing: str, told: str, when: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON issue_run WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON issue_run FOR EACH ROW WHEN ({when}) "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
