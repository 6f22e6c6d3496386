"""What rested on a withdrawn list is undone piece by piece, and how far that is stands in a row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0180"
down_revision = "0181"
branch_labels = None
depends_on = None

TABLE = "audit_list_undoing"
COUNTS = ("hits_total", "flags_total", "hits_looked", "hits_marked", "flags_ended")
REACHED = ("reached_join_id", "reached_position")
OPEN = sa.text("finished_at IS NULL")
# withdrawn by the releases before, in the one act that agreed
FILL = """
    INSERT INTO audit_list_undoing (list_id, begun_at, hits_total, flags_total, hits_looked, hits_marked,
        flags_ended, reached_join_id, reached_position, finished_at)
    SELECT l.id, l.withdrawn_at, m.marked, f.ended, m.marked, m.marked, f.ended, 0, 0, l.withdrawn_at
    FROM audit_list l
    JOIN (SELECT a.id, count(c.join_id) AS marked FROM audit_list a
          LEFT JOIN audit_join j ON j.list_id = a.id
          LEFT JOIN audit_join_conclusion c ON c.join_id = j.id AND c.outcome = 'withdrawn'
          GROUP BY a.id) m ON m.id = l.id
    JOIN (SELECT a.id, count(r.id) AS ended FROM audit_list a
          LEFT JOIN risk_flag_list x ON x.list_id = a.id
          LEFT JOIN risk_flag r ON r.id = x.flag_id AND r.state = 'void'
          GROUP BY a.id) f ON f.id = l.id
    WHERE l.withdrawn_at IS NOT NULL
"""
STANDING = "NOT EXISTS (SELECT 1 FROM audit_list l WHERE l.id = NEW.list_id AND l.withdrawn_at IS NOT NULL)"
# a flag of which every row comes from this list or from those withdrawn before it
RESTS = (
    "SELECT r.flag_id FROM risk_flag_list r JOIN audit_list l ON l.id = r.list_id"
    " WHERE l.withdrawn_at <= (SELECT m.withdrawn_at FROM audit_list m WHERE m.id = NEW.list_id)"
    " AND r.flag_id IN (SELECT x.flag_id FROM risk_flag_list x WHERE x.list_id = NEW.list_id)"
    " GROUP BY r.flag_id HAVING SUM(r.rows) >= MAX(r.of_rows)"
)
STANDS = "SELECT 1 FROM risk_flag f WHERE f.state <> 'void' AND f.id IN"
EARLY = f"NEW.finished_at IS NOT NULL AND EXISTS ({STANDS} ({RESTS}))"


def upgrade() -> None:
    """Create the table; what was withdrawn before is undone, since it was done in one act."""
    op.create_table(
        TABLE,
        sa.Column("list_id", t.Int64(), nullable=False, autoincrement=False),
        sa.Column("begun_at", t.UtcTime(), nullable=False),
        *(sa.Column(name, t.Int64(), nullable=False) for name in (*COUNTS, *REACHED)),
        sa.Column("finished_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "hits_marked <= hits_looked AND hits_marked >= 0", name=op.f(f"ck_{TABLE}_marked")
        ),
        sa.CheckConstraint(
            "hits_total >= 0 AND flags_total >= 0 AND flags_ended >= 0", name=op.f(f"ck_{TABLE}_counts")
        ),
        sa.ForeignKeyConstraint(["list_id"], ["audit_list.id"], name=op.f(f"fk_{TABLE}_list_id")),
        sa.PrimaryKeyConstraint("list_id", name=op.f(f"pk_{TABLE}")),
        sqlite_strict=True,
    )
    op.create_index(f"ix_{TABLE}_open", TABLE, ["list_id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.execute(FILL)
    _guard("withdrawn_first", "INSERT", STANDING, "only what two have withdrawn is undone")
    _guard("whole", "UPDATE OF finished_at", EARLY, "a flag still stands that rests on withdrawn lists alone")
    _refuse("fixed", "UPDATE OF list_id, begun_at, hits_total, flags_total", "what was to be undone stays")
    _refuse("over", "UPDATE", "undone once", "OLD.finished_at IS NOT NULL")
    _refuse("no_delete", "DELETE", f"{TABLE} rows are never deleted")
    if not _is_sqlite():
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _refuse(name: str, timing: str, told: str, when: str = "") -> None:
    clause = f" WHEN ({when})" if when else ""
    if _is_sqlite():
        op.execute(
            f"CREATE TRIGGER {TABLE}_{name} BEFORE {timing} ON {TABLE}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_{name} BEFORE {timing} ON {TABLE} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )


def _guard(name: str, moment: str, when: str, told: str) -> None:
    if _is_sqlite():
        op.execute(
            f"CREATE TRIGGER {TABLE}_{name} BEFORE {moment} ON {TABLE} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {TABLE}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {when} "
        "THEN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0]; END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_{name} BEFORE {moment} ON {TABLE} FOR EACH ROW "
        f"EXECUTE FUNCTION {TABLE}_{name}('{told}')"
    )
