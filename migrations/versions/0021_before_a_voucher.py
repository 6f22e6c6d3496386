"""What is asked before a voucher: other systems, their lists, calls and answers; proofs and applications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

APPEND_ONLY = ("outside_record", "outside_call", "outside_answer", "application_item")
NEVER_DELETED = ("outside_system", "outside_question", "application", "application_question")
FIXED_COLUMNS = {
    "outside_system": ("kind", "since"),
    "outside_question": ("person_id", "kind"),
    "application": ("programme_id", "person_id", "region_code", "cause"),
    "application_question": ("item_id", "question"),
}


def upgrade() -> None:
    """Create the tables and what keeps them."""
    _create_outside_system()
    _create_outside_record()
    _create_outside_call()
    _create_outside_answer()
    _create_outside_question()
    _create_programme_demand()
    _create_application()
    _create_application_item()
    _create_application_question()
    _create_triggers()


def _create_triggers() -> None:
    for table in APPEND_ONLY:
        _refuse(f"{table}_no_update", table, "UPDATE", f"{table} is append only")
    for table in (*APPEND_ONLY, *NEVER_DELETED):
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    for table, columns in FIXED_COLUMNS.items():
        for column in columns:
            _refuse(
                f"{table}_{column}_fixed",
                table,
                f"UPDATE OF {column}",
                f"{table}.{column} never changes",
                f"OLD.{column} {word} NEW.{column}",
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


def _create_outside_system() -> None:
    op.create_table(
        "outside_system",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("address", t.Text(), nullable=True),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("connected_by_person_id", t.Int64(), nullable=False),
        sa.Column("connected_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("(way = 'http') = (address IS NOT NULL)", name=op.f("ck_outside_system_address")),
        sa.CheckConstraint("way IN ('embedded','http')", name=op.f("ck_outside_system_way")),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_outside_system_dates")),
        sa.ForeignKeyConstraint(
            ["connected_by_person_id"], ["person.id"], name=op.f("fk_outside_system_connected_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_system")),
        sa.UniqueConstraint("kind", "since", name=op.f("uq_outside_system_kind_since")),
        sqlite_strict=True,
    )


def _create_outside_record() -> None:
    op.create_table(
        "outside_record",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("blind_index", t.Text(), nullable=False),
        sa.Column("name_index", t.Text(), nullable=False),
        sa.Column("held", t.Flag(), nullable=False),
        sa.Column("since", t.Day(), nullable=True),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("amount", t.Int64(), nullable=True),
        sa.Column("trade_code", t.Text(), nullable=True),
        sa.Column("level", t.Int64(), nullable=True),
        sa.Column("number", t.Text(), nullable=True),
        sa.Column("source", t.Text(), nullable=False),
        sa.Column("listed_on", t.Day(), nullable=False),
        sa.Column("imported_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("amount IS NULL OR amount >= 0", name=op.f("ck_outside_record_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_record")),
        sqlite_strict=True,
    )
    op.create_index("ix_outside_record_person", "outside_record", ["kind", "blind_index"], unique=False)


def _create_outside_call() -> None:
    op.create_table(
        "outside_call",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("system", t.Text(), nullable=False),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=True),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("milliseconds", t.Int64(), nullable=False),
        sa.Column("outcome", t.Text(), nullable=False),
        sa.Column("detail", t.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('answered','unknown','unreachable','refused','malformed','resting')",
            name=op.f("ck_outside_call_outcome"),
        ),
        sa.CheckConstraint("way IN ('embedded','http')", name=op.f("ck_outside_call_way")),
        sa.ForeignKeyConstraint(
            ["asked_by_person_id"], ["person.id"], name=op.f("fk_outside_call_asked_by_person_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_outside_call_person_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_outside_call_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_call")),
        sqlite_strict=True,
    )
    op.create_index("ix_outside_call_person", "outside_call", ["person_id", "kind"], unique=False)
    op.create_index("ix_outside_call_region", "outside_call", ["region_code", "id"], unique=False)


def _create_outside_answer() -> None:
    op.create_table(
        "outside_answer",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("held", t.Flag(), nullable=False),
        sa.Column("since", t.Day(), nullable=True),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("amount", t.Int64(), nullable=True),
        sa.Column("trade_code", t.Text(), nullable=True),
        sa.Column("level", t.Int64(), nullable=True),
        sa.Column("number", t.Text(), nullable=True),
        sa.Column("system", t.Text(), nullable=False),
        sa.Column("as_of", t.Day(), nullable=False),
        sa.Column("told_at", t.UtcTime(), nullable=False),
        sa.Column("call_id", t.Int64(), nullable=True),
        sa.Column("verified_by_person_id", t.Int64(), nullable=True),
        sa.Column("evidence", t.Text(), nullable=True),
        sa.CheckConstraint(
            "(call_id IS NULL) = (verified_by_person_id IS NOT NULL)",
            name=op.f("ck_outside_answer_by_call_or_hand"),
        ),
        sa.CheckConstraint(
            "(verified_by_person_id IS NULL) = (evidence IS NULL)", name=op.f("ck_outside_answer_evidence")
        ),
        sa.CheckConstraint("amount IS NULL OR amount >= 0", name=op.f("ck_outside_answer_amount")),
        sa.ForeignKeyConstraint(["call_id"], ["outside_call.id"], name=op.f("fk_outside_answer_call_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_outside_answer_person_id")),
        sa.ForeignKeyConstraint(
            ["verified_by_person_id"], ["person.id"], name=op.f("fk_outside_answer_verified_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_answer")),
        sqlite_strict=True,
    )
    op.create_index("ix_outside_answer_person", "outside_answer", ["person_id", "kind", "id"], unique=False)


def _create_outside_question() -> None:
    op.create_table(
        "outside_question",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("tries", t.Int64(), nullable=False),
        sa.Column("tried_at", t.UtcTime(), nullable=True),
        sa.Column("done_at", t.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_outside_question_person_id")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_outside_question_region_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_question")),
        sqlite_strict=True,
    )
    op.create_index("ix_outside_question_due", "outside_question", ["done_at", "tried_at"], unique=False)
    op.create_index(
        "uq_outside_question_open",
        "outside_question",
        ["person_id", "kind"],
        unique=True,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )


def _create_programme_demand() -> None:
    op.create_table(
        "programme_demand",
        sa.Column("programme_id", t.Int64(), nullable=False),
        sa.Column("position", t.Int64(), nullable=False),
        sa.Column("label", t.Text(), nullable=False),
        sa.Column("fact", t.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_programme_demand_programme_id")
        ),
        sa.PrimaryKeyConstraint("programme_id", "position", name=op.f("pk_programme_demand")),
        sqlite_strict=True,
    )


def _create_application() -> None:
    op.create_table(
        "application",
        sa.Column("programme_id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("cause", t.Json(), nullable=False),
        sa.Column("filed_at", t.UtcTime(), nullable=False),
        sa.Column("due_on", t.Day(), nullable=False),
        sa.Column("answer_by", t.Day(), nullable=True),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.Column("opinion", t.Text(), nullable=True),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint(
            "state <> 'asked' OR answer_by IS NOT NULL", name=op.f("ck_application_answer_by")
        ),
        sa.CheckConstraint("thing = 'application'", name=op.f("ck_application_thing")),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by_person_id IS NULL)", name=op.f("ck_application_decided_by")
        ),
        sa.CheckConstraint("decided_by_person_id <> person_id", name=op.f("ck_application_two_people")),
        sa.ForeignKeyConstraint(
            ["decided_by_person_id"], ["person.id"], name=op.f("fk_application_decided_by_person_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_application_person_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_application_programme_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_application_region_code")),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_application_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sqlite_strict=True,
    )
    op.create_index("ix_application_person", "application", ["person_id"], unique=False)
    op.create_index("ix_application_region", "application", ["region_code", "state", "id"], unique=False)
    op.create_index(
        "uq_application_standing",
        "application",
        ["programme_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('filed','asked','approved')"),
        postgresql_where=sa.text("state IN ('filed','asked','approved')"),
    )


def _create_application_item() -> None:
    op.create_table(
        "application_item",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("application_id", t.Int64(), nullable=False),
        sa.Column("position", t.Int64(), nullable=False),
        sa.Column("label", t.Text(), nullable=False),
        sa.Column("said", t.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_item_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_item")),
        sa.UniqueConstraint(
            "application_id", "position", name=op.f("uq_application_item_application_id_position")
        ),
        sqlite_strict=True,
    )


def _create_application_question() -> None:
    op.create_table(
        "application_question",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("item_id", t.Int64(), nullable=False),
        sa.Column("question", t.Text(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("answer", t.Text(), nullable=True),
        sa.Column("answered_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_application_question_answered")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_person_id"], ["person.id"], name=op.f("fk_application_question_asked_by_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["application_item.id"], name=op.f("fk_application_question_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_question")),
        sqlite_strict=True,
    )
    op.create_index("ix_application_question_item", "application_question", ["item_id"], unique=False)
