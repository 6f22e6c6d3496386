"""An objection that was right leaves no fewer stars than there were; what was answered before stays."""

from __future__ import annotations

from alembic import op

revision = "0127"
down_revision = "0126"
branch_labels = None
depends_on = None

TOLD = "an objection that is upheld leaves no fewer stars than there were"
FEWER = (
    "NEW.is_upheld = 1 AND EXISTS (SELECT 1 FROM star_rating s WHERE s.id = NEW.rating_id"
    " AND (NEW.stars IS NULL OR NEW.stars < s.stars OR NEW.total_tenths <= s.total_tenths))"
)


def upgrade() -> None:
    """Let the database hold the promise too."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER star_reply_no_fewer BEFORE INSERT ON star_reply WHEN {FEWER} "
            f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION star_reply_no_fewer() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {FEWER} THEN RAISE EXCEPTION '{TOLD}' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER star_reply_no_fewer BEFORE INSERT ON star_reply FOR EACH ROW "
        "EXECUTE FUNCTION star_reply_no_fewer()"
    )
