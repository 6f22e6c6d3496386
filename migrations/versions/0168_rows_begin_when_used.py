"""What came into use on a day begins on that day: the yearly cap of 评价补贴, and the amount of its own for 岗前培训."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0168"
down_revision = "0165"
branch_labels = None
depends_on = None

FOUNDED, SHIPPED = date(2021, 10, 28), date(2022, 3, 31)
LAST_DAY, FIRST_DAY = date(2026, 11, 22), date(2026, 11, 23)
# the words of the row as it was shipped with the cap written over the empty one
OVERWRITTEN = "【参】每人每年3次，与培训补贴分开计（DOMAIN 2.6-3、N3、N7）"
PARAMETER = sa.table(
    "parameter",
    *(sa.column(name, t.Text()) for name in ("name", "region_code", "value", "source")),
    *(sa.column(name, t.Day()) for name in ("since", "until")),
)
STANDARD = sa.table(
    "standard", sa.column("code", t.Text()), sa.column("since", t.Day()), sa.column("amount_fen", t.Int64())
)


def upgrade() -> None:
    """Close the row without a cap; the row with one is added with the other shipped rows.

    A row somebody has changed is left as it is.
    """
    own = sa.or_(
        PARAMETER.c.value == "", sa.and_(PARAMETER.c.value == "3", PARAMETER.c.source == OVERWRITTEN)
    )
    op.execute(
        PARAMETER.update()
        .where(
            PARAMETER.c.name == "yearly_cap_evaluation",
            PARAMETER.c.region_code == "*",
            PARAMETER.c.since == FOUNDED,
            PARAMETER.c.until.is_(None),
            own,
        )
        .values(value="", until=LAST_DAY)
    )
    op.execute(
        STANDARD.update()
        .where(STANDARD.c.code == "TR-G", STANDARD.c.since == SHIPPED, STANDARD.c.amount_fen == 300_00)
        .values(since=FIRST_DAY)
    )
