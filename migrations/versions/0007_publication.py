"""Transfers and the queue for money, notices and objections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this step."""
    _create_notice()
    _create_objection()
    _create_transfer()
    _create_waiting()


def _create_notice() -> None:
    op.create_table(
        "notice",
        sa.Column("number", t.Text(), nullable=False),
        sa.Column("batch_id", t.Int64(), nullable=False),
        sa.Column("title", t.Text(), nullable=False),
        sa.Column("from_on", t.Day(), nullable=False),
        sa.Column("until_on", t.Day(), nullable=False),
        sa.Column("workdays", t.Int64(), nullable=False),
        sa.Column("first_day_counts", t.Int64(), nullable=False),
        sa.Column("posted_by_person_id", t.Int64(), nullable=False),
        sa.Column("posted_at", t.UtcTime(), nullable=False),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint("thing = 'notice'", name=op.f("ck_notice_thing")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_notice_period")),
        sa.ForeignKeyConstraint(["batch_id"], ["settlement_batch.id"], name=op.f("fk_notice_batch_id")),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_notice_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("number", name=op.f("uq_notice_number")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_notice_batch",
        "notice",
        ["batch_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'withdrawn'"),
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )


def _create_objection() -> None:
    op.create_table(
        "objection",
        sa.Column("number", t.Text(), nullable=False),
        sa.Column("notice_id", t.Int64(), nullable=False),
        sa.Column("claim_id", t.Int64(), nullable=False),
        sa.Column("words", t.Text(), nullable=False),
        sa.Column("subject_index", t.Text(), nullable=False),
        sa.Column("contact_sealed", t.Bytes(), nullable=True),
        sa.Column("lodged_at", t.UtcTime(), nullable=False),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.Column("conclusion", t.Text(), nullable=True),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint("thing = 'objection'", name=op.f("ck_objection_thing")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_objection_claim_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_objection_notice_id")),
        sa.ForeignKeyConstraint(
            ["subject_index"], ["subject_key.blind_index"], name=op.f("fk_objection_subject_index")
        ),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_objection_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection")),
        sa.UniqueConstraint("number", name=op.f("uq_objection_number")),
        sqlite_strict=True,
    )
    op.create_index("ix_objection_notice", "objection", ["notice_id"], unique=False)


def _create_transfer() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("from_account_id", t.Int64(), nullable=False),
        sa.Column("to_account_id", t.Int64(), nullable=False),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.Column("act", t.Text(), nullable=False),
        sa.Column("claim_id", t.Int64(), nullable=True),
        sa.Column("voucher_id", t.Int64(), nullable=True),
        sa.Column("project_id", t.Int64(), nullable=True),
        sa.Column("institution_id", t.Int64(), nullable=True),
        sa.Column("actor_person_id", t.Int64(), nullable=False),
        sa.Column("at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_transfer_amount_above_zero")),
        sa.CheckConstraint(
            "claim_id IS NULL OR (project_id IS NOT NULL AND institution_id IS NOT NULL)",
            name=op.f("ck_transfer_line_has_project_and_institution"),
        ),
        sa.CheckConstraint("from_account_id <> to_account_id", name=op.f("ck_transfer_two_accounts")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_transfer_claim_id")),
        sa.ForeignKeyConstraint(
            ["from_account_id"], ["account.id"], name=op.f("fk_transfer_from_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_transfer_institution_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_transfer_project_id")),
        sa.ForeignKeyConstraint(["to_account_id"], ["account.id"], name=op.f("fk_transfer_to_account_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_transfer_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sqlite_strict=True,
    )
    op.create_index("ix_transfer_claim", "transfer", ["claim_id"], unique=False)
    op.create_index("ix_transfer_from_account", "transfer", ["from_account_id"], unique=False)
    op.create_index("ix_transfer_to_account", "transfer", ["to_account_id"], unique=False)


def _create_waiting() -> None:
    op.create_table(
        "waiting",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("budget_id", t.Int64(), nullable=False),
        sa.Column("claim_id", t.Int64(), nullable=True),
        sa.Column("voucher_id", t.Int64(), nullable=True),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.Column("queued_at", t.UtcTime(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("served", t.Int64(), nullable=True),
        sa.CheckConstraint("(claim_id IS NULL) <> (voucher_id IS NULL)", name=op.f("ck_waiting_one_object")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_waiting_amount_above_zero")),
        sa.ForeignKeyConstraint(["budget_id"], ["budget.id"], name=op.f("fk_waiting_budget_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_waiting_claim_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_waiting_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting")),
        sqlite_strict=True,
    )
    op.create_index("ix_waiting_queue", "waiting", ["budget_id", "id"], unique=False)
    op.create_index(
        "uq_waiting_claim",
        "waiting",
        ["claim_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
