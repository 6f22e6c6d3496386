"""How many people the office allowed on the intake of a class: it stays for them, also once all are struck off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0196"
down_revision = "0192"
branch_labels = None
depends_on = None

TABLE, COLUMN = "training_class", "intake_size"
TOLD = "the office allowed this class with an intake"
# whoever has been on it since the office allowed the class, or came on it later
ALLOWED = (
    "SELECT COUNT(DISTINCT i.person_id) FROM class_intake i WHERE i.class_id = training_class.id"
    " AND (i.removed_at IS NULL OR i.removed_at >= (SELECT MAX(e.at) FROM state_event e"
    " WHERE e.thing = 'class' AND e.object_id = training_class.id AND e.event = 'approve'))"
)


def upgrade() -> None:
    """Count those of classes allowed already; from here on the number never falls, and never goes."""
    op.add_column(TABLE, sa.Column(COLUMN, t.Int64(), nullable=True))
    op.execute(
        f"UPDATE {TABLE} SET {COLUMN} = NULLIF(({ALLOWED}), 0)"  # noqa: S608 — names of our own schema
        " WHERE state NOT IN ('draft', 'filed', 'returned') AND id IN (SELECT class_id FROM class_intake)"
    )
    when = f"OLD.{COLUMN} IS NOT NULL AND (NEW.{COLUMN} IS NULL OR NEW.{COLUMN} < OLD.{COLUMN})"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_{COLUMN}_kept BEFORE UPDATE OF {COLUMN} ON {TABLE} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_{COLUMN}_kept BEFORE UPDATE OF {COLUMN} ON {TABLE} FOR EACH ROW "
        f"WHEN ({when}) EXECUTE FUNCTION refuse_change('{TOLD}')"
    )
