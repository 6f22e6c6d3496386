"""Arrivals out of a card reader's file, with the moment the reader saw the candidate."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None

KEPT = ("id", "batch_id", "candidate_id", "voucher_id", "way", "code", "title", "at", "by_person_id")
LET_IN = sa.text("code IS NULL")
CHECKS = {
    "ck_exam_arrival_way": "way IN ('code','slip','card','reader')",
    "ck_exam_arrival_seen": "code IS NOT NULL OR (way = 'reader') = (seen_at IS NOT NULL)",
    "ck_exam_arrival_seen_before": "seen_at IS NULL OR seen_at <= at",
}


def upgrade() -> None:
    """Widen the ways somebody comes to the door by, and keep when a reader saw them."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_exam_arrival_way"), "exam_arrival")
        op.add_column("exam_arrival", sa.Column("seen_at", t.UtcTime(), nullable=True))
        for name, said in CHECKS.items():
            op.create_check_constraint(op.f(name), "exam_arrival", said)
        return
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'exam_arrival'")
    )
    kept = [row.sql for row in triggers]
    rebuild(connection, "exam_arrival", KEPT, _create)
    op.create_index("ix_exam_arrival_batch", "exam_arrival", ["batch_id", "id"], unique=False)
    op.create_index("ix_exam_arrival_candidate", "exam_arrival", ["candidate_id", "at"], unique=False)
    op.create_index(
        "uq_exam_arrival_let_in", "exam_arrival", ["candidate_id"], unique=True,
        sqlite_where=LET_IN, postgresql_where=LET_IN,
    )  # fmt: skip
    for trigger in kept:
        op.execute(trigger)


def _create(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("batch_id", t.Int64(), nullable=False),
        sa.Column("candidate_id", t.Int64(), nullable=True),
        sa.Column("voucher_id", t.Int64(), nullable=True),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("code", t.Text(), nullable=True),
        sa.Column("title", t.Text(), nullable=True),
        sa.Column("at", t.UtcTime(), nullable=False),
        sa.Column("by_person_id", t.Int64(), nullable=False),
        sa.Column("seen_at", t.UtcTime(), nullable=True),
        *(sa.CheckConstraint(said, name=op.f(each)) for each, said in CHECKS.items()),
        sa.CheckConstraint("(code IS NULL) = (title IS NULL)", name=op.f("ck_exam_arrival_title")),
        sa.CheckConstraint(
            "code IS NOT NULL OR candidate_id IS NOT NULL", name=op.f("ck_exam_arrival_let_in")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["exam_batch.id"], name=op.f("fk_exam_arrival_batch_id")),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_exam_arrival_candidate_id")
        ),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_exam_arrival_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_arrival")),
        sqlite_strict=True,
    )
