"""The list of evaluators says by which standard and for which year; majors of schools, staff of employers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, which nothing that stands has said yet, and the three tables."""
    op.add_column("evaluator_scope", sa.Column("standard_kind", t.Text(), nullable=True))
    op.add_column("evaluator_scope", sa.Column("standard_document", t.Text(), nullable=True))
    op.add_column("evaluator_scope", sa.Column("list_year", t.Int64(), nullable=True))
    op.create_index("ix_evaluator_scope_trade", "evaluator_scope", ["trade_code"])
    op.create_table(
        "major_occupation",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("major_code", t.Text(), nullable=False),
        sa.Column("major_name", t.Text(), nullable=False),
        sa.Column("occupation_code", t.Text(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("document", t.Text(), nullable=False),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_major_occupation_dates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_major_occupation")),
        sa.UniqueConstraint(
            "major_code",
            "occupation_code",
            "since",
            name=op.f("uq_major_occupation_major_code_occupation_code_since"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "school_major",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("major_code", t.Text(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_school_major_dates")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_school_major_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_major")),
        sa.UniqueConstraint(
            "institution_id",
            "major_code",
            "since",
            name=op.f("uq_school_major_institution_id_major_code_since"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "employment",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("evidence_kind", t.Text(), nullable=False),
        sa.Column("evidence", t.Text(), nullable=False),
        sa.Column("recorded_at", t.UtcTime(), nullable=False),
        sa.Column("recorded_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_employment_dates")),
        sa.CheckConstraint(
            "evidence_kind IN ('contract','insurance')", name=op.f("ck_employment_evidence_kind")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_employment_person_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_employment_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employment")),
        sa.UniqueConstraint(
            "person_id", "institution_id", "since", name=op.f("uq_employment_person_id_institution_id_since")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_employment_institution", "employment", ["institution_id", "person_id"])
