"""Codes sent by a short message are kept to one institution; who asked for them stays known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "texted_code",
        sa.Column("screen_code_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["screen_code_id"], ["screen_code.id"], name=op.f("fk_texted_code_screen_code_id")
        ),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_texted_code_voucher_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_texted_code_institution_id")
        ),
        sa.PrimaryKeyConstraint("screen_code_id", name=op.f("pk_texted_code")),
        sqlite_strict=True,
    )
    op.create_index("ix_texted_code_voucher", "texted_code", ["voucher_id", "asked_at"], unique=False)
    op.create_index("ix_texted_code_institution", "texted_code", ["institution_id", "asked_at"], unique=False)
