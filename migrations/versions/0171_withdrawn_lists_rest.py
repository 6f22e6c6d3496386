"""Nothing new rests on a list two have withdrawn, however long ago it was read."""

from __future__ import annotations

from alembic import op

revision = "0171"
down_revision = "0170"
branch_labels = None
depends_on = None

TOLD = {
    "risk_flag_list": "no flag rests on a withdrawn list",
    "audit_join": "no question is put to a withdrawn list",
}
GONE = "EXISTS (SELECT 1 FROM audit_list l WHERE l.id = NEW.list_id AND l.withdrawn_at IS NOT NULL)"


def upgrade() -> None:
    """Refuse what is written of a list that was withdrawn while it was read; what stands, stands."""
    for table, told in TOLD.items():
        name = f"{table}_list_stands"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {GONE} "
                f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
            )
            continue
        # waits for who is withdrawing it, and then sees what they wrote
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "  # noqa: S608 — constants
            "DECLARE gone audit_list.withdrawn_at%TYPE; "
            "BEGIN SELECT l.withdrawn_at INTO gone FROM audit_list l WHERE l.id = NEW.list_id FOR SHARE; "
            "IF gone IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0]; END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}('{told}')"
        )
