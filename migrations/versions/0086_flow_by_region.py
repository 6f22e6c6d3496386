"""What happened in a region is found by the region first: a year of one is no walk through all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None

KEPT = "CREATE TABLE statistic_flow_kept AS SELECT * FROM statistic_flow"
BACK = (
    "INSERT INTO statistic_flow (region_code, period, step, times, amount_fen)"
    " SELECT region_code, period, step, times, amount_fen FROM statistic_flow_kept"
)


def upgrade() -> None:
    """Make the table again with its key in the other order; every row is kept."""
    op.execute(KEPT)
    op.drop_table("statistic_flow")
    op.create_table(
        "statistic_flow",
        *(sa.Column(name, t.Text(), nullable=False) for name in ("region_code", "period", "step")),
        *(sa.Column(name, t.Int64(), nullable=False) for name in ("times", "amount_fen")),
        sa.PrimaryKeyConstraint("region_code", "period", "step", name=op.f("pk_statistic_flow")),
        sqlite_strict=True,
    )
    op.execute(BACK)
    op.drop_table("statistic_flow_kept")
