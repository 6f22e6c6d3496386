"""The queue for money names lines of an issue: there is no voucher before there is money."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COPIED = ("id", "budget_id", "claim_id", "amount_fen", "queued_at", "ended_at", "served")


def upgrade() -> None:
    """Change the table."""
    if op.get_bind().dialect.name == "postgresql":
        _alter()
        return
    rebuild(op.get_bind(), "waiting", COPIED, _create_waiting)
    _index_waiting()


def _alter() -> None:
    # the only rows that ever named a voucher here would have needed one, and none was issued
    op.drop_constraint("ck_waiting_one_object", "waiting")
    op.drop_column("waiting", "voucher_id")
    op.add_column("waiting", sa.Column("issue_line_id", t.Int64(), nullable=True))
    op.create_foreign_key("fk_waiting_issue_line_id", "waiting", "issue_line", ["issue_line_id"], ["id"])
    op.create_check_constraint(
        "ck_waiting_one_object", "waiting", "(claim_id IS NULL) <> (issue_line_id IS NULL)"
    )
    op.create_index(
        "uq_waiting_issue_line", "waiting", ["issue_line_id"], unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )  # fmt: skip


def _create_waiting(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("budget_id", t.Int64(), nullable=False),
        sa.Column("claim_id", t.Int64(), nullable=True),
        sa.Column("issue_line_id", t.Int64(), nullable=True),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.Column("queued_at", t.UtcTime(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("served", t.Int64(), nullable=True),
        sa.CheckConstraint(
            "(claim_id IS NULL) <> (issue_line_id IS NULL)", name=op.f("ck_waiting_one_object")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_waiting_amount_above_zero")),
        sa.ForeignKeyConstraint(["budget_id"], ["budget.id"], name=op.f("fk_waiting_budget_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_waiting_claim_id")),
        sa.ForeignKeyConstraint(["issue_line_id"], ["issue_line.id"], name=op.f("fk_waiting_issue_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting")),
        sqlite_strict=True,
    )


def _index_waiting() -> None:
    op.create_index("ix_waiting_queue", "waiting", ["budget_id", "id"], unique=False)
    op.create_index(
        "uq_waiting_claim",
        "waiting",
        ["claim_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_waiting_issue_line",
        "waiting",
        ["issue_line_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
