"""One proposal of an institution's account waits at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing.schema import UPGRADE_WAITS

revision = "0230"
down_revision = "0235"
branch_labels = None
depends_on = None

WAITS = "state IN ('suggested','proposed')"


def upgrade() -> None:
    """Hold it by an index; where two wait already, somebody decides which before anything is changed."""
    account = sa.table("payee_account", sa.column("institution_id"), sa.column("state"))
    doubled = (
        sa.select(account.c.institution_id)
        .where(account.c.state.in_(("suggested", "proposed")))
        .group_by(account.c.institution_id)
        .having(sa.func.count() > 1)
    )
    waiting = len(op.get_bind().execute(doubled).all())
    if waiting:
        raise UPGRADE_WAITS.refused(
            what=f"{waiting} 家机构各有两份以上收款账户等待确认",
            first="请装回升级前的程序，每家办结到只剩一份：待本机构确认的由机构另一人确认或不同意，"
            "待人社部门确认的在“收款账户”页确认或不予更正",
        )
    op.create_index(
        "uq_payee_account_waiting",
        "payee_account",
        ["institution_id"],
        unique=True,
        sqlite_where=sa.text(WAITS),
        postgresql_where=sa.text(WAITS),
    )
