"""Of every line of a retention run: whether the office told the person, and why a deed was not done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0146"
down_revision = "0141"
branch_labels = None
depends_on = None

RUN, ITEM = "retention_run", "retention_item"
ONCE = ("told_at", "told_words", "told_by_person_id", "failed_at", "failed_words")
UNTOLD = (
    "NEW.outcome = 'erased' AND NEW.kind = 'person' AND NEW.told_at IS NULL AND NOT EXISTS (SELECT 1 FROM outbox o"
    " WHERE o.key = 'retention:' || CAST(NEW.run_id AS TEXT) || ':' || CAST(NEW.object_id AS TEXT)"
    " AND o.sent_at IS NOT NULL)"
)
TOLD = "nobody is destroyed before being told"


def upgrade() -> None:
    """Add the columns, each written once; from now on nobody is erased whom no message and no letter reached."""
    op.add_column(RUN, sa.Column("tell_from_on", t.Day(), nullable=True))
    for name, kind in zip(ONCE, (t.UtcTime(), t.Text(), t.Int64(), t.UtcTime(), t.Text()), strict=True):
        op.add_column(ITEM, sa.Column(name, kind, nullable=True))
    for table, columns in ((RUN, ("tell_from_on",)), (ITEM, ONCE)):
        for column in columns:
            _write_once(table, column)
    _hold_told()


def _write_once(table: str, column: str) -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    old, new = (f"CAST({side}.{column} AS TEXT)" for side in ("OLD", "NEW"))
    when = f"OLD.{column} IS NOT NULL AND {old} {'IS NOT' if sqlite else 'IS DISTINCT FROM'} {new}"
    name, told = f"{table}_{column}_fixed", f"{table}.{column} never changes"
    if sqlite:
        op.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE OF {column} ON {table} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE UPDATE OF {column} ON {table} FOR EACH ROW WHEN ({when}) "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )


def _hold_told() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for timing in ("INSERT", "UPDATE OF outcome"):
            name = f"{ITEM}_told_{timing.split()[0].lower()}"
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {timing} ON {ITEM} WHEN {UNTOLD} "
                f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {ITEM}_told() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {UNTOLD} THEN RAISE EXCEPTION '{TOLD}' USING ERRCODE = '23514'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {ITEM}_told BEFORE INSERT OR UPDATE OF outcome ON {ITEM} FOR EACH ROW "
        f"EXECUTE FUNCTION {ITEM}_told()"
    )
