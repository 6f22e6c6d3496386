"""What a notice showed when it was posted, with the fingerprint of its list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

TABLE = "notice_list"


def upgrade() -> None:
    """Create the table: what was posted stands. Notices posted before have no fingerprint kept."""
    op.create_table(
        TABLE,
        sa.Column("notice_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("line_count", t.Int64(), nullable=False),
        sa.Column("total_fen", t.Int64(), nullable=False),
        sa.Column("fingerprint", t.Text(), nullable=False),
        sa.Column("made_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("line_count >= 0 AND total_fen >= 0", name=op.f("ck_notice_list_sums")),
        sa.CheckConstraint("length(fingerprint) = 64", name=op.f("ck_notice_list_fingerprint")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_notice_list_notice_id")),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notice_list")),
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
