"""The credit of institutions as it stands; who has no row has the whole of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0113"
down_revision = "0112"
branch_labels = None
depends_on = None

TABLE = "credit_score"


def upgrade() -> None:
    """Create the table; the clock counts whoever was found against before."""
    op.create_table(
        TABLE,
        sa.Column("institution_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("points", t.Int64(), nullable=False),
        sa.Column("lines", t.Json(), nullable=False),
        sa.Column("scored_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("points BETWEEN 0 AND 100", name=op.f("ck_credit_score_points")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_credit_score_institution_id")
        ),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_credit_score")),
        sqlite_strict=True,
    )
    told = f"{TABLE} rows are never deleted"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_truncate()"
    )
