"""A third subject from 技师 on, the comprehensive review: in results, retakes, second entries, certificates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0201"
down_revision = "0212"
branch_labels = None
depends_on = None

NAME = "comprehensive_hundredths"
CARRIED = f"carried_{NAME}"
READING = "skill_reading"
KEPT = ("id", "candidate_id", "skill_hundredths", "entered_by_person_id", "entered_at")
CHECKS = {
    ("exam_result", NAME): (
        "ck_exam_result_comprehensive",
        f"{NAME} IS NULL OR ({NAME} BETWEEN 0 AND 10000 AND mark IS NULL)",
    ),
    ("candidate", CARRIED): ("ck_candidate_comprehensive_carried", f"attempt > 1 OR {CARRIED} IS NULL"),
}
REVIEWED = f"{NAME} BETWEEN 0 AND 10000"
SOMETHING = f"skill_hundredths IS NOT NULL OR {NAME} IS NOT NULL"


def upgrade() -> None:
    """Widen the tables; nobody had such a score before, and what counts already stays as it was judged."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for (table, column), (check, condition) in CHECKS.items():
        if sqlite:
            # a check of a new column may speak of others: the rows there are hold it, as they have none
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {check} CHECK ({condition})"
            )
        else:
            op.add_column(table, sa.Column(column, t.Int64(), nullable=True))
            op.create_check_constraint(op.f(check), table, condition)
        _fix(table, column)
    op.add_column("certificate", sa.Column(NAME, t.Int64(), nullable=True))
    if sqlite:
        _rebuild_reading()
        return
    op.add_column(READING, sa.Column(NAME, t.Int64(), nullable=True))
    op.alter_column(READING, "skill_hundredths", nullable=True)
    op.create_check_constraint(op.f("ck_skill_reading_comprehensive"), READING, REVIEWED)
    op.create_check_constraint(op.f("ck_skill_reading_something"), READING, SOMETHING)


def _fix(table: str, column: str) -> None:
    """Let nobody change the column of a row that stands."""
    told, name = f"{table}.{column} never changes", f"{table}_{column}_fixed"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE OF {column} ON {table} "
            f"WHEN OLD.{column} IS NOT NEW.{column} BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE UPDATE OF {column} ON {table} FOR EACH ROW "
        f"WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION refuse_change('{told}')"
    )


def _rebuild_reading() -> None:
    """Let a second entry be of the comprehensive review alone; indexes and triggers are put back."""
    connection = op.get_bind()
    kept = connection.execute(
        sa.text(
            "SELECT sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND tbl_name = :table"
            " AND sql IS NOT NULL ORDER BY type, name"
        ),
        {"table": READING},
    ).all()
    rebuild(connection, READING, KEPT, _create_reading)
    for each in kept:
        op.execute(each.sql)


def _create_reading(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("candidate_id", t.Int64(), nullable=False),
        sa.Column("skill_hundredths", t.Int64(), nullable=True),
        sa.Column("entered_by_person_id", t.Int64(), nullable=False),
        sa.Column("entered_at", t.UtcTime(), nullable=False),
        sa.Column(NAME, t.Int64(), nullable=True),
        sa.CheckConstraint("skill_hundredths BETWEEN 0 AND 10000", name=op.f("ck_skill_reading_skill")),
        sa.CheckConstraint(REVIEWED, name=op.f("ck_skill_reading_comprehensive")),
        sa.CheckConstraint(SOMETHING, name=op.f("ck_skill_reading_something")),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_skill_reading_candidate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill_reading")),
        sqlite_strict=True,
    )
