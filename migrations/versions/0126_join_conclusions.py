"""Hits of audit joins have conclusions, and go with them when they have been kept long enough."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0126"
down_revision = "0125"
branch_labels = None
depends_on = None

JOIN, HIT, SAID = "audit_join", "audit_join_hit", "audit_join_conclusion"
FIXED = (
    *("id", "region_code", "kind", "list_id", "since", "until", "why", "terms", "hits", "people"),
    *("amount_fen", "is_cut", "sha256", "ran_at", "ran_by_person_id"),
)
CHECKS = {
    "outcome": "outcome IN ('upheld','dismissed','handled')",
    "follow_up": "follow_up IN ('nothing','clawback','institution','transfer')",
    "nothing_follows": "outcome <> 'dismissed' OR follow_up = 'nothing'",
    "decided": "(agreed IS NULL) = (decided_at IS NULL) AND (agreed IS NULL) = (decided_by_person_id IS NULL)",
    "two_people": "follow_up = 'nothing' OR decided_by_person_id IS NULL "
    "OR decided_by_person_id <> concluded_by_person_id",
    "at_once": "follow_up <> 'nothing' OR agreed = 1",
}
# what was said stays; the other person's word is added once
SAID_FIXED = ("join_id", "position", "turn", "outcome", "follow_up", "words", "concluded_at",
              "concluded_by_person_id")  # fmt: skip
DECIDED = ("agreed", "decided_at", "decided_by_person_id", "decided_words")
KEPT = "kept until its join is forgotten"


def upgrade() -> None:
    """Add both tables, the day an answer was forgotten, and let its rows go after that and never before."""
    op.add_column(JOIN, sa.Column("forgotten_at", t.UtcTime(), nullable=True))
    _create()
    for table in (JOIN, HIT):
        _drop(f"{table}_no_{'update' if table == JOIN else 'delete'}", table)
    _refuse(JOIN, f"{JOIN}_fixed", f"UPDATE OF {', '.join(FIXED)}", f"{JOIN} never changes")
    _refuse(
        JOIN, f"{JOIN}_forgotten", "UPDATE OF forgotten_at", "forgotten once", "OLD.forgotten_at IS NOT NULL"
    )
    _refuse(SAID, f"{SAID}_fixed", f"UPDATE OF {', '.join(SAID_FIXED)}", "what was concluded stays")
    _refuse(
        SAID, f"{SAID}_decided", f"UPDATE OF {', '.join(DECIDED)}", "decided once", "OLD.agreed IS NOT NULL"
    )
    for table in (HIT, SAID):
        _keep_while_the_join_stands(table)
    if not _is_sqlite():
        op.execute(
            f"CREATE TRIGGER {SAID}_no_truncate BEFORE TRUNCATE ON {SAID} EXECUTE FUNCTION refuse_truncate()"
        )


def _create() -> None:
    op.create_table(
        SAID,
        *(
            sa.Column(name, t.Int64(), nullable=False, autoincrement=False)
            for name in ("join_id", "position", "turn")
        ),
        *(sa.Column(name, t.Text(), nullable=False) for name in ("outcome", "follow_up", "words")),
        sa.Column("concluded_at", t.UtcTime(), nullable=False),
        sa.Column("concluded_by_person_id", t.Int64(), nullable=False),
        sa.Column("agreed", t.Flag(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_words", t.Text(), nullable=False),
        *(sa.CheckConstraint(words, name=op.f(f"ck_{SAID}_{key}")) for key, words in CHECKS.items()),
        sa.ForeignKeyConstraint(
            ["join_id", "position"], [f"{HIT}.join_id", f"{HIT}.position"], name=f"fk_{SAID}_hit"
        ),
        sa.PrimaryKeyConstraint("join_id", "position", "turn", name=op.f(f"pk_{SAID}")),
        sqlite_strict=True,
    )
    op.create_table(
        "audit_join_turn",
        sa.Column("region_code", t.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_audit_join_turn_region_code")
        ),
        sa.PrimaryKeyConstraint("region_code", name=op.f("pk_audit_join_turn")),
        sqlite_strict=True,
    )


def _keep_while_the_join_stands(table: str) -> None:
    name = f"{table}_no_delete"
    stands = f"SELECT 1 FROM {JOIN} j WHERE j.id = OLD.join_id"  # noqa: S608 — words of our own
    gone = f"NOT EXISTS ({stands} AND j.forgotten_at IS NOT NULL)"
    if _is_sqlite():
        op.execute(
            f"CREATE TRIGGER {name} BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} {KEPT}') WHERE {gone}; END"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_hit_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {gone} THEN RAISE EXCEPTION '% {KEPT}', TG_TABLE_NAME; END IF; RETURN OLD; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_hit_delete()"
    )


def _drop(name: str, table: str) -> None:
    op.execute(f"DROP TRIGGER {name}" + ("" if _is_sqlite() else f" ON {table}"))


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _refuse(table: str, name: str, timing: str, told: str, when: str = "") -> None:
    if _is_sqlite():
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
