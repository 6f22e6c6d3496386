"""Online lessons are played, and what was played is logged; an impossible speed is a case as well."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

TABLES = ("lesson", "lesson_segment", "study")
FIXED = ("segment_id", "voucher_id", "person_id", "started_at")
CASE = (
    *("id", "session_id", "kind", "opened_at", "closed_at"),
    *("closed_by_person_id", "outcome", "conclusion"),
)
KINDS = "kind IN ('shared_device','impossible_speed')"


def upgrade() -> None:
    """Create the tables with their triggers, and let a case be about speed."""
    _widen_case()
    _create_lesson()
    _create_study()
    for table in TABLES:
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    for table in ("lesson", "lesson_segment"):
        _refuse(f"{table}_no_update", table, "UPDATE", f"{table} is append only")
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    for column in FIXED:
        when = f"OLD.{column} {word} NEW.{column}"
        _refuse(
            f"study_{column}_fixed", "study", f"UPDATE OF {column}", f"study.{column} never changes", when
        )
    _refuse("study_stays_ended", "study", "UPDATE", "study goes one way", "OLD.ended_at IS NOT NULL")


def _widen_case() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_attendance_case_kind"), "attendance_case", type_="check")
        op.create_check_constraint(op.f("ck_attendance_case_kind"), "attendance_case", KINDS)
        return
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'attendance_case'")
    )
    kept = [row.sql for row in triggers]
    rebuild(connection, "attendance_case", CASE, _create_case)
    op.create_index(
        "uq_attendance_case_open",
        "attendance_case",
        ["session_id", "kind"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    for trigger in kept:
        op.execute(trigger)


def _create_case(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("session_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.Column("closed_at", t.UtcTime(), nullable=True),
        sa.Column("closed_by_person_id", t.Int64(), nullable=True),
        sa.Column("outcome", t.Text(), nullable=True),
        sa.Column("conclusion", t.Text(), nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_attendance_case_kind")),
        sa.CheckConstraint("outcome IN ('counted','refused')", name=op.f("ck_attendance_case_outcome")),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by_person_id IS NULL)", name=op.f("ck_attendance_case_closed_by")
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_attendance_case_closed_with")
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (conclusion IS NULL)", name=op.f("ck_attendance_case_concluded")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_attendance_case_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_case")),
        sqlite_strict=True,
    )


def _create_lesson() -> None:
    op.create_table(
        "lesson",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("session_id", t.Int64(), nullable=False),
        sa.Column("position", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("title", t.Text(), nullable=False),
        sa.Column("address", t.Text(), nullable=True),
        sa.Column("added_at", t.UtcTime(), nullable=False),
        sa.Column("added_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("kind IN ('video','pages')", name=op.f("ck_lesson_kind")),
        sa.CheckConstraint("(kind = 'video') = (address IS NOT NULL)", name=op.f("ck_lesson_address")),
        sa.ForeignKeyConstraint(["session_id"], ["class_session.id"], name=op.f("fk_lesson_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson")),
        sa.UniqueConstraint("session_id", "position", name=op.f("uq_lesson_session_id_position")),
        sqlite_strict=True,
    )
    op.create_table(
        "lesson_segment",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("lesson_id", t.Int64(), nullable=False),
        sa.Column("position", t.Int64(), nullable=False),
        sa.Column("minutes", t.Int64(), nullable=False),
        sa.Column("content", t.Text(), nullable=False),
        sa.Column("question", t.Text(), nullable=True),
        sa.Column("options", t.Text(), nullable=True),
        sa.Column("answer", t.Int64(), nullable=True),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_lesson_segment_minutes")),
        sa.CheckConstraint("(question IS NULL) = (answer IS NULL)", name=op.f("ck_lesson_segment_question")),
        sa.CheckConstraint("(question IS NULL) = (options IS NULL)", name=op.f("ck_lesson_segment_options")),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name=op.f("fk_lesson_segment_lesson_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_segment")),
        sa.UniqueConstraint("lesson_id", "position", name=op.f("uq_lesson_segment_lesson_id_position")),
        sqlite_strict=True,
    )


def _create_study() -> None:
    op.create_table(
        "study",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("segment_id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("started_at", t.UtcTime(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("device_id", t.Int64(), nullable=True),
        sa.Column("counter", t.Int64(), nullable=True),
        sa.Column("outcome", t.Text(), nullable=True),
        sa.Column("minutes", t.Int64(), nullable=False),
        sa.Column("case_id", t.Int64(), nullable=True),
        sa.CheckConstraint("outcome IN ('counted','too_fast','wrong_answer')", name=op.f("ck_study_outcome")),
        sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name=op.f("ck_study_ended")),
        sa.CheckConstraint("(ended_at IS NULL) = (device_id IS NULL)", name=op.f("ck_study_signed")),
        sa.CheckConstraint("(device_id IS NULL) = (counter IS NULL)", name=op.f("ck_study_phone")),
        sa.CheckConstraint(
            "minutes >= 0 AND (minutes = 0 OR outcome = 'counted')", name=op.f("ck_study_minutes")
        ),
        sa.ForeignKeyConstraint(["segment_id"], ["lesson_segment.id"], name=op.f("fk_study_segment_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_study_person_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_study_device_id")),
        sa.ForeignKeyConstraint(["case_id"], ["attendance_case.id"], name=op.f("fk_study_case_id")),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_study_holder",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
        sa.UniqueConstraint("device_id", "counter", name=op.f("uq_study_device_id_counter")),
        sqlite_strict=True,
    )
    op.create_index("ix_study_segment", "study", ["segment_id", "voucher_id"], unique=False)
    op.create_index("ix_study_person", "study", ["person_id", "started_at"], unique=False)


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
