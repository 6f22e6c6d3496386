"""A row for the bank says what it pays for, and goes on saying what it said when the file was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0225"
down_revision = "0216"
branch_labels = None
depends_on = None

TABLE = "payment_line"
COLUMN = "purpose"
# what every file said until now, whatever it paid: its bytes are made again from its rows
SAID = "职业技能培训评价补贴"
TOLD = f"{TABLE}.{COLUMN} never changes"


def upgrade() -> None:
    """Add the words, which no later act can change."""
    op.add_column(TABLE, sa.Column(COLUMN, t.Text(), nullable=False, server_default=sa.text(f"'{SAID}'")))
    name = f"{TABLE}_{COLUMN}_fixed"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE OF {COLUMN} ON {TABLE} "
            f"WHEN OLD.{COLUMN} IS NOT NEW.{COLUMN} BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE UPDATE OF {COLUMN} ON {TABLE} FOR EACH ROW "
        f"WHEN (OLD.{COLUMN} IS DISTINCT FROM NEW.{COLUMN}) EXECUTE FUNCTION refuse_change('{TOLD}')"
    )
