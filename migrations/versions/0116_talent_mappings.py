"""Which certificates count for which of the five categories of talent, as dated rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0116"
down_revision = "0115"
branch_labels = None
depends_on = None

TABLE = "talent_mapping"
TOLD = f"{TABLE} rows are never deleted"
CHECKS = {
    "category": "category IN ('manager','professional','skilled','rural','social_work')",
    "says_which": "kind IS NOT NULL OR trades IS NOT NULL",
    "dates": "until IS NULL OR until >= since",
}


def upgrade() -> None:
    """Create the table; a row that stood once is never deleted."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("category", t.Text(), nullable=False),
        sa.Column("kind", t.Text(), nullable=True),
        sa.Column("trades", t.Text(), nullable=True),
        sa.Column("words", t.Text(), nullable=False),
        sa.Column("provisional", t.Flag(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("document", t.Text(), nullable=False),
        sa.Column("source", t.Text(), nullable=False),
        *(sa.CheckConstraint(said, name=op.f(f"ck_{TABLE}_{name}")) for name, said in CHECKS.items()),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("code", "since", name=op.f(f"uq_{TABLE}_code_since")),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{TOLD}')"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_truncate()"
    )
