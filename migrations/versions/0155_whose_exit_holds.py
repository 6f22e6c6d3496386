"""A hold names the institution whose exit opened it in a column: the reason is read by people, not by programs."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0155"
down_revision = "0160"
branch_labels = None
depends_on = None

COLUMN = "institution_id"
HOLD = sa.table("hold", *map(sa.column, ("id", "thing", "why", COLUMN)))
HOUSE = sa.table("institution", sa.column("id"))
MARK = re.compile(r"机构 ([0-9]{1,18}) ")


def upgrade() -> None:
    """Add the column; of holds that said an internal number before, the number goes there and the name stays."""
    op.add_column("hold", sa.Column(COLUMN, t.Int64(), nullable=True))
    connection = op.get_bind()
    houses = set(connection.scalars(sa.select(HOUSE.c.id)))
    marked = sa.select(HOLD.c.id, HOLD.c.why).where(HOLD.c.thing == "voucher", HOLD.c.why.like("机构 %"))
    for hold_id, why in connection.execute(marked).all():
        found = MARK.match(why)
        if found is not None and int(found[1]) in houses:
            told = {"why": why[found.end() :], COLUMN: int(found[1])}
            connection.execute(HOLD.update().where(HOLD.c.id == hold_id).values(told))
