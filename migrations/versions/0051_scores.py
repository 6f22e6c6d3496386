"""Practical scores are entered twice, marks say why there is none, retakes bring passed subjects along."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

CANDIDATE = ("id", "batch_id", "person_id", "voucher_id", "admitted_at", "admitted_by_person_id")
RESULT = (
    *("id", "candidate_id", "revision", "theory_hundredths", "skill_hundredths", "passed", "why"),
    *("entered_by_person_id", "entered_at", "confirmed_by_person_id", "confirmed_at"),
)
ADMITTED = "(admitted_at IS NULL) = (admitted_by_person_id IS NULL)"
ATTEMPT = "attempt >= 1"
CARRIED = "attempt > 1 OR (carried_theory_hundredths IS NULL AND carried_skill_hundredths IS NULL)"
MARK = (
    "mark IS NULL OR (mark IN ('absent','cheated') AND theory_hundredths IS NULL"
    " AND skill_hundredths IS NULL AND passed = 0)"
)
FIXED = {
    "candidate": ("attempt", "carried_theory_hundredths", "carried_skill_hundredths"),
    "exam_result": ("mark",),
}


def upgrade() -> None:
    """Widen candidates and results, and keep second entries."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        _rebuild()
    else:
        _widen()
    _create_skill_reading()
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table, columns in FIXED.items():
        for column in columns:
            told = f"{table}.{column} never changes"
            _refuse(
                f"{table}_{column}_fixed", table, f"UPDATE OF {column}", told,
                f"OLD.{column} {word} NEW.{column}",
            )  # fmt: skip
    for deed, told in (("UPDATE", "is append only"), ("DELETE", "rows are never deleted")):
        _refuse(f"skill_reading_no_{deed.lower()}", "skill_reading", deed, f"skill_reading {told}")
    if not sqlite:
        op.execute(
            "CREATE TRIGGER skill_reading_no_truncate BEFORE TRUNCATE ON skill_reading "
            "EXECUTE FUNCTION refuse_truncate()"
        )


def _widen() -> None:
    op.add_column("candidate", sa.Column("attempt", t.Int64(), nullable=False, server_default=sa.text("1")))
    op.add_column("candidate", sa.Column("carried_theory_hundredths", t.Int64(), nullable=True))
    op.add_column("candidate", sa.Column("carried_skill_hundredths", t.Int64(), nullable=True))
    op.create_check_constraint(op.f("ck_candidate_attempt"), "candidate", ATTEMPT)
    op.create_check_constraint(op.f("ck_candidate_carried_into_retakes"), "candidate", CARRIED)
    op.add_column("exam_result", sa.Column("mark", t.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_exam_result_mark"), "exam_result", MARK)


def _rebuild() -> None:
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('candidate','exam_result')"
        )
    )
    kept = [row.sql for row in triggers]
    rebuild(connection, "candidate", CANDIDATE, _create_candidate)
    op.create_index("ix_candidate_person", "candidate", ["person_id"], unique=False)
    op.create_index("ix_candidate_voucher", "candidate", ["voucher_id"], unique=False)
    rebuild(connection, "exam_result", RESULT, _create_exam_result)
    for trigger in kept:
        op.execute(trigger)


def _create_candidate(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("batch_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=True),
        sa.Column("admitted_at", t.UtcTime(), nullable=True),
        sa.Column("admitted_by_person_id", t.Int64(), nullable=True),
        sa.Column("attempt", t.Int64(), server_default=sa.text("1"), nullable=False),
        sa.Column("carried_theory_hundredths", t.Int64(), nullable=True),
        sa.Column("carried_skill_hundredths", t.Int64(), nullable=True),
        sa.CheckConstraint(ADMITTED, name=op.f("ck_candidate_admitted_by")),
        sa.CheckConstraint(ATTEMPT, name=op.f("ck_candidate_attempt")),
        sa.CheckConstraint(CARRIED, name=op.f("ck_candidate_carried_into_retakes")),
        sa.ForeignKeyConstraint(["batch_id"], ["exam_batch.id"], name=op.f("fk_candidate_batch_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_candidate_person_id")),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_candidate_holder",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
        sa.UniqueConstraint("batch_id", "person_id", name=op.f("uq_candidate_batch_id_person_id")),
        sqlite_strict=True,
    )


def _create_exam_result(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("candidate_id", t.Int64(), nullable=False),
        sa.Column("revision", t.Int64(), nullable=False),
        sa.Column("theory_hundredths", t.Int64(), nullable=True),
        sa.Column("skill_hundredths", t.Int64(), nullable=True),
        sa.Column("passed", t.Flag(), nullable=False),
        sa.Column("why", t.Text(), nullable=True),
        sa.Column("entered_by_person_id", t.Int64(), nullable=False),
        sa.Column("entered_at", t.UtcTime(), nullable=False),
        sa.Column("confirmed_by_person_id", t.Int64(), nullable=True),
        sa.Column("confirmed_at", t.UtcTime(), nullable=True),
        sa.Column("mark", t.Text(), nullable=True),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)",
            name=op.f("ck_exam_result_confirmed_by"),
        ),
        sa.CheckConstraint(
            "confirmed_by_person_id <> entered_by_person_id", name=op.f("ck_exam_result_two_people")
        ),
        sa.CheckConstraint(
            "revision = 1 OR why IS NOT NULL", name=op.f("ck_exam_result_correction_with_reason")
        ),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_exam_result_revision")),
        sa.CheckConstraint(MARK, name=op.f("ck_exam_result_mark")),
        sa.CheckConstraint(
            "skill_hundredths IS NULL OR skill_hundredths BETWEEN 0 AND 10000",
            name=op.f("ck_exam_result_skill"),
        ),
        sa.CheckConstraint(
            "theory_hundredths IS NULL OR theory_hundredths BETWEEN 0 AND 10000",
            name=op.f("ck_exam_result_theory"),
        ),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidate.id"], name=op.f("fk_exam_result_candidate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_result")),
        sa.UniqueConstraint("candidate_id", "revision", name=op.f("uq_exam_result_candidate_id_revision")),
        sqlite_strict=True,
    )


def _create_skill_reading() -> None:
    op.create_table(
        "skill_reading",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("candidate_id", t.Int64(), nullable=False),
        sa.Column("skill_hundredths", t.Int64(), nullable=False),
        sa.Column("entered_by_person_id", t.Int64(), nullable=False),
        sa.Column("entered_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("skill_hundredths BETWEEN 0 AND 10000", name=op.f("ck_skill_reading_skill")),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_skill_reading_candidate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill_reading")),
        sqlite_strict=True,
    )
    op.create_index("ix_skill_reading_candidate", "skill_reading", ["candidate_id"], unique=False)


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
