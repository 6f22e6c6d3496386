"""Where a house stands, the comprehensive review begins on a day: no exam sat before is judged by it.

A house founded from today on asks for it from its first day, as the shipped row says; one that stands has
exams of 技师 without it, published or sat and not yet or filed and on the slips: neither a publication nor a
correction must ask for what nobody sat. What is filed after the upgrade is filed knowing of it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.clock import day_of

revision = "0202"
down_revision = "0201"
branch_labels = None
depends_on = None

NAME, FOUNDED, LAST_DAY = "comprehensive_level_least", date(2021, 10, 28), date(2026, 11, 23)
TECHNICIAN = 5
SOURCE = "牡丹江技师学院 技师以上除理论、技能外还须综合评审（DOMAIN 2.4 考核）"
PARAMETER = sa.table(
    "parameter",
    *(sa.column(name, t.Text()) for name in ("name", "region_code", "value", "unit", "source", "confidence")),
    *(sa.column(name, t.Day()) for name in ("since", "until")),
)
BATCH = sa.table(
    "exam_batch", sa.column("level", t.Int64()), sa.column("state", t.Text()), sa.column("exam_on", t.Day())
)


def upgrade() -> None:
    """Say that it was not asked for until today and the last such exam filed; what is entered stays."""
    connection = op.get_bind()
    stands = connection.execute(sa.select(sa.func.count()).select_from(PARAMETER)).scalar()
    known = connection.execute(sa.select(PARAMETER.c.name).where(PARAMETER.c.name == NAME)).first()
    if not stands or known is not None:
        return
    last = connection.execute(
        sa.select(sa.func.max(BATCH.c.exam_on)).where(
            BATCH.c.level >= TECHNICIAN, BATCH.c.state != "cancelled"
        )
    ).scalar()
    until = max(last or LAST_DAY, LAST_DAY, day_of(datetime.now(UTC)))
    same = {"name": NAME, "region_code": "*", "unit": "等级", "source": SOURCE, "confidence": "default"}
    before = {**same, "value": "", "since": FOUNDED, "until": until}
    after = {**same, "value": str(TECHNICIAN), "since": until + timedelta(days=1), "until": None}
    connection.execute(PARAMETER.insert(), [before, after])
