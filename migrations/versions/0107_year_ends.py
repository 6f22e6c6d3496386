"""A budget is carried over the end of its year by two people; nothing is left in the year that is over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0107"
down_revision = "0106"
branch_labels = None
depends_on = None

TABLE = "year_end"
LEFT = (
    "NEW.carried_into_id IS NOT NULL"
    " AND (NEW.reserved_fen <> 0 OR NEW.granted_fen <> NEW.spent_fen + NEW.returned_fen)"
)
UNDONE = "OLD.carried_into_id IS NOT NULL AND NEW.carried_into_id IS NULL"


def upgrade() -> None:
    """Let a budget say where its money went, create the table, and hold both with triggers."""
    small = op.get_bind().dialect.name == "sqlite"
    op.add_column("budget", sa.Column("carried_into_id", t.Int64(), nullable=True))
    _create_year_ends()
    _refuse("budget_year_over", "budget", "UPDATE", "the year of this budget is over", LEFT)
    _refuse("budget_year_stays_over", "budget", "UPDATE", "the year of this budget is over", UNDONE)
    _refuse(f"{TABLE}_no_delete", TABLE, "DELETE", f"{TABLE} rows are never deleted")
    _refuse(
        f"{TABLE}_final", TABLE, "UPDATE", "what was done stays",
        "OLD.done_at IS NOT NULL OR OLD.dropped_at IS NOT NULL",
    )  # fmt: skip
    if not small:
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )


def _create_year_ends() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("budget_id", t.Int64(), nullable=False),
        sa.Column("carries_reserved", t.Flag(), nullable=False),
        sa.Column("carries_rest", t.Flag(), nullable=False),
        sa.Column("document", t.Text(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("dropped_by_person_id", t.Int64(), nullable=True),
        sa.Column("dropped_at", t.UtcTime(), nullable=True),
        sa.Column("into_budget_id", t.Int64(), nullable=True),
        sa.Column("moved_count", t.Int64(), nullable=True),
        sa.Column("moved_fen", t.Int64(), nullable=True),
        sa.Column("rest_fen", t.Int64(), nullable=True),
        sa.Column("done_by_person_id", t.Int64(), nullable=True),
        sa.Column("done_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("done_by_person_id <> asked_by_person_id", name=op.f("ck_year_end_two_people")),
        sa.CheckConstraint(
            "(done_at IS NULL) = (done_by_person_id IS NULL) AND (done_at IS NULL) = (into_budget_id IS NULL)"
            " AND (done_at IS NULL) = (moved_count IS NULL) AND (done_at IS NULL) = (moved_fen IS NULL)"
            " AND (done_at IS NULL) = (rest_fen IS NULL)",
            name=op.f("ck_year_end_done_whole"),
        ),
        sa.CheckConstraint(
            "(dropped_at IS NULL) = (dropped_by_person_id IS NULL)", name=op.f("ck_year_end_dropped_by")
        ),
        sa.CheckConstraint("done_at IS NULL OR dropped_at IS NULL", name=op.f("ck_year_end_done_or_dropped")),
        sa.CheckConstraint("budget_id <> into_budget_id", name=op.f("ck_year_end_two_budgets")),
        sa.CheckConstraint("length(document) > 0", name=op.f("ck_year_end_document")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_year_end_{column}"))
            for column, table in (
                ("budget_id", "budget"),
                ("into_budget_id", "budget"),
                ("asked_by_person_id", "person"),
                ("dropped_by_person_id", "person"),
                ("done_by_person_id", "person"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_year_end")),
        sqlite_strict=True,
    )
    open_only = sa.text("done_at IS NULL AND dropped_at IS NULL")
    op.create_index(
        "uq_year_end_open", TABLE, ["budget_id"], unique=True, sqlite_where=open_only,
        postgresql_where=open_only,
    )  # fmt: skip


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
