"""A correction keeps the hours that were typed where the recorded ones took their place."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; like what else was asked for, it never changes."""
    op.add_column("completion_correction", sa.Column("hours_typed", t.Int64(), nullable=True))
    name, told = "completion_correction_hours_typed_fixed", "completion_correction.hours_typed stays"
    head = f"CREATE TRIGGER {name} BEFORE UPDATE OF hours_typed ON completion_correction"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"{head} WHEN OLD.hours_typed IS NOT NEW.hours_typed BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"{head} FOR EACH ROW WHEN (OLD.hours_typed IS DISTINCT FROM NEW.hours_typed) "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
