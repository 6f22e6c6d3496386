"""An account keeps the day it was last used, so that forgetting its sign-ins forgets no use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.clock import day_of

revision = "0129"
down_revision = "0128"
branch_labels = None
depends_on = None

ACCOUNT, TRAIL = "user_account", "audit_row"
HAND = "claim_hand"


def upgrade() -> None:
    """Add the day; where sign-ins were forgotten before, the day of that stands for it, which errs to keeping."""
    op.add_column(ACCOUNT, sa.Column("last_seen_on", t.Day(), nullable=True))
    op.create_index(f"ix_{HAND}_person", HAND, ["person_id"])
    trail = sa.table(
        TRAIL,
        sa.column("thing", t.Text()),
        sa.column("act", t.Text()),
        sa.column("object_id", t.Int64()),
        sa.column("at", t.UtcTime()),
    )
    account = sa.table(ACCOUNT, sa.column("id", t.Int64()), sa.column("last_seen_on", t.Day()))
    forgotten = op.get_bind().execute(
        sa.select(trail.c.object_id, sa.func.max(trail.c.at, type_=t.UtcTime()))
        .where(trail.c.thing == ACCOUNT, trail.c.act == "forget_sign_ins")
        .group_by(trail.c.object_id)
    )
    for account_id, at in forgotten.all():
        op.execute(account.update().where(account.c.id == account_id).values(last_seen_on=day_of(at)))
