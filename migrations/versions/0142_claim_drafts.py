"""What a payee's people set out to claim and put aside: the vouchers, a word to colleagues, how it ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0142"
down_revision = "0149"
branch_labels = None
depends_on = None

DRAFT, LINE = "claim_draft", "claim_draft_line"
CHECKS = {
    "kind": "kind IN ('training','evaluation')",
    "note": "length(note) <= 200",
    "ending": "ending IN ('submitted','replaced','discarded')",
    "ended_how": "(ended_at IS NULL) = (ending IS NULL)",
    "ended_by": "(ended_at IS NULL) = (ended_by_person_id IS NULL)",
}
KEPT = sa.text("ended_at IS NULL")
FIXED = {
    DRAFT: ("kind", "institution_id", "note", "saved_by_person_id", "saved_at"),
    LINE: ("draft_id", "voucher_id"),
}
ONCE = {DRAFT: ("ended_at", "ending", "ended_by_person_id"), LINE: ()}


def upgrade() -> None:
    """Create the tables; a draft that has ended keeps its row and its lines."""
    op.create_table(
        DRAFT,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("note", t.Text(), nullable=False),
        sa.Column("saved_by_person_id", t.Int64(), nullable=False),
        sa.Column("saved_at", t.UtcTime(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("ending", t.Text(), nullable=True),
        sa.Column("ended_by_person_id", t.Int64(), nullable=True),
        *(sa.CheckConstraint(said, name=op.f(f"ck_{DRAFT}_{name}")) for name, said in CHECKS.items()),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f(f"fk_{DRAFT}_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["saved_by_person_id"], ["person.id"], name=op.f(f"fk_{DRAFT}_saved_by_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_person_id"], ["person.id"], name=op.f(f"fk_{DRAFT}_ended_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{DRAFT}")),
        sqlite_strict=True,
    )
    op.create_table(
        LINE,
        sa.Column("draft_id", t.Int64(), nullable=False, autoincrement=False),
        sa.Column("voucher_id", t.Int64(), nullable=False, autoincrement=False),
        sa.ForeignKeyConstraint(["draft_id"], [f"{DRAFT}.id"], name=op.f(f"fk_{LINE}_draft_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f(f"fk_{LINE}_voucher_id")),
        sa.PrimaryKeyConstraint("draft_id", "voucher_id", name=op.f(f"pk_{LINE}")),
        sqlite_strict=True,
    )
    op.create_index(
        f"ix_{DRAFT}_kept", DRAFT, ["institution_id", "kind"], sqlite_where=KEPT, postgresql_where=KEPT
    )
    for table in (DRAFT, LINE):
        _hold(table)


def _hold(table: str) -> None:
    """Keep rows for ever, and what they say as it was first said."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    _refuse(table, f"{table}_no_delete", "DELETE", f"{table} rows are never deleted")
    for column in (*FIXED[table], *ONCE[table]):
        old, new = (f"CAST({side}.{column} AS TEXT)" for side in ("OLD", "NEW"))
        when = f"{old} {word} {new}"
        if column in ONCE[table]:
            when = f"OLD.{column} IS NOT NULL AND {when}"
        _refuse(
            table, f"{table}_{column}_fixed", f"UPDATE OF {column}", f"{table}.{column} never changes", when
        )
    if not sqlite:
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_truncate()"
        )


def _refuse(table: str, name: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {table}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {table} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
