"""The way somebody without a voucher entered an exam by, with its evidence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

TABLE = "candidate_entry"


def upgrade() -> None:
    """Create the table: what was declared stands."""
    op.create_table(
        TABLE,
        sa.Column("candidate_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("education", t.Text(), nullable=True),
        sa.Column("evidence", t.Text(), nullable=False),
        sa.Column("declared_at", t.UtcTime(), nullable=False),
        sa.Column("declared_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint(
            "(way = 'education') = (education IS NOT NULL)", name=op.f("ck_candidate_entry_education")
        ),
        sa.CheckConstraint("length(evidence) > 0", name=op.f("ck_candidate_entry_evidence")),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_candidate_entry_candidate_id")
        ),
        sa.PrimaryKeyConstraint("candidate_id", name=op.f("pk_candidate_entry")),
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
