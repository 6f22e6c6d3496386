"""What a standard is multiplied by; occupations in short supply; tariffs proposed; programmes tried out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

COPIED = ("id", "code", "kind", "method", "basis_points", "since", "until", "document")


def upgrade() -> None:
    """Let modifiers go by a mode, an area or a list, and make the tables of lists, proposals and trials."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("modifier", "method", nullable=True)
        op.add_column("modifier", sa.Column("mode", t.Text(), nullable=True))
        op.add_column("modifier", sa.Column("region_code", t.Text(), nullable=True))
        op.create_foreign_key("fk_modifier_region_code", "modifier", "region", ["region_code"], ["code"])
        op.create_check_constraint(
            op.f("ck_modifier_one_condition"), "modifier", "method IS NULL OR mode IS NULL"
        )
    else:
        rebuild(op.get_bind(), "modifier", COPIED, _create_modifier)
    _create_shortage_entry()
    _create_tariff_proposal()
    _create_dry_run()


def _create_modifier(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("method", t.Text(), nullable=True),
        sa.Column("mode", t.Text(), nullable=True),
        sa.Column("region_code", t.Text(), nullable=True),
        sa.Column("basis_points", t.Int64(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("document", t.Text(), nullable=False),
        sa.CheckConstraint("basis_points BETWEEN 0 AND 100000", name=op.f("ck_modifier_basis_points")),
        sa.CheckConstraint("method IS NULL OR mode IS NULL", name=op.f("ck_modifier_one_condition")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_modifier_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modifier")),
        sa.UniqueConstraint("code", name=op.f("uq_modifier_code")),
        sqlite_strict=True,
    )


def _create_shortage_entry() -> None:
    op.create_table(
        "shortage_entry",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("occupation_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=True),
        sa.Column("region_code", t.Text(), nullable=True),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("document", t.Text(), nullable=False),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_shortage_entry_dates")),
        sa.CheckConstraint("level BETWEEN 1 AND 8", name=op.f("ck_shortage_entry_level")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_shortage_entry_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortage_entry")),
        sqlite_strict=True,
    )
    op.create_index("ix_shortage_entry_occupation", "shortage_entry", ["occupation_code"])


def _create_tariff_proposal() -> None:
    op.create_table(
        "tariff_proposal",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("subject", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=True),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("document", t.Text(), nullable=False),
        sa.Column("content", t.Json(), nullable=False),
        sa.Column("proposed_by_person_id", t.Int64(), nullable=False),
        sa.Column("proposed_at", t.UtcTime(), nullable=False),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.Column("agreed", t.Flag(), nullable=True),
        sa.Column("why", t.Text(), nullable=True),
        sa.CheckConstraint(
            "subject IN ('standard','modifier','shortage')", name=op.f("ck_tariff_proposal_subject")
        ),
        sa.CheckConstraint(
            "decided_by_person_id <> proposed_by_person_id", name=op.f("ck_tariff_proposal_two_people")
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by_person_id IS NULL)",
            name=op.f("ck_tariff_proposal_decided_by"),
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (agreed IS NULL)", name=op.f("ck_tariff_proposal_decided_how")
        ),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_tariff_proposal_region_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff_proposal")),
        sqlite_strict=True,
    )
    op.create_index("ix_tariff_proposal_decided", "tariff_proposal", ["decided_at"])


def _create_dry_run() -> None:
    op.create_table(
        "dry_run",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("programme_id", t.Int64(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("job_id", t.Int64(), nullable=True),
        sa.Column("result", t.Json(), nullable=True),
        sa.Column("finished_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(finished_at IS NULL) = (result IS NULL)", name=op.f("ck_dry_run_finished_with_result")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_dry_run_job_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_dry_run_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dry_run")),
        sqlite_strict=True,
    )
    op.create_index("ix_dry_run_programme", "dry_run", ["programme_id", "id"])
