"""A case whose hold has ended may stop its line once more: the new hold is the case's, as the old one was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0140"
down_revision = "0139"
branch_labels = None
depends_on = None

TABLE = "claim_denial"
# what stopped a line after its payment came back, without belonging to the case it speaks of
ANEW = "，退票后停住）"
FIXED = (
    "NEW.claim_id <> OLD.claim_id OR NEW.person_id <> OLD.person_id"
    " OR (OLD.hold_id IS NOT NULL AND NEW.hold_id IS NULL)"
    " OR (OLD.hold_id IS NOT NULL AND NEW.hold_id <> OLD.hold_id"
    " AND EXISTS (SELECT 1 FROM hold WHERE hold.id = OLD.hold_id AND hold.closed_at IS NULL))"
    " OR NEW.problem <> OLD.problem OR NEW.opened_at <> OLD.opened_at"
    " OR (NEW.said_sealed IS NULL) <> (OLD.said_sealed IS NULL)"
)
TOLD = "a case stays whose and what it is"


def upgrade() -> None:
    """Let a case take another hold once its own has ended, and give back to cases the holds they opened."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {TABLE}_fixed")
        op.execute(
            f"CREATE TRIGGER {TABLE}_fixed BEFORE UPDATE ON {TABLE} WHEN {FIXED} "
            f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
    else:
        op.execute(f"DROP TRIGGER {TABLE}_fixed ON {TABLE}")
        op.execute(
            "CREATE FUNCTION refuse_other_case() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {FIXED} THEN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0]; END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {TABLE}_fixed BEFORE UPDATE ON {TABLE} FOR EACH ROW "
            f"EXECUTE FUNCTION refuse_other_case('{TOLD}')"
        )
    _give_back(op.get_bind())


def _give_back(connection: sa.Connection) -> None:
    hold = sa.table("hold", *map(sa.column, ("id", "thing", "object_id", "why", "closed_at")))
    case = sa.table(TABLE, *map(sa.column, ("id", "claim_id", "hold_id")))
    owned = sa.select(case.c.hold_id).where(case.c.hold_id.is_not(None))
    rows = connection.execute(
        sa.select(hold.c.id, case.c.id.label("case_id"), hold.c.why)
        .join(case, case.c.claim_id == hold.c.object_id)
        .where(
            hold.c.thing == "claim",
            hold.c.closed_at.is_(None),
            hold.c.why.endswith(ANEW),
            hold.c.id.not_in(owned),
        )
        .order_by(hold.c.id)
    ).all()
    for row in rows:
        if row.why.endswith(f"-{row.case_id:06d}{ANEW}"):
            connection.execute(case.update().where(case.c.id == row.case_id).values(hold_id=row.id))
