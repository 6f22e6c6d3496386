"""A database that is older than what is kept outside says so until everybody erased since is erased again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0165"
down_revision = "0164"
branch_labels = None
depends_on = None

TABLE, KEY = "restored_copy", "subject_key"
GONE = sa.text("destroyed_at IS NOT NULL")
RECONCILED = (
    "(reconciled_at IS NULL) = (reconciled_by_person_id IS NULL)"
    " AND (reconciled_at IS NULL) = (entries IS NULL) AND (reconciled_at IS NULL) = (erased IS NULL)"
)
FIXED = ("anchored_seq", "held_seq", "noticed_at")
ONCE = ("reconciled_at", "reconciled_by_person_id", "entries", "erased")


def upgrade() -> None:
    """Create the table, whose rows stay, and count at once how many were erased."""
    op.create_table(
        TABLE,
        *(
            sa.Column(name, t.Int64(), nullable=False, autoincrement=False)
            for name in ("anchored_seq", "held_seq")
        ),
        sa.Column("noticed_at", t.UtcTime(), nullable=False),
        sa.Column("reconciled_at", t.UtcTime(), nullable=True),
        *(
            sa.Column(name, t.Int64(), nullable=True)
            for name in ("reconciled_by_person_id", "entries", "erased")
        ),
        sa.CheckConstraint("anchored_seq > 0 AND held_seq >= 0", name=op.f(f"ck_{TABLE}_seq")),
        sa.CheckConstraint(RECONCILED, name=op.f(f"ck_{TABLE}_reconciled")),
        sa.PrimaryKeyConstraint("anchored_seq", name=op.f(f"pk_{TABLE}")),
        sqlite_strict=True,
    )
    op.create_index(f"ix_{KEY}_destroyed", KEY, ["destroyed_at"], sqlite_where=GONE, postgresql_where=GONE)
    _refuse("no_delete", "DELETE", f"{TABLE} rows are never deleted")
    _refuse("fixed", f"UPDATE OF {', '.join(FIXED)}", "what was noticed stays")
    _refuse("once", f"UPDATE OF {', '.join(ONCE)}", "reconciled once", "OLD.reconciled_at IS NOT NULL")
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )


def _refuse(name: str, timing: str, told: str, when: str = "") -> None:
    clause = f" WHEN ({when})" if when else ""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_{name} BEFORE {timing} ON {TABLE}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_{name} BEFORE {timing} ON {TABLE} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
