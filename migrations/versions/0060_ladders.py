"""Dated tables around the levels: ways onto each, places in competitions, what counts as what elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

TABLES = ("ladder_step", "competition_placing", "equivalence")


def upgrade() -> None:
    """Create the tables; a row that stood once is never deleted."""
    op.create_table(
        "ladder_step",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("method", t.Text(), nullable=False),
        sa.Column("condition", t.Text(), nullable=False),
        *_dated("ladder_step"),
        sa.CheckConstraint("level BETWEEN 1 AND 8", name=op.f("ck_ladder_step_level")),
        sa.UniqueConstraint("level", "method", "since", name=op.f("uq_ladder_step_level_method_since")),
        sqlite_strict=True,
    )
    op.create_table(
        "competition_placing",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("competition", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("team", t.Int64(), nullable=False),
        sa.Column("first", t.Int64(), nullable=False),
        sa.Column("last", t.Int64(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        *_dated("competition_placing"),
        sa.CheckConstraint("level BETWEEN 1 AND 8", name=op.f("ck_competition_placing_level")),
        sa.CheckConstraint(
            "team >= 1 AND first >= 1 AND last >= first", name=op.f("ck_competition_placing_places")
        ),
        sa.UniqueConstraint(
            "competition", "team", "first", "since",
            name=op.f("uq_competition_placing_competition_team_first_since"),
        ),
        sqlite_strict=True,
    )  # fmt: skip
    op.create_table(
        "equivalence",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("has", t.Text(), nullable=False),
        sa.Column("counts_as", t.Text(), nullable=False),
        sa.Column("condition", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=True),
        *_dated("equivalence"),
        sa.CheckConstraint("kind IN ('education','title')", name=op.f("ck_equivalence_kind")),
        sa.CheckConstraint("level BETWEEN 1 AND 8", name=op.f("ck_equivalence_level")),
        sa.UniqueConstraint("kind", "code", "since", name=op.f("uq_equivalence_kind_code_since")),
        sqlite_strict=True,
    )
    for table in TABLES:
        _refuse_delete(table)


def _dated(table: str) -> tuple[sa.Column[object] | sa.Constraint, ...]:
    return (
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("document", t.Text(), nullable=False),
        sa.Column("source", t.Text(), nullable=False),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f(f"ck_{table}_dates")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _refuse_delete(table: str) -> None:
    told = f"{table} rows are never deleted"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_truncate()"
    )
