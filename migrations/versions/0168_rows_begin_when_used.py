"""Where the yearly cap of 评价补贴 was empty until now, it begins now: no claim of before is judged by it.

A house founded from today on has the cap from its first day, as the shipped row says; one that stands has
paid by another row, which is closed, not written over.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0168"
down_revision = "0165"
branch_labels = None
depends_on = None

NAME, FOUNDED = "yearly_cap_evaluation", date(2021, 10, 28)
LAST_DAY, FIRST_DAY = date(2026, 11, 22), date(2026, 11, 23)
PARAMETER = sa.table(
    "parameter",
    *(sa.column(name, t.Text()) for name in ("name", "region_code", "value", "unit", "source", "confidence")),
    *(sa.column(name, t.Day()) for name in ("since", "until")),
)


def upgrade() -> None:
    """Close the shipped row without a cap and begin one with it; a row somebody has changed stays as it is."""
    empty = sa.and_(
        PARAMETER.c.name == NAME,
        PARAMETER.c.region_code == "*",
        PARAMETER.c.since == FOUNDED,
        PARAMETER.c.until.is_(None),
        PARAMETER.c.value == "",
    )
    closed = op.get_bind().execute(PARAMETER.update().where(empty).values(until=LAST_DAY))
    if closed.rowcount:
        op.get_bind().execute(
            PARAMETER.insert().values(
                name=NAME,
                region_code="*",
                value="3",
                unit="次",
                since=FIRST_DAY,
                source="【参】每人每年3次，与培训补贴分开计（DOMAIN 2.6-3、N3、N7）",
                confidence="default",
            )
        )
