"""Runs of retention with every line of them, and people whose data is preserved by a document."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0128"
down_revision = "0127"
branch_labels = None
depends_on = None

RUN, ITEM, KEPT = "retention_run", "retention_item", "preservation"
RUN_CHECKS = {
    "two_people": "confirmed_by_person_id <> asked_by_person_id",
    "confirmed_by": "(confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)",
    "listed_first": "confirmed_at IS NULL OR from_on IS NOT NULL",
    "listed": "(listed_at IS NULL) = (from_on IS NULL)",
    "ending": "ending IN ('done','dropped')",
    "ended_how": "(ended_at IS NULL) = (ending IS NULL)",
    "confirmed_first": "ending <> 'done' OR confirmed_at IS NOT NULL",
    "dropped": "ending <> 'dropped' OR (confirmed_at IS NULL AND why IS NOT NULL)",
}
ITEM_CHECKS = {
    "kind": "kind IN ('person','sign_in','complaint')",
    "reason": "(code IS NULL) = (words IS NULL)",
    "outcome": "outcome IN ('erased','kept')",
    "done": "(outcome IS NULL) = (done_at IS NULL)",
    "only_due": "code IS NULL OR outcome IS NULL",
    "kept_why": "(outcome = 'kept') = (kept_words IS NOT NULL) OR outcome IS NULL",
}
KEPT_CHECKS = {
    "paper": "length(paper) > 0",
    "lifted_by": "(lifted_at IS NULL) = (lifted_by_person_id IS NULL)",
    "lifted_paper": "(lifted_at IS NULL) = (lifted_paper IS NULL)",
    "two_people": "lifted_by_person_id <> placed_by_person_id",
}
OPEN, STANDING = sa.text("ended_at IS NULL"), sa.text("lifted_at IS NULL")
DUE = sa.text("code IS NULL AND outcome IS NULL")
# what was listed, asked and confirmed is evidence: written once
FIXED = {
    RUN: ("region_code", "on_day", "asked_by_person_id", "asked_at"),
    ITEM: ("run_id", "kind", "object_id", "region_code", "code", "words"),
    KEPT: ("person_id", "paper", "placed_by_person_id", "placed_at"),
}
ONCE = {
    RUN: ("listed_at", "from_on", "confirmed_by_person_id", "confirmed_at", "ending", "ended_at", "why"),
    ITEM: ("outcome", "kept_words", "done_at"),
    KEPT: ("lifted_paper", "lifted_by_person_id", "lifted_at"),
}
DONE = {ITEM: "OLD.outcome IS NOT NULL", KEPT: "OLD.lifted_at IS NOT NULL"}
UNCONFIRMED = (
    "NEW.outcome = 'erased' AND NOT EXISTS (SELECT 1 FROM retention_run r WHERE r.id = NEW.run_id"
    " AND r.confirmed_at IS NOT NULL AND r.ended_at IS NULL)"
)
TOLD = "nothing is destroyed before another person has confirmed the list"


def upgrade() -> None:
    """Create the tables; nothing is due by it."""
    _create(
        RUN,
        RUN_CHECKS,
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("on_day", t.Day(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("listed_kind", t.Int64(), nullable=False),
        sa.Column("listed_id", t.Int64(), nullable=False),
        sa.Column("listed_at", t.UtcTime(), nullable=True),
        sa.Column("from_on", t.Day(), nullable=True),
        sa.Column("confirmed_by_person_id", t.Int64(), nullable=True),
        sa.Column("confirmed_at", t.UtcTime(), nullable=True),
        sa.Column("ending", t.Text(), nullable=True),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("why", t.Text(), nullable=True),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f(f"fk_{RUN}_region_code")),
    )
    _create(
        ITEM,
        ITEM_CHECKS,
        sa.Column("run_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("object_id", t.Int64(), nullable=False),
        *(
            sa.Column(name, t.Text(), nullable=True)
            for name in ("region_code", "code", "words", "outcome", "kept_words")
        ),
        sa.Column("done_at", t.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], [f"{RUN}.id"], name=op.f(f"fk_{ITEM}_run_id")),
        sa.UniqueConstraint("run_id", "kind", "object_id", name=op.f(f"uq_{ITEM}_run_id_kind_object_id")),
    )
    _create(
        KEPT,
        KEPT_CHECKS,
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("paper", t.Text(), nullable=False),
        sa.Column("placed_by_person_id", t.Int64(), nullable=False),
        sa.Column("placed_at", t.UtcTime(), nullable=False),
        sa.Column("lifted_paper", t.Text(), nullable=True),
        sa.Column("lifted_by_person_id", t.Int64(), nullable=True),
        sa.Column("lifted_at", t.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f(f"fk_{KEPT}_person_id")),
    )
    _index(f"uq_{RUN}_open", RUN, ["region_code"], OPEN, unique=True)
    _index(f"ix_{ITEM}_due", ITEM, ["run_id", "id"], DUE, unique=False)
    _index(f"uq_{KEPT}_standing", KEPT, ["person_id"], STANDING, unique=True)
    for table in (RUN, ITEM, KEPT):
        _hold(table)
    _hold_confirmed()


def _create(table: str, checks: dict[str, str], *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("id", t.Int64(), nullable=False),
        *parts,
        *(sa.CheckConstraint(said, name=op.f(f"ck_{table}_{name}")) for name, said in checks.items()),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sqlite_strict=True,
    )


def _index(name: str, table: str, columns: list[str], where: sa.TextClause, *, unique: bool) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _hold(table: str) -> None:
    """Keep rows for ever, and what they say as it was first said."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    _refuse(table, f"{table}_no_delete", "DELETE", f"{table} rows are never deleted")
    for column in (*FIXED[table], *ONCE[table]):
        old, new = (f"CAST({side}.{column} AS TEXT)" for side in ("OLD", "NEW"))
        when = f"{old} {word} {new}"
        if column in ONCE[table]:
            when = f"{DONE.get(table, f'OLD.{column} IS NOT NULL')} AND {when}"
        _refuse(
            table, f"{table}_{column}_fixed", f"UPDATE OF {column}", f"{table}.{column} never changes", when
        )
    if not sqlite:
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_truncate()"
        )


def _hold_confirmed() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for timing in ("INSERT", "UPDATE OF outcome"):
            name = f"{ITEM}_confirmed_{timing.split()[0].lower()}"
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {timing} ON {ITEM} WHEN {UNCONFIRMED} "
                f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {ITEM}_confirmed() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {UNCONFIRMED} THEN RAISE EXCEPTION '{TOLD}' USING ERRCODE = '23514'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {ITEM}_confirmed BEFORE INSERT OR UPDATE ON {ITEM} FOR EACH ROW "
        f"EXECUTE FUNCTION {ITEM}_confirmed()"
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
