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
HOUSE = sa.table("institution", sa.column("id"), sa.column("name"))
MARK = re.compile(r"机构 ([0-9]{1,18}) ")
# what the program wrote behind the mark, the name of the institution first or left out; anybody may say the rest
STEPS = ("自愿退出（", "停业整顿（", "移出目录（", "列入黑名单（")


def upgrade() -> None:
    """Add the column; of holds the program opened for an exit, the number goes there and the name stays.

    An officer's own words that begin with a number say what they said.
    """
    op.add_column("hold", sa.Column(COLUMN, t.Int64(), nullable=True))
    connection = op.get_bind()
    houses = dict(connection.execute(sa.select(HOUSE.c.id, HOUSE.c.name)).all())
    marked = sa.select(HOLD.c.id, HOLD.c.why).where(HOLD.c.thing == "voucher", HOLD.c.why.like("机构 %"))
    for hold_id, why in connection.execute(marked).all():
        found = MARK.match(why)
        if found is None or (name := houses.get(int(found[1]))) is None:
            continue
        said = why[found.end() :].removeprefix(f"{name} ")
        if said.startswith(STEPS):
            told = {"why": f"{name}：{said}", COLUMN: int(found[1])}
            connection.execute(HOLD.update().where(HOLD.c.id == hold_id).values(told))
