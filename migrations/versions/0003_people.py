"""People under their own keys, their former names and dated facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this step."""
    _create_subject_key()
    _create_person()
    _create_former_name()
    _create_person_tag()


def _create_subject_key() -> None:
    op.create_table(
        "subject_key",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("blind_index", t.Text(), nullable=False),
        sa.Column("wrapped_key", t.Bytes(), nullable=True),
        sa.Column("created_at", t.UtcTime(), nullable=False),
        sa.Column("destroyed_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(wrapped_key IS NULL) = (destroyed_at IS NOT NULL)",
            name=op.f("ck_subject_key_kept_or_destroyed"),
        ),
        sa.CheckConstraint("length(blind_index) = 64", name=op.f("ck_subject_key_blind_index_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_key")),
        sa.UniqueConstraint("blind_index", name=op.f("uq_subject_key_blind_index")),
        sqlite_strict=True,
    )


def _create_person() -> None:
    op.create_table(
        "person",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("blind_index", t.Text(), nullable=False),
        sa.Column("name_sealed", t.Bytes(), nullable=False),
        sa.Column("name_index", t.Text(), nullable=False),
        sa.Column("number_sealed", t.Bytes(), nullable=True),
        sa.Column("mobile_sealed", t.Bytes(), nullable=True),
        sa.Column("mobile_index", t.Text(), nullable=True),
        sa.Column("region_code", t.Text(), nullable=True),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["blind_index"], ["subject_key.blind_index"], name=op.f("fk_person_blind_index")
        ),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_person_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("blind_index", name=op.f("uq_person_blind_index")),
        sqlite_strict=True,
    )
    op.create_index("ix_person_mobile_index", "person", ["mobile_index"], unique=False)


def _create_former_name() -> None:
    op.create_table(
        "former_name",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("former_sealed", t.Bytes(), nullable=False),
        sa.Column("former_index", t.Text(), nullable=False),
        sa.Column("new_sealed", t.Bytes(), nullable=False),
        sa.Column("new_index", t.Text(), nullable=False),
        sa.Column("evidence", t.Text(), nullable=False),
        sa.Column("proposed_by_person_id", t.Int64(), nullable=False),
        sa.Column("proposed_at", t.UtcTime(), nullable=False),
        sa.Column("approved_by_person_id", t.Int64(), nullable=True),
        sa.Column("approved_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_by_person_id IS NULL)", name=op.f("ck_former_name_approved_by")
        ),
        sa.CheckConstraint(
            "approved_by_person_id <> proposed_by_person_id", name=op.f("ck_former_name_two_people")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_former_name_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_name")),
        sqlite_strict=True,
    )
    op.create_index("ix_former_name_person", "former_name", ["person_id"], unique=False)


def _create_person_tag() -> None:
    op.create_table(
        "person_tag",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("value", t.Text(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("source", t.Text(), nullable=False),
        sa.Column("recorded_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_person_tag_dates")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_tag_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_tag")),
        sqlite_strict=True,
    )
    op.create_index("ix_person_tag_person", "person_tag", ["person_id"], unique=False)
