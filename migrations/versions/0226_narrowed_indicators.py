"""An indicator may be narrowed to a word of a dimension that its figures have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0226"
down_revision = "0228"
branch_labels = None
depends_on = None

TABLE = "indicator_narrowing"


def upgrade() -> None:
    """Create the table; what stands already is narrowed to nothing."""
    op.create_index("uq_indicator_formula", "indicator", ["id", "formula"], unique=True)
    op.create_table(
        TABLE,
        sa.Column("indicator_id", t.Int64(), nullable=False),
        *(sa.Column(name, t.Text(), nullable=False) for name in ("dimension", "formula", "word")),
        sa.CheckConstraint(
            "dimension IN ('training_kind','programme','fund','trade','level','group')",
            name=op.f("ck_indicator_narrowing_dimension"),
        ),
        sa.CheckConstraint("length(word) > 0", name=op.f("ck_indicator_narrowing_word")),
        sa.CheckConstraint(
            "formula IN ('trainings','issued','redeemed')"
            " OR (formula <> 'not_connected' AND dimension IN ('trade','level'))",
            name=op.f("ck_indicator_narrowing_fits"),
        ),
        sa.ForeignKeyConstraint(
            ["indicator_id", "formula"],
            ["indicator.id", "indicator.formula"],
            name=op.f("fk_indicator_narrowing_indicator_id_formula"),
        ),
        sa.PrimaryKeyConstraint("indicator_id", "dimension", name=op.f("pk_indicator_narrowing")),
        sqlite_strict=True,
    )
