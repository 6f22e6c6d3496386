"""Examiners an evaluator has filed, and who examines at which exam: nobody at two on one day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

STANDING = sa.text("removed_at IS NULL")
FIXED = {
    "examiner": ("institution_id", "person_id", "since"),
    "exam_examiner": ("batch_id", "examiner_id", "person_id", "exam_on", "assigned_by_person_id"),
}


def upgrade() -> None:
    """Create the tables with their triggers."""
    _create_examiner()
    _create_exam_examiner()
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table, columns in FIXED.items():
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if not sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
        for column in columns:
            told = f"{table}.{column} never changes"
            when = f"OLD.{column} {word} NEW.{column}"
            _refuse(f"{table}_{column}_fixed", table, f"UPDATE OF {column}", told, when)


def _create_examiner() -> None:
    op.create_table(
        "examiner",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("card_number", t.Text(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("filed_at", t.UtcTime(), nullable=False),
        sa.Column("filed_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_examiner_dates")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_examiner_institution_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_examiner_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_examiner")),
        sa.UniqueConstraint(
            "institution_id", "person_id", "since", name=op.f("uq_examiner_institution_id_person_id_since")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_examiner_person", "examiner", ["person_id"], unique=False)


def _create_exam_examiner() -> None:
    op.create_table(
        "exam_examiner",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("batch_id", t.Int64(), nullable=False),
        sa.Column("examiner_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("exam_on", t.Day(), nullable=False),
        sa.Column("assigned_at", t.UtcTime(), nullable=False),
        sa.Column("assigned_by_person_id", t.Int64(), nullable=False),
        sa.Column("removed_at", t.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["exam_batch.id"], name=op.f("fk_exam_examiner_batch_id")),
        sa.ForeignKeyConstraint(["examiner_id"], ["examiner.id"], name=op.f("fk_exam_examiner_examiner_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_exam_examiner_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_examiner")),
        sqlite_strict=True,
    )
    op.create_index("ix_exam_examiner_batch", "exam_examiner", ["batch_id"], unique=False)
    op.create_index(
        "uq_exam_examiner_day", "exam_examiner", ["person_id", "exam_on"], unique=True,
        sqlite_where=STANDING, postgresql_where=STANDING,
    )  # fmt: skip


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
