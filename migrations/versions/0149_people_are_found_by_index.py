"""People under several filters, and the reasons under a trade, are read from indexes that hold the filters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0149"
down_revision = "0132"
branch_labels = None
depends_on = None

FACT = "statistic_fact"
LEFT = sa.text("ended_as <> ''")
NARROW = ("person_group", "level", "fund")
REASONS = ("region_code", "issued_month", "came_from", "ended_as", "why")


def upgrade() -> None:
    """Put the other filters behind the trade and the region, and the reasons beside what they are asked by."""
    _replace("ix_statistic_fact_trade", ("trade_code", *NARROW, "issued_month"))
    _replace("ix_statistic_fact_lost", ("trade_code", "fund", "level", "person_group", *REASONS), LEFT)
    op.create_index("ix_statistic_fact_region", FACT, ["region_code", *NARROW, "trade_code", "issued_month"])


def _replace(name: str, columns: tuple[str, ...], where: sa.TextClause | None = None) -> None:
    op.drop_index(name, FACT)
    op.create_index(name, FACT, list(columns), sqlite_where=where, postgresql_where=where)
