"""Dated dictionaries, yearly lists of institutions, and the programmes vouchers are issued under."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this step."""
    _create_dictionary_entry()
    _create_institution_listing()
    _create_programme()
    _create_programme_institution()
    _create_programme_group()


def _create_dictionary_entry() -> None:
    op.create_table(
        "dictionary_entry",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("dictionary", t.Text(), nullable=False),
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("document", t.Text(), nullable=True),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("source", t.Text(), nullable=False),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_dictionary_entry_dates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dictionary_entry")),
        sa.UniqueConstraint(
            "dictionary", "code", "since", name=op.f("uq_dictionary_entry_dictionary_code_since")
        ),
        sqlite_strict=True,
    )


def _create_institution_listing() -> None:
    op.create_table(
        "institution_listing",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("year", t.Int64(), nullable=False),
        sa.Column("document", t.Text(), nullable=False),
        sa.Column("listed_at", t.UtcTime(), nullable=False),
        sa.Column("listed_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name=op.f("ck_institution_listing_year")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_institution_listing_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution_listing")),
        sa.UniqueConstraint(
            "institution_id", "year", name=op.f("uq_institution_listing_institution_id_year")
        ),
        sqlite_strict=True,
    )


def _create_programme() -> None:
    op.create_table(
        "programme",
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("project_id", t.Int64(), nullable=False),
        sa.Column("budget_id", t.Int64(), nullable=False),
        sa.Column("worth", t.Text(), nullable=False),
        sa.Column("channel", t.Text(), nullable=False),
        sa.Column("training_kind", t.Text(), nullable=False),
        sa.Column("certificate_kind", t.Text(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=True),
        sa.Column("level", t.Int64(), nullable=True),
        sa.Column("training_cap_fen", t.Int64(), nullable=False),
        sa.Column("evaluation_cap_fen", t.Int64(), nullable=False),
        sa.Column("quantity", t.Int64(), nullable=False),
        sa.Column("from_on", t.Day(), nullable=False),
        sa.Column("until_on", t.Day(), nullable=False),
        sa.Column("validity_days", t.Int64(), nullable=True),
        sa.Column("certify_months", t.Int64(), nullable=True),
        sa.Column("document", t.Text(), nullable=False),
        sa.Column("drafted_by_person_id", t.Int64(), nullable=False),
        sa.Column("drafted_at", t.UtcTime(), nullable=False),
        sa.Column("published_by_person_id", t.Int64(), nullable=True),
        sa.Column("published_at", t.UtcTime(), nullable=True),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint(
            "channel <> 'directed' OR trade_code IS NOT NULL", name=op.f("ck_programme_directed_to_a_trade")
        ),
        sa.CheckConstraint("channel IN ('open','directed')", name=op.f("ck_programme_channel")),
        sa.CheckConstraint("thing = 'programme'", name=op.f("ck_programme_thing")),
        sa.CheckConstraint(
            "worth <> 'sign_in' OR (training_cap_fen = 0 AND evaluation_cap_fen = 0)",
            name=op.f("ck_programme_sign_in_pays_nothing"),
        ),
        sa.CheckConstraint("worth IN ('face_value','offset','sign_in')", name=op.f("ck_programme_worth")),
        sa.CheckConstraint(
            "(trade_code IS NULL) = (level IS NULL)", name=op.f("ck_programme_trade_with_level")
        ),
        sa.CheckConstraint("level IS NULL OR level BETWEEN 0 AND 8", name=op.f("ck_programme_level")),
        sa.CheckConstraint(
            "published_by_person_id <> drafted_by_person_id", name=op.f("ck_programme_two_people")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_programme_quantity")),
        sa.CheckConstraint(
            "training_cap_fen >= 0 AND evaluation_cap_fen >= 0", name=op.f("ck_programme_nothing_below_zero")
        ),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_programme_dates")),
        sa.ForeignKeyConstraint(["budget_id"], ["budget.id"], name=op.f("fk_programme_budget_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_programme_project_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_programme_region_code")),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_programme_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sqlite_strict=True,
    )
    op.create_index("ix_programme_region", "programme", ["region_code", "state"], unique=False)


def _create_programme_institution() -> None:
    op.create_table(
        "programme_institution",
        sa.Column("programme_id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_programme_institution_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_programme_institution_programme_id")
        ),
        sa.PrimaryKeyConstraint("programme_id", "institution_id", name=op.f("pk_programme_institution")),
        sqlite_strict=True,
    )


def _create_programme_group() -> None:
    op.create_table(
        "programme_group",
        sa.Column("programme_id", t.Int64(), nullable=False),
        sa.Column("group_code", t.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_programme_group_programme_id")
        ),
        sa.PrimaryKeyConstraint("programme_id", "group_code", name=op.f("pk_programme_group")),
        sqlite_strict=True,
    )
