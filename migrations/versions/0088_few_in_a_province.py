"""People of one programme or one trade are counted in a whole province without reading all of its vouchers."""

from __future__ import annotations

from alembic import op

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None

TABLE = "statistic_fact"


def upgrade() -> None:
    """Create both indexes."""
    op.create_index("ix_statistic_fact_programme", TABLE, ["programme_id"], unique=False)
    op.create_index("ix_statistic_fact_trade", TABLE, ["trade_code"], unique=False)
