"""Old answers and old looks at codes are found by their age, and go; a look stays for a day at the least."""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

TOLD = "presentation_look rows are kept for a day"


def upgrade() -> None:
    """Create the indexes, and refuse the deletion of young looks only."""
    op.create_index("ix_idempotency_key_asked_at", "idempotency_key", ["asked_at"], unique=False)
    op.create_index("ix_presentation_look_looked_at", "presentation_look", ["looked_at"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER presentation_look_no_delete")
        op.execute(
            "CREATE TRIGGER presentation_look_no_early_delete BEFORE DELETE ON presentation_look "
            "WHEN OLD.looked_at > strftime('%Y-%m-%dT%H:%M:%f', 'now', '-1 day') "
            f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
        return
    op.execute("DROP TRIGGER presentation_look_no_delete ON presentation_look")
    op.execute(
        "CREATE TRIGGER presentation_look_no_early_delete BEFORE DELETE ON presentation_look FOR EACH ROW "
        f"WHEN (OLD.looked_at > now() - interval '1 day') EXECUTE FUNCTION refuse_change('{TOLD}')"
    )
