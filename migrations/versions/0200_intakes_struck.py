"""Why the office struck somebody off the intake of a class: said with the striking, and kept as it was said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0200"
down_revision = "0199"
branch_labels = None
depends_on = None

TABLE, COLUMN = "class_intake", "removed_why"
TOLD = "class_intake.removed_why is said with the striking and never changes"


def upgrade() -> None:
    """Add the reason; rows struck off before were struck by their institution, which gives none."""
    op.add_column(TABLE, sa.Column(COLUMN, sa.Text(), nullable=True))
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    changed = f"OLD.{COLUMN} {word} NEW.{COLUMN}"
    when = f"{changed} AND (OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL)"
    if sqlite:
        op.execute(
            f"CREATE TRIGGER {TABLE}_{COLUMN}_kept BEFORE UPDATE ON {TABLE} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_{COLUMN}_kept BEFORE UPDATE ON {TABLE} FOR EACH ROW "
        f"WHEN ({when}) EXECUTE FUNCTION refuse_change('{TOLD}')"
    )
