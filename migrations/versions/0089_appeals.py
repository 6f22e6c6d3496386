"""Candidates' appeals, and who may not decide them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None

OVER = "('affirmed','settled','closed','withdrawn')"
LIVE, KEPT = sa.text(f"state NOT IN {OVER}"), sa.text("state <> 'withdrawn'")
FIXED = (
    *("kind", "person_id", "institution_id", "region_code", "candidate_id", "result_id", "arrival_id"),
    *("voucher_id", "happened_on", "filed_at"),
)
ONCE = (
    *("answer", "opinion", "decided_at", "decided_by_person_id"),
    *("final_answer", "final_opinion", "ended_at", "ended_by_person_id"),
    *("settled_result_id", "settled_candidate_id"),
)
FOREIGN = "appeal is never decided by who had a hand in it"
CHECKS = {
    "thing": "thing = 'appeal'",
    "against": "(kind = 'result' AND candidate_id IS NOT NULL AND result_id IS NOT NULL AND arrival_id IS NULL)"
    " OR (kind = 'door' AND candidate_id IS NOT NULL AND arrival_id IS NOT NULL AND result_id IS NULL)"
    " OR (kind = 'registration' AND voucher_id IS NOT NULL AND candidate_id IS NULL"
    " AND result_id IS NULL AND arrival_id IS NULL)",
    "due": f"due_on IS NOT NULL OR state IN {OVER}",
    "answer": "answer IN ('upheld','rejected','late')",
    "final_answer": "final_answer IN ('overruled','affirmed')",
    "decided": "(answer IS NULL) = (opinion IS NULL) AND (answer IS NULL) = (decided_at IS NULL)"
    " AND (answer IS NULL) = (decided_by_person_id IS NULL)",
    "ended": "(final_answer IS NULL) = (final_opinion IS NULL) AND (final_answer IS NULL) = (ended_at IS NULL)"
    " AND (final_answer IS NULL) = (ended_by_person_id IS NULL)",
    "told": "state NOT IN ('upheld','rejected','refused_late') OR answer IS NOT NULL",
    "told_finally": "state NOT IN ('overruled','affirmed') OR final_answer IS NOT NULL",
    "settled": "state <> 'settled' OR settled_result_id IS NOT NULL OR settled_candidate_id IS NOT NULL",
    "hands": "decided_by_person_id <> person_id AND ended_by_person_id <> person_id"
    " AND ended_by_person_id <> decided_by_person_id",
    "late": "answer <> 'late' OR why_late_sealed IS NOT NULL",
}
SINGLE_KEYS = {
    "person_id": "person.id",
    "institution_id": "institution.id",
    "region_code": "region.code",
    "arrival_id": "exam_arrival.id",
    "settled_result_id": "exam_result.id",
    "settled_candidate_id": "candidate.id",
}


def upgrade() -> None:
    """Create the tables; what was decided is written once and by somebody who had no hand in it."""
    # what an appeal names: a candidate who is this very person, and a result of this very candidate
    op.create_index("uq_candidate_of_person", "candidate", ["id", "person_id"], unique=True)
    op.create_index("uq_exam_result_of_candidate", "exam_result", ["id", "candidate_id"], unique=True)
    _create_appeal()
    _create_indexes()
    op.create_table(
        "appeal_hand",
        sa.Column("appeal_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("person_id", t.Int64(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_appeal_hand_appeal_id")),
        sa.PrimaryKeyConstraint("appeal_id", "person_id", name=op.f("pk_appeal_hand")),
        sqlite_strict=True,
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table in ("appeal", "appeal_hand"):
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if not sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    _refuse("appeal_hand_no_update", "appeal_hand", "UPDATE", "appeal_hand is append only")
    for column in FIXED:
        when = f"OLD.{column} {word} NEW.{column}"
        told = f"appeal.{column} never changes"
        _refuse(f"appeal_{column}_fixed", "appeal", f"UPDATE OF {column}", told, when)
    for column in ONCE:
        when = f"OLD.{column} IS NOT NULL AND OLD.{column} {word} NEW.{column}"
        told = f"appeal.{column} is written once"
        _refuse(f"appeal_{column}_once", "appeal", f"UPDATE OF {column}", told, when)
    for column in ("decided_by_person_id", "ended_by_person_id"):
        _keep_foreign_hands(column, sqlite)


def _create_appeal() -> None:
    op.create_table(
        "appeal",
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        *(
            sa.Column(name, t.Int64(), nullable=True)
            for name in ("candidate_id", "result_id", "arrival_id", "voucher_id")
        ),
        sa.Column("happened_on", t.Day(), nullable=False),
        sa.Column("said_sealed", t.Bytes(), nullable=False),
        sa.Column("why_late_sealed", t.Bytes(), nullable=True),
        sa.Column("filed_at", t.UtcTime(), nullable=False),
        sa.Column("due_on", t.Day(), nullable=True),
        sa.Column("answer", t.Text(), nullable=True),
        sa.Column("opinion", t.Text(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("insisted_sealed", t.Bytes(), nullable=True),
        sa.Column("final_answer", t.Text(), nullable=True),
        sa.Column("final_opinion", t.Text(), nullable=True),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("ended_by_person_id", t.Int64(), nullable=True),
        sa.Column("settled_result_id", t.Int64(), nullable=True),
        sa.Column("settled_candidate_id", t.Int64(), nullable=True),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        *(sa.CheckConstraint(words, name=op.f(f"ck_appeal_{name}")) for name, words in CHECKS.items()),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_appeal_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["candidate_id", "person_id"], ["candidate.id", "candidate.person_id"], name="fk_appeal_candidate"
        ),
        sa.ForeignKeyConstraint(
            ["result_id", "candidate_id"],
            ["exam_result.id", "exam_result.candidate_id"],
            name="fk_appeal_result",
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"], ["voucher.id", "voucher.holder_person_id"], name="fk_appeal_voucher"
        ),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_appeal_{column}"))
            for column, target in SINGLE_KEYS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sqlite_strict=True,
    )


def _create_indexes() -> None:
    unique = {
        "uq_appeal_result": (["result_id"], KEPT),
        "uq_appeal_arrival": (["arrival_id"], KEPT),
        "uq_appeal_registration": (["voucher_id", "institution_id", "happened_on"], KEPT),
        "uq_appeal_live": (["candidate_id", "kind"], LIVE),
    }
    for name, (columns, where) in unique.items():
        op.create_index(name, "appeal", columns, unique=True, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_appeal_institution", "appeal", ["institution_id", "state", "due_on"], unique=False)
    op.create_index("ix_appeal_region", "appeal", ["region_code", "state", "due_on"], unique=False)
    op.create_index("ix_appeal_person", "appeal", ["person_id"], unique=False)


def _keep_foreign_hands(column: str, sqlite: bool) -> None:
    """Let nobody who had a hand in what is appealed against decide about it."""
    name = f"appeal_{column}_foreign"
    involved = f"SELECT 1 FROM appeal_hand h WHERE h.appeal_id = NEW.id AND h.person_id = NEW.{column}"  # noqa: S608 — constants
    if sqlite:
        op.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE OF {column} ON appeal WHEN EXISTS ({involved}) "
            f"BEGIN SELECT RAISE(ABORT, '{FOREIGN}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF EXISTS ({involved}) THEN RAISE EXCEPTION '{FOREIGN}' USING ERRCODE = '23514'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE UPDATE OF {column} ON appeal FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


def _refuse(name: str, table: str, timing: str, told: str, when: str = "") -> None:
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
