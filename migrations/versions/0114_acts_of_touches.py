"""Which transaction touched a row and which wrote an act, so that a touch without an act is named."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0114"
down_revision = "0113"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let both tables say their transaction; what is there already says none, and is not asked for it."""
    op.add_column("audit_row", sa.Column("transaction_id", t.Int64(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        # a column whose default is an expression is only made with its table
        op.execute("CREATE TEMP TABLE touched AS SELECT * FROM row_touch")
        op.drop_table("row_touch")
        _create_touches()
        op.execute(
            "INSERT INTO row_touch (id, table_name, key_columns, row_key, transaction_id) "
            "SELECT id, table_name, key_columns, row_key, NULL FROM touched"
        )
        op.execute("DROP TABLE touched")
    else:
        op.execute(
            "CREATE FUNCTION current_act() RETURNS bigint LANGUAGE sql VOLATILE "
            "AS 'SELECT pg_current_xact_id()::text::bigint'"
        )
        op.add_column("row_touch", sa.Column("transaction_id", t.Int64(), nullable=True))
        for table in ("row_touch", "audit_row"):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN transaction_id SET DEFAULT current_act()")
    op.create_index(
        "ix_audit_row_transaction", "audit_row", ["transaction_id"],
        postgresql_using="brin", postgresql_with={"autosummarize": "on"},
    )  # fmt: skip


def _create_touches() -> None:
    op.create_table(
        "row_touch",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("table_name", t.Text(), nullable=False),
        sa.Column("key_columns", t.Text(), nullable=False),
        sa.Column("row_key", t.Text(), nullable=False),
        sa.Column("transaction_id", t.Int64(), server_default=sa.text("(current_act())"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_row_touch")),
        sqlite_strict=True,
    )
