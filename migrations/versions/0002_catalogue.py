"""Regions, occupations, projects, standards, parameters and the calendar."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this step."""
    _create_amount_band()
    _create_calendar_day()
    _create_calendar_year()
    _create_modifier()
    _create_occupation()
    _create_parameter()
    _create_project()
    _create_qualification_entry()
    _create_region()
    _create_special_item()
    _create_occupation_alias()
    _create_standard()


def _create_amount_band() -> None:
    op.create_table(
        "amount_band",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("minimum_fen", t.Int64(), nullable=False),
        sa.Column("steps", t.Text(), nullable=False),
        sa.Column("document", t.Text(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amount_band")),
        sa.UniqueConstraint("minimum_fen", "since", name=op.f("uq_amount_band_minimum_fen_since")),
        sqlite_strict=True,
    )


def _create_calendar_day() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("day", t.Day(), nullable=False),
        sa.Column("is_workday", t.Flag(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
        sqlite_strict=True,
    )


def _create_calendar_year() -> None:
    op.create_table(
        "calendar_year",
        sa.Column("year", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("source", t.Text(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_year")),
        sqlite_strict=True,
    )


def _create_modifier() -> None:
    op.create_table(
        "modifier",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("method", t.Text(), nullable=False),
        sa.Column("basis_points", t.Int64(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("document", t.Text(), nullable=False),
        sa.CheckConstraint("basis_points BETWEEN 0 AND 100000", name=op.f("ck_modifier_basis_points")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modifier")),
        sa.UniqueConstraint("code", name=op.f("uq_modifier_code")),
        sqlite_strict=True,
    )


def _create_occupation() -> None:
    op.create_table(
        "occupation",
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("edition", t.Text(), nullable=False),
        sa.Column("since", t.Day(), nullable=True),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("is_digital", t.Flag(), nullable=False),
        sa.Column("is_green", t.Flag(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_occupation")),
        sqlite_strict=True,
    )


def _create_parameter() -> None:
    op.create_table(
        "parameter",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("value", t.Text(), nullable=False),
        sa.Column("unit", t.Text(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("source", t.Text(), nullable=False),
        sa.Column("confidence", t.Text(), nullable=False),
        sa.CheckConstraint(
            "confidence IN ('document','gov','news','default')", name=op.f("ck_parameter_confidence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parameter")),
        sa.UniqueConstraint("name", "region_code", "since", name=op.f("uq_parameter_name_region_code_since")),
        sqlite_strict=True,
    )


def _create_project() -> None:
    op.create_table(
        "project",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("document", t.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("code", name=op.f("uq_project_code")),
        sqlite_strict=True,
    )


def _create_qualification_entry() -> None:
    op.create_table(
        "qualification_entry",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("occupation_code", t.Text(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("document", t.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification_entry")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_qualification_entry_occupation", "qualification_entry", ["occupation_code"], unique=False
    )


def _create_region() -> None:
    op.create_table(
        "region",
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("parent_code", t.Text(), nullable=True),
        sa.Column("rank", t.Text(), nullable=False),
        sa.Column("source", t.Text(), nullable=False),
        sa.CheckConstraint("rank IN ('province','city','county','zone')", name=op.f("ck_region_rank")),
        sa.ForeignKeyConstraint(["parent_code"], ["region.code"], name=op.f("fk_region_parent_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_region")),
        sqlite_strict=True,
    )
    op.create_index("ix_region_parent", "region", ["parent_code"], unique=False)


def _create_special_item() -> None:
    op.create_table(
        "special_item",
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("source", t.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_special_item")),
        sqlite_strict=True,
    )


def _create_occupation_alias() -> None:
    op.create_table(
        "occupation_alias",
        sa.Column("old_code", t.Text(), nullable=False),
        sa.Column("new_code", t.Text(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("source", t.Text(), nullable=False),
        sa.CheckConstraint("old_code <> new_code", name=op.f("ck_occupation_alias_two_codes")),
        sa.ForeignKeyConstraint(["new_code"], ["occupation.code"], name=op.f("fk_occupation_alias_new_code")),
        sa.PrimaryKeyConstraint("old_code", name=op.f("pk_occupation_alias")),
        sqlite_strict=True,
    )


def _create_standard() -> None:
    op.create_table(
        "standard",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("form", t.Text(), nullable=False),
        sa.Column("occupation_code", t.Text(), nullable=True),
        sa.Column("level", t.Int64(), nullable=True),
        sa.Column("region_code", t.Text(), nullable=True),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("document", t.Text(), nullable=False),
        sa.Column("evidence", t.Text(), nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_standard_amount")),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_standard_dates")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_standard_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard")),
        sa.UniqueConstraint("code", name=op.f("uq_standard_code")),
        sqlite_strict=True,
    )
    op.create_index("ix_standard_kind", "standard", ["kind", "form", "level"], unique=False)
