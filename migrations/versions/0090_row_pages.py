"""Rows bound to the trail: which were touched, and what they said when they were bound."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0090"
down_revision = "0089"
branch_labels = None
depends_on = None

TABLE = "row_page"


def upgrade() -> None:
    """Create both tables; a page is never changed nor deleted. `voucher init` sets the triggers that touch."""
    op.create_table(
        "row_touch",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("table_name", t.Text(), nullable=False),
        sa.Column("key_columns", t.Text(), nullable=False),
        sa.Column("row_key", t.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_row_touch")),
        sqlite_strict=True,
    )
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("bound_at", t.UtcTime(), nullable=False),
        sa.Column("body", t.Json(), nullable=False),
        sa.Column("sha256", t.Text(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_row_page_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_row_page")),
        sqlite_strict=True,
    )
    for deed, told in (("UPDATE", "is append only"), ("DELETE", "rows are never deleted")):
        _refuse(f"{TABLE}_no_{deed.lower()}", deed, f"{TABLE} {told}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )


def _refuse(name: str, timing: str, told: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
