"""Risk flags: what the rules found, the rows behind it, who concludes it and who may not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None

FIXED = (
    *("rule", "kind", "subject", "period", "region_code", "institution_id", "suspect_person_id", "figure"),
    *("unit", "threshold", "peer_median", "sentence", "score", "is_blocking", "row_count", "raised_at"),
)
ONCE = (
    *("question", "answer_by", "asked_at", "answer", "answered_at", "answered_by_person_id"),
    *("conclusion", "concluded_at", "concluded_by_person_id"),
)
FOREIGN = "risk_flag is never concluded by the flagged institution"
STAFF = (
    "SELECT 1 FROM role_grant g JOIN user_account u ON u.id = g.user_id "
    "WHERE u.person_id = NEW.concluded_by_person_id AND g.institution_id = NEW.institution_id"
)


def upgrade() -> None:
    """Create the tables with their triggers."""
    _create_flag()
    op.create_table(
        "risk_flag_row",
        sa.Column("flag_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("position", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("fact", t.Text(), nullable=False),
        sa.Column("fact_key", t.Text(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=True),
        sa.Column("said", t.Json(), nullable=False),
        sa.ForeignKeyConstraint(["flag_id"], ["risk_flag.id"], name=op.f("fk_risk_flag_row_flag_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_risk_flag_row_person_id")),
        sa.PrimaryKeyConstraint("flag_id", "position", name=op.f("pk_risk_flag_row")),
        sqlite_strict=True,
    )
    op.create_table(
        "risk_run",
        sa.Column("ran_on", t.Day(), nullable=False),
        sa.Column("ran_at", t.UtcTime(), nullable=False),
        sa.Column("raised", t.Int64(), nullable=False),
        sa.PrimaryKeyConstraint("ran_on", name=op.f("pk_risk_run")),
        sqlite_strict=True,
    )
    op.create_index("ix_attendance_mark_at", "attendance_mark", ["marked_at"], unique=False)
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table in ("risk_flag", "risk_flag_row", "risk_run"):
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if not sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    for table in ("risk_flag_row", "risk_run"):
        _refuse(f"{table}_no_update", table, "UPDATE", f"{table} is append only")
    for column in FIXED:
        when = f"OLD.{column} {word} NEW.{column}"
        told = f"risk_flag.{column} never changes"
        _refuse(f"risk_flag_{column}_fixed", "risk_flag", f"UPDATE OF {column}", told, when)
    for column in ONCE:
        when = f"OLD.{column} IS NOT NULL AND OLD.{column} {word} NEW.{column}"
        told = f"risk_flag.{column} is written once"
        _refuse(f"risk_flag_{column}_once", "risk_flag", f"UPDATE OF {column}", told, when)
    _keep_foreign_hands(sqlite)


def _keep_foreign_hands(sqlite: bool) -> None:
    """Let nobody with a role in the flagged institution, of today or before, conclude its flag."""
    if sqlite:
        op.execute(
            "CREATE TRIGGER risk_flag_foreign_hands BEFORE UPDATE OF concluded_by_person_id ON risk_flag "
            f"WHEN EXISTS ({STAFF}) BEGIN SELECT RAISE(ABORT, '{FOREIGN}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION risk_flag_foreign_hands() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF EXISTS ({STAFF}) THEN RAISE EXCEPTION '{FOREIGN}' USING ERRCODE = '23514'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER risk_flag_foreign_hands BEFORE UPDATE OF concluded_by_person_id ON risk_flag "
        "FOR EACH ROW EXECUTE FUNCTION risk_flag_foreign_hands()"
    )


def _create_flag() -> None:
    op.create_table(
        "risk_flag",
        sa.Column("rule", t.Text(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("subject", t.Text(), nullable=False),
        sa.Column("period", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=True),
        sa.Column("suspect_person_id", t.Int64(), nullable=True),
        sa.Column("figure", t.Int64(), nullable=False),
        sa.Column("unit", t.Text(), nullable=False),
        sa.Column("threshold", t.Int64(), nullable=False),
        sa.Column("peer_median", t.Int64(), nullable=True),
        sa.Column("sentence", t.Text(), nullable=False),
        sa.Column("score", t.Int64(), nullable=False),
        sa.Column("is_blocking", t.Flag(), nullable=False),
        sa.Column("row_count", t.Int64(), nullable=False),
        sa.Column("raised_at", t.UtcTime(), nullable=False),
        sa.Column("assigned_at", t.UtcTime(), nullable=True),
        sa.Column("assigned_to_person_id", t.Int64(), nullable=True),
        sa.Column("question", t.Text(), nullable=True),
        sa.Column("answer_by", t.Day(), nullable=True),
        sa.Column("asked_at", t.UtcTime(), nullable=True),
        sa.Column("answer", t.Text(), nullable=True),
        sa.Column("answered_at", t.UtcTime(), nullable=True),
        sa.Column("answered_by_person_id", t.Int64(), nullable=True),
        sa.Column("conclusion", t.Text(), nullable=True),
        sa.Column("concluded_at", t.UtcTime(), nullable=True),
        sa.Column("concluded_by_person_id", t.Int64(), nullable=True),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        *_checks(),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_risk_flag_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        *_foreign_keys(),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_risk_flag_{column}"))
            for column in (
                *("suspect_person_id", "assigned_to_person_id", "answered_by_person_id"),
                "concluded_by_person_id",
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_flag")),
        sa.UniqueConstraint(
            "rule", "kind", "subject", "period", name=op.f("uq_risk_flag_rule_kind_subject_period")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_risk_flag_queue", "risk_flag", ["region_code", "state", "score"], unique=False)
    op.create_index("ix_risk_flag_institution", "risk_flag", ["institution_id"], unique=False)


def _foreign_keys() -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_risk_flag_region_code")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_risk_flag_institution_id")
        ),
    ]


def _checks() -> list[sa.CheckConstraint]:
    said = {
        "thing": "thing = 'risk_flag'",
        "score": "score BETWEEN 1 AND 100",
        "assigned": "(assigned_at IS NULL) = (assigned_to_person_id IS NULL)",
        "asked": "(asked_at IS NULL) = (question IS NULL)",
        "asked_until": "(asked_at IS NULL) = (answer_by IS NULL)",
        "answered": "(answered_at IS NULL) = (answer IS NULL)",
        "answered_after": "answered_at IS NULL OR asked_at IS NOT NULL",
        "concluded": "(concluded_at IS NULL) = (conclusion IS NULL)",
        "outcome": "state NOT IN ('upheld','dismissed') OR concluded_at IS NOT NULL",
        "hands": "concluded_by_person_id <> suspect_person_id"
        " AND concluded_by_person_id <> answered_by_person_id",
    }
    return [sa.CheckConstraint(words, name=op.f(f"ck_risk_flag_{name}")) for name, words in said.items()]


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
