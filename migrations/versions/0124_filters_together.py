"""Several filters at once: those of few words are kept together; those of many find their few by an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0124"
down_revision = "0123"
branch_labels = None
depends_on = None

STEPS = ("issued", "accepted", "enrolled", "redeemed", "completed", "certified", "settled")
MEASURES = (*STEPS, "ended", "reserved_fen", "paid_fen")
PLACE = ("region_code", "issued_month", "fund", "level", "person_group")
ENDING = ("came_from", "ended_as", "why")
LOST = ("region_code", "fund", "level", "person_group", "issued_month", *ENDING)
# a region's own vouchers under its code, and under '*' and the code those of everything below as well
NODES = """
    WITH RECURSIVE up(code, top) AS (
        SELECT code, code FROM region
        UNION SELECT up.code, r.parent_code FROM up JOIN region r ON r.code = up.top
        WHERE r.parent_code IS NOT NULL
    ), node(code, node) AS (SELECT code, '*' || top FROM up UNION ALL SELECT code, code FROM region)
"""


def upgrade() -> None:
    """Create both tables, make their rows of what is counted already, and index what they do not hold."""
    _create("statistic_cuboid", PLACE, MEASURES)
    _create("statistic_cuboid_loss", LOST, ("times",))
    listed, sums = ", ".join(PLACE), ", ".join(f"CAST(sum({each}) AS BIGINT)" for each in MEASURES)
    if op.get_bind().dialect.name == "sqlite":
        sums = sums.replace("BIGINT", "INTEGER")
    op.execute(
        f"INSERT INTO statistic_cuboid ({listed}, {', '.join(MEASURES)}) "  # noqa: S608 — words of our own
        f"SELECT {listed}, {sums} FROM statistic_cell GROUP BY {listed}"
    )
    told = ", ".join(LOST[1:])
    op.execute(
        f"INSERT INTO statistic_cuboid_loss (region_code, {told}, times) {NODES} "  # noqa: S608
        f"SELECT n.node, {told}, count(*) FROM statistic_fact f JOIN node n ON n.code = f.region_code "
        f"WHERE f.ended_as <> '' GROUP BY n.node, {told}"
    )
    op.create_index("ix_statistic_cell_programme", "statistic_cell", ["programme_id"])
    blend = ["trade_code", "level", "person_group", "fund"]
    op.create_index("ix_statistic_cell_trade", "statistic_cell", blend)
    op.create_index("ix_statistic_fact_blend", "statistic_fact", ["person_group", "level", "fund"])
    where = sa.text("ended_as <> ''")
    op.create_index(
        "ix_statistic_fact_lost", "statistic_fact", blend, sqlite_where=where, postgresql_where=where
    )


def _create(table: str, keys: tuple[str, ...], sums: tuple[str, ...]) -> None:
    op.create_table(
        table,
        *(
            sa.Column(name, t.Int64(), nullable=False, autoincrement=False)
            if name == "level"
            else sa.Column(name, t.Text(), nullable=False)
            for name in keys
        ),
        *(sa.Column(name, t.Int64(), nullable=False) for name in sums),
        sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{table}")),
        sqlite_strict=True,
    )
