"""Payment files, bank results and clawbacks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this step."""
    _create_payment_file()
    _create_bank_quarantine()
    _create_payment_line()
    _create_bank_result()
    _create_payment()
    _create_clawback()
    _create_repayment()


def _create_payment_file() -> None:
    op.create_table(
        "payment_file",
        sa.Column("number", t.Text(), nullable=False),
        sa.Column("budget_id", t.Int64(), nullable=False),
        sa.Column("line_count", t.Int64(), nullable=False),
        sa.Column("total_fen", t.Int64(), nullable=False),
        sa.Column("sha256", t.Text(), nullable=False),
        sa.Column("maker_person_id", t.Int64(), nullable=False),
        sa.Column("made_at", t.UtcTime(), nullable=False),
        sa.Column("checker_person_id", t.Int64(), nullable=True),
        sa.Column("checked_at", t.UtcTime(), nullable=True),
        sa.Column("releaser_person_id", t.Int64(), nullable=True),
        sa.Column("released_at", t.UtcTime(), nullable=True),
        sa.Column("downloaded_by_person_id", t.Int64(), nullable=True),
        sa.Column("downloaded_at", t.UtcTime(), nullable=True),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint("thing = 'payment_file'", name=op.f("ck_payment_file_thing")),
        sa.CheckConstraint(
            "checker_person_id <> maker_person_id", name=op.f("ck_payment_file_checker_not_maker")
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_payment_file_sha256_length")),
        sa.CheckConstraint("line_count > 0 AND total_fen > 0", name=op.f("ck_payment_file_not_empty")),
        sa.CheckConstraint(
            "releaser_person_id <> maker_person_id AND releaser_person_id <> checker_person_id",
            name=op.f("ck_payment_file_releaser_not_maker_nor_checker"),
        ),
        sa.ForeignKeyConstraint(["budget_id"], ["budget.id"], name=op.f("fk_payment_file_budget_id")),
        sa.ForeignKeyConstraint(
            ["checker_person_id"], ["person.id"], name=op.f("fk_payment_file_checker_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["maker_person_id"], ["person.id"], name=op.f("fk_payment_file_maker_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["releaser_person_id"], ["person.id"], name=op.f("fk_payment_file_releaser_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_payment_file_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_file")),
        sa.UniqueConstraint("id", "budget_id", name=op.f("uq_payment_file_id_budget_id")),
        sa.UniqueConstraint("number", name=op.f("uq_payment_file_number")),
        sqlite_strict=True,
    )


def _create_bank_quarantine() -> None:
    op.create_table(
        "bank_quarantine",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("payment_file_id", t.Int64(), nullable=False),
        sa.Column("source_sha256", t.Text(), nullable=False),
        sa.Column("line", t.Int64(), nullable=False),
        sa.Column("reference", t.Text(), nullable=False),
        sa.Column("amount_fen", t.Int64(), nullable=True),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("received_at", t.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_file_id"], ["payment_file.id"], name=op.f("fk_bank_quarantine_payment_file_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_quarantine")),
        sa.UniqueConstraint("source_sha256", "line", name=op.f("uq_bank_quarantine_source_sha256_line")),
        sqlite_strict=True,
    )


def _create_payment_line() -> None:
    op.create_table(
        "payment_line",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("payment_file_id", t.Int64(), nullable=False),
        sa.Column("position", t.Int64(), nullable=False),
        sa.Column("reference", t.Text(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("payee_account_id", t.Int64(), nullable=False),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payment_line_amount_above_zero")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_payment_line_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["payee_account_id"], ["payee_account.id"], name=op.f("fk_payment_line_payee_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_file_id"], ["payment_file.id"], name=op.f("fk_payment_line_payment_file_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_line")),
        sa.UniqueConstraint(
            "id",
            "payment_file_id",
            "institution_id",
            name=op.f("uq_payment_line_id_payment_file_id_institution_id"),
        ),
        sa.UniqueConstraint(
            "payment_file_id", "institution_id", name=op.f("uq_payment_line_payment_file_id_institution_id")
        ),
        sa.UniqueConstraint(
            "payment_file_id", "position", name=op.f("uq_payment_line_payment_file_id_position")
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_payment_line_reference")),
        sqlite_strict=True,
    )


def _create_bank_result() -> None:
    op.create_table(
        "bank_result",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("payment_line_id", t.Int64(), nullable=False),
        sa.Column("outcome", t.Text(), nullable=False),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.Column("bank_words", t.Text(), nullable=True),
        sa.Column("source_sha256", t.Text(), nullable=False),
        sa.Column("received_at", t.UtcTime(), nullable=False),
        sa.Column("received_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("outcome IN ('succeeded','failed')", name=op.f("ck_bank_result_outcome")),
        sa.ForeignKeyConstraint(
            ["payment_line_id"], ["payment_line.id"], name=op.f("fk_bank_result_payment_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_result")),
        sa.UniqueConstraint("payment_line_id", name=op.f("uq_bank_result_payment_line_id")),
        sqlite_strict=True,
    )


def _create_payment() -> None:
    op.create_table(
        "payment",
        sa.Column("claim_id", t.Int64(), nullable=False),
        sa.Column("payment_file_id", t.Int64(), nullable=False),
        sa.Column("payment_line_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("verification_id", t.Int64(), nullable=False),
        sa.Column("verified", t.Flag(), nullable=False),
        sa.Column("computed_fen", t.Int64(), nullable=False),
        sa.Column("offset_fen", t.Int64(), nullable=False),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint("thing = 'payment'", name=op.f("ck_payment_thing")),
        sa.CheckConstraint(
            "amount_fen = computed_fen - offset_fen", name=op.f("ck_payment_computed_less_offset")
        ),
        sa.CheckConstraint("amount_fen >= 0 AND offset_fen >= 0", name=op.f("ck_payment_nothing_below_zero")),
        sa.CheckConstraint("verified = 1", name=op.f("ck_payment_verified")),
        sa.ForeignKeyConstraint(
            ["claim_id", "person_id", "trade_code", "level", "institution_id"],
            ["claim.id", "claim.person_id", "claim.trade_code", "claim.level", "claim.institution_id"],
            name="fk_payment_claim",
        ),
        sa.ForeignKeyConstraint(
            ["payment_file_id"], ["payment_file.id"], name=op.f("fk_payment_payment_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_line_id", "payment_file_id", "institution_id"],
            ["payment_line.id", "payment_line.payment_file_id", "payment_line.institution_id"],
            name="fk_payment_line",
        ),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_payment_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["verification_id", "person_id", "trade_code", "level", "verified"],
            [
                "verification.id",
                "verification.person_id",
                "verification.trade_code",
                "verification.level",
                "verification.verified",
            ],
            name="fk_payment_basis",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sqlite_strict=True,
    )
    op.create_index("ix_payment_file", "payment", ["payment_file_id"], unique=False)
    op.create_index("ix_payment_line", "payment", ["payment_line_id"], unique=False)
    op.create_index(
        "uq_payment_live_claim",
        "payment",
        ["claim_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('pending','released','succeeded')"),
        postgresql_where=sa.text("state IN ('pending','released','succeeded')"),
    )


def _create_clawback() -> None:
    op.create_table(
        "clawback",
        sa.Column("claim_id", t.Int64(), nullable=False),
        sa.Column("payment_id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.Column("recovered_fen", t.Int64(), nullable=False),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.Column("opened_by_person_id", t.Int64(), nullable=False),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint("thing = 'clawback'", name=op.f("ck_clawback_thing")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_clawback_amount_above_zero")),
        sa.CheckConstraint(
            "recovered_fen BETWEEN 0 AND amount_fen", name=op.f("ck_clawback_never_more_than_owed")
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_clawback_claim_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_clawback_institution_id")
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_clawback_payment_id")),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_clawback_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clawback")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_clawback_claim_id")),
        sqlite_strict=True,
    )


def _create_repayment() -> None:
    op.create_table(
        "repayment",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("clawback_id", t.Int64(), nullable=False),
        sa.Column("payment_id", t.Int64(), nullable=True),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.Column("document", t.Text(), nullable=False),
        sa.Column("received_at", t.UtcTime(), nullable=False),
        sa.Column("received_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint(
            "(way = 'offset') = (payment_id IS NOT NULL)", name=op.f("ck_repayment_offset_names_payment")
        ),
        sa.CheckConstraint("way IN ('bank','offset')", name=op.f("ck_repayment_way")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_repayment_amount_above_zero")),
        sa.ForeignKeyConstraint(["clawback_id"], ["clawback.id"], name=op.f("fk_repayment_clawback_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_repayment_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repayment")),
        sqlite_strict=True,
    )
