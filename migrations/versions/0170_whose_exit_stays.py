"""Whose exit opened a hold never changes: who lets its vouchers go on, and who may choose anew, rests on it."""

from __future__ import annotations

from alembic import op

revision = "0170"
down_revision = "0168"
branch_labels = None
depends_on = None

NAME, TOLD = "hold_institution_id_fixed", "hold.institution_id never changes"


def upgrade() -> None:
    """Refuse every change of it from here on."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {NAME} BEFORE UPDATE OF institution_id ON hold "
            "WHEN OLD.institution_id IS NOT NEW.institution_id "
            f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {NAME} BEFORE UPDATE OF institution_id ON hold FOR EACH ROW "
        "WHEN (OLD.institution_id IS DISTINCT FROM NEW.institution_id) "
        f"EXECUTE FUNCTION refuse_change('{TOLD}')"
    )
