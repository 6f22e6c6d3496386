"""Filters of lists that an account keeps under a name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0119"
down_revision = "0118"
branch_labels = None
depends_on = None

TABLE = "saved_filter"
KEPT = sa.text("dropped_at IS NULL")
FIXED = ("user_id", "place", "name", "query", "saved_at")
CHECKS = {
    "name": "length(name) BETWEEN 1 AND 20",
    "query": "length(query) BETWEEN 1 AND 1000",
}


def upgrade() -> None:
    """Create the table; a dropped filter keeps its row and frees its name."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("user_id", t.Int64(), nullable=False),
        sa.Column("place", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("query", t.Text(), nullable=False),
        sa.Column("saved_at", t.UtcTime(), nullable=False),
        sa.Column("dropped_at", t.UtcTime(), nullable=True),
        *(sa.CheckConstraint(said, name=op.f(f"ck_{TABLE}_{name}")) for name, said in CHECKS.items()),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f(f"fk_{TABLE}_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sqlite_strict=True,
    )
    op.create_index(
        f"uq_{TABLE}_name",
        TABLE,
        ["user_id", "place", "name"],
        unique=True,
        sqlite_where=KEPT,
        postgresql_where=KEPT,
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    _refuse(f"{TABLE}_no_delete", "DELETE", f"{TABLE} rows are never deleted")
    for column in (*FIXED, "dropped_at"):
        old, new = (f"CAST({side}.{column} AS TEXT)" for side in ("OLD", "NEW"))
        when = f"{old} {word} {new}"
        when = when if column in FIXED else f"OLD.dropped_at IS NOT NULL AND {when}"
        _refuse(f"{TABLE}_{column}_fixed", f"UPDATE OF {column}", f"{TABLE}.{column} never changes", when)
    if not sqlite:
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_truncate()"
        )


def _refuse(name: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
