"""What a holder said goes into a column of its own: the reason of a hold is told at every counter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

HOLD = sa.table("hold", sa.column("id"), sa.column("why"), sa.column("said"))
BEGINNING, END = "持券人反映：", "。"


def upgrade() -> None:
    """Add the column and move into it what stood behind the reason."""
    op.add_column("hold", sa.Column("said", sa.Text(), nullable=True))
    connection = op.get_bind()
    told = sa.select(HOLD.c.id, HOLD.c.why).where(HOLD.c.why.startswith(BEGINNING))
    for hold_id, why in connection.execute(told).all():
        kind, _, said = why.partition(END)
        if said:
            connection.execute(HOLD.update().where(HOLD.c.id == hold_id).values(why=kind, said=said))
