"""One proposal of an institution's account waits at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

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
        raise RuntimeError(
            f"{waiting} 家机构有两份以上等待确认的收款账户：请先在“收款账户”页办结到只剩一份（确认，或不予更正），再升级"
        )
    op.create_index(
        "uq_payee_account_waiting",
        "payee_account",
        ["institution_id"],
        unique=True,
        sqlite_where=sa.text(WAITS),
        postgresql_where=sa.text(WAITS),
    )
