"""Timetables of approved classes change, with what was before; a session with a record of anybody stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

FIXED = ("class_id", "why", "asked_by_person_id", "asked_at", "reviewed", "due_on")
ONCE = ("agreed", "opinion", "decided_by_person_id", "decided_at", "applied_at")
CHECKS = {
    "due": "(reviewed = 1) = (due_on IS NOT NULL)",
    "filed_at_once": "reviewed = 1 OR applied_at IS NOT NULL",
    "reviewed": "reviewed = 1 OR decided_at IS NULL",
    "agreed_first": "reviewed = 0 OR (applied_at IS NOT NULL) = (agreed IS NOT NULL AND agreed = 1)",
    "two_people": "decided_by_person_id <> asked_by_person_id",
    "decided_by": "(decided_at IS NULL) = (decided_by_person_id IS NULL)",
    "agreed": "(decided_at IS NULL) = (agreed IS NULL)",
    "opinion": "(decided_at IS NULL) = (opinion IS NULL)",
}
RECORDED = (
    "EXISTS (SELECT 1 FROM attendance a WHERE a.session_id = OLD.id)"
    " OR EXISTS (SELECT 1 FROM attendance_mark m WHERE m.session_id = OLD.id)"
)
TOLD = "a class session with marks or hours stays as it was"


def upgrade() -> None:
    """Let a session have its own teacher and place, and keep every change with what was before."""
    op.add_column("class_session", sa.Column("teacher", t.Text(), nullable=True))
    op.add_column("class_session", sa.Column("place", t.Text(), nullable=True))
    _create_timetable_change()
    _create_session_change()
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table in ("timetable_change", "session_change"):
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if not sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    _refuse("session_change_no_update", "session_change", "UPDATE", "session_change is append only")
    for column in FIXED:
        when = f"OLD.{column} {word} NEW.{column}"
        told = f"timetable_change.{column} stays"
        _refuse(f"timetable_change_{column}_fixed", "timetable_change", f"UPDATE OF {column}", told, when)
    for column in ONCE:
        when = f"OLD.{column} IS NOT NULL AND OLD.{column} {word} NEW.{column}"
        told = f"timetable_change.{column} is written once"
        _refuse(f"timetable_change_{column}_once", "timetable_change", f"UPDATE OF {column}", told, when)
    _keep_recorded_sessions(sqlite)


def _keep_recorded_sessions(sqlite: bool) -> None:
    if sqlite:
        op.execute(
            f"CREATE TRIGGER class_session_recorded_stays BEFORE UPDATE ON class_session WHEN {RECORDED} "
            f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_recorded_session() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {RECORDED} THEN RAISE EXCEPTION USING ERRCODE = 'raise_exception', MESSAGE = '{TOLD}'; "
        "END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER class_session_recorded_stays BEFORE UPDATE ON class_session FOR EACH ROW "
        "EXECUTE FUNCTION refuse_recorded_session()"
    )


def _create_timetable_change() -> None:
    name = "timetable_change"
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("reviewed", t.Flag(), nullable=False),
        sa.Column("due_on", t.Day(), nullable=True),
        sa.Column("agreed", t.Flag(), nullable=True),
        sa.Column("opinion", t.Text(), nullable=True),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.Column("applied_at", t.UtcTime(), nullable=True),
        *(sa.CheckConstraint(each, name=op.f(f"ck_{name}_{key}")) for key, each in CHECKS.items()),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f(f"fk_{name}_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sqlite_strict=True,
    )
    waiting = sa.text("reviewed = 1 AND decided_at IS NULL")
    op.create_index(
        "uq_timetable_change_open", name, ["class_id"], unique=True, sqlite_where=waiting,
        postgresql_where=waiting,
    )  # fmt: skip
    op.create_index("ix_timetable_change_class", name, ["class_id"])


def _create_session_change() -> None:
    name = "session_change"
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("change_id", t.Int64(), nullable=False),
        sa.Column("session_id", t.Int64(), nullable=False),
        sa.Column("position", t.Int64(), nullable=False),
        sa.Column("former_starts_at", t.UtcTime(), nullable=False),
        sa.Column("former_ends_at", t.UtcTime(), nullable=False),
        sa.Column("former_hours", t.Int64(), nullable=False),
        sa.Column("former_teacher", t.Text(), nullable=False),
        sa.Column("former_place", t.Text(), nullable=False),
        sa.Column("starts_at", t.UtcTime(), nullable=False),
        sa.Column("ends_at", t.UtcTime(), nullable=False),
        sa.Column("hours", t.Int64(), nullable=False),
        sa.Column("teacher", t.Text(), nullable=False),
        sa.Column("place", t.Text(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f(f"ck_{name}_moments")),
        sa.CheckConstraint("hours > 0", name=op.f(f"ck_{name}_hours")),
        sa.ForeignKeyConstraint(["change_id"], ["timetable_change.id"], name=op.f(f"fk_{name}_change_id")),
        sa.ForeignKeyConstraint(["session_id"], ["class_session.id"], name=op.f(f"fk_{name}_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("change_id", "session_id", name=op.f(f"uq_{name}_change_id_session_id")),
        sqlite_strict=True,
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
