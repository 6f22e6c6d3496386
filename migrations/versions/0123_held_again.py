"""A case may stop its line later than it was opened, and what was asked to be put back may be declined."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0123"
down_revision = "0122"
branch_labels = None
depends_on = None

TABLE, ASKED = "claim_denial", "reinstatement"
FIXED = (
    "NEW.claim_id <> OLD.claim_id OR NEW.person_id <> OLD.person_id"
    " OR (OLD.hold_id IS NOT NULL AND COALESCE(NEW.hold_id, 0) <> OLD.hold_id)"
    " OR NEW.problem <> OLD.problem OR NEW.opened_at <> OLD.opened_at"
    " OR (NEW.said_sealed IS NULL) <> (OLD.said_sealed IS NULL)"
)
DECIDED = "OLD.decided_at IS NOT NULL"
DECLINED = "NEW.declined_why IS NOT NULL AND (NEW.decided_at IS NULL OR length(NEW.declined_why) = 0)"
TOLD, STAYS = "a case stays whose and what it is", "what was decided stays"


def upgrade() -> None:
    """Let a case take a hold once, after it was opened too; keep why a request was declined, for good."""
    small = op.get_bind().dialect.name == "sqlite"
    op.execute(f"DROP TRIGGER {TABLE}_fixed" + ("" if small else f" ON {TABLE}"))
    _refuse(f"{TABLE}_fixed", TABLE, TOLD, FIXED)
    op.add_column(ASKED, sa.Column("declined_why", t.Text(), nullable=True))
    _refuse(f"{ASKED}_declined", ASKED, "what is declined is decided, with a reason", DECLINED)
    _refuse(f"{ASKED}_final", ASKED, STAYS, DECIDED)


def _refuse(name: str, table: str, told: str, when: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({when}) "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
