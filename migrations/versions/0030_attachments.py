"""Photographs and PDFs shown with an application, each sealed, its content apart from its row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

UNUSED = sa.text("item_id IS NULL AND removed_at IS NULL")


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "attachment",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("sha256", t.Text(), nullable=False),
        sa.Column("size_bytes", t.Int64(), nullable=False),
        sa.Column("uploaded_at", t.UtcTime(), nullable=False),
        sa.Column("item_id", t.Int64(), nullable=True),
        sa.Column("question_id", t.Int64(), nullable=True),
        sa.Column("attached_at", t.UtcTime(), nullable=True),
        sa.Column("removed_at", t.UtcTime(), nullable=True),
        sa.Column("removed_why", t.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('jpeg','png','pdf')", name=op.f("ck_attachment_kind_known")),
        sa.CheckConstraint(
            "removed_why IN ('taken_back','unused','ended')", name=op.f("ck_attachment_why_known")
        ),
        sa.CheckConstraint("(item_id IS NULL) = (attached_at IS NULL)", name=op.f("ck_attachment_attached")),
        sa.CheckConstraint(
            "(removed_at IS NULL) = (removed_why IS NULL)", name=op.f("ck_attachment_removed")
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_attachment_sha256_length")),
        sa.CheckConstraint(
            "question_id IS NULL OR item_id IS NOT NULL", name=op.f("ck_attachment_question_of_item")
        ),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_attachment_size")),
        sa.ForeignKeyConstraint(["item_id"], ["application_item.id"], name=op.f("fk_attachment_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_attachment_person_id")),
        sa.ForeignKeyConstraint(
            ["question_id"], ["application_question.id"], name=op.f("fk_attachment_question_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sqlite_strict=True,
    )
    op.create_index("ix_attachment_item", "attachment", ["item_id"], unique=False)
    op.create_index(
        "ix_attachment_unused_since",
        "attachment",
        ["uploaded_at"],
        unique=False,
        sqlite_where=UNUSED,
        postgresql_where=UNUSED,
    )
    op.create_index(
        "uq_attachment_unused",
        "attachment",
        ["person_id", "sha256"],
        unique=True,
        sqlite_where=UNUSED,
        postgresql_where=UNUSED,
    )
    op.create_table(
        "attachment_content",
        sa.Column("attachment_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_attachment_content_attachment_id")
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachment_content")),
        sqlite_strict=True,
    )
