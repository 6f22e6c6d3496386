"""Batches, their lines, claims, hands, signatures and clearings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this step."""
    _create_settlement_batch()
    _create_claim()
    _create_claim_hand()
    _create_clearing()
    _create_settlement_line()
    _create_signature()


def _create_settlement_batch() -> None:
    op.create_table(
        "settlement_batch",
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("from_on", t.Day(), nullable=False),
        sa.Column("until_on", t.Day(), nullable=False),
        sa.Column("project_id", t.Int64(), nullable=False),
        sa.Column("budget_id", t.Int64(), nullable=False),
        sa.Column("declared_count", t.Int64(), nullable=False),
        sa.Column("declared_total_fen", t.Int64(), nullable=False),
        sa.Column("created_by_person_id", t.Int64(), nullable=False),
        sa.Column("created_at", t.UtcTime(), nullable=False),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint("thing = 'batch'", name=op.f("ck_settlement_batch_thing")),
        sa.CheckConstraint(
            "declared_count >= 0 AND declared_total_fen >= 0", name=op.f("ck_settlement_batch_declared")
        ),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_settlement_batch_period")),
        sa.ForeignKeyConstraint(["budget_id"], ["budget.id"], name=op.f("fk_settlement_batch_budget_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_settlement_batch_project_id")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_settlement_batch_region_code")
        ),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_settlement_batch_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_batch")),
        sa.UniqueConstraint("id", "budget_id", name=op.f("uq_settlement_batch_id_budget_id")),
        sqlite_strict=True,
    )


def _create_claim() -> None:
    op.create_table(
        "claim",
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("batch_id", t.Int64(), nullable=False),
        sa.Column("budget_id", t.Int64(), nullable=False),
        sa.Column("project_id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("certificate_id", t.Int64(), nullable=False),
        sa.Column("verification_id", t.Int64(), nullable=False),
        sa.Column("verified", t.Flag(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("entitlement_id", t.Int64(), nullable=False),
        sa.Column("entitlement_key", t.Text(), nullable=False),
        sa.Column("proposed_fen", t.Int64(), nullable=False),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.Column("reserved_fen", t.Int64(), nullable=False),
        sa.Column("explanation", t.Text(), nullable=False),
        sa.Column("revision", t.Int64(), nullable=False),
        sa.Column("submitter_person_id", t.Int64(), nullable=False),
        sa.Column("filed_on", t.Day(), nullable=False),
        sa.Column("filed_at", t.UtcTime(), nullable=False),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint("thing = 'claim'", name=op.f("ck_claim_thing")),
        sa.CheckConstraint("amount_fen <= proposed_fen", name=op.f("ck_claim_never_above_the_standard")),
        sa.CheckConstraint("amount_fen >= 0 AND reserved_fen >= 0", name=op.f("ck_claim_nothing_below_zero")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_claim_revision")),
        sa.CheckConstraint("verified = 1", name=op.f("ck_claim_verified")),
        sa.ForeignKeyConstraint(
            ["batch_id", "budget_id"],
            ["settlement_batch.id", "settlement_batch.budget_id"],
            name="fk_claim_batch_fund",
        ),
        sa.ForeignKeyConstraint(["budget_id"], ["budget.id"], name=op.f("fk_claim_budget_id")),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificate.id"], name=op.f("fk_claim_certificate_id")),
        sa.ForeignKeyConstraint(["entitlement_id"], ["entitlement.id"], name=op.f("fk_claim_entitlement_id")),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name=op.f("fk_claim_institution_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_claim_person_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_claim_project_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_claim_region_code")),
        sa.ForeignKeyConstraint(
            ["submitter_person_id"], ["person.id"], name=op.f("fk_claim_submitter_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_claim_last_event",
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
            name="fk_claim_basis",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint(
            "id",
            "person_id",
            "trade_code",
            "level",
            "institution_id",
            name=op.f("uq_claim_id_person_id_trade_code_level_institution_id"),
        ),
        sa.UniqueConstraint("id", "submitter_person_id", name=op.f("uq_claim_id_submitter_person_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_claim_batch", "claim", ["batch_id", "state"], unique=False)
    op.create_index("ix_claim_certificate", "claim", ["certificate_id"], unique=False)
    op.create_index("ix_claim_person", "claim", ["person_id"], unique=False)
    op.create_index("uq_claim_entitlement", "claim", ["entitlement_id"], unique=True)
    op.create_index(
        "uq_claim_live_key",
        "claim",
        ["entitlement_key"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('withdrawn','rejected','recovered')"),
        postgresql_where=sa.text("state NOT IN ('withdrawn','rejected','recovered')"),
    )


def _create_claim_hand() -> None:
    op.create_table(
        "claim_hand",
        sa.Column("claim_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("step", t.Text(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_hand_claim_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_claim_hand_person_id")),
        sa.PrimaryKeyConstraint("claim_id", "person_id", name=op.f("pk_claim_hand")),
        sa.UniqueConstraint(
            "claim_id", "person_id", "step", name=op.f("uq_claim_hand_claim_id_person_id_step")
        ),
        sqlite_strict=True,
    )


def _create_clearing() -> None:
    op.create_table(
        "clearing",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("claim_id", t.Int64(), nullable=False),
        sa.Column("revision", t.Int64(), nullable=False),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.Column("opinion", t.Text(), nullable=False),
        sa.Column("submitter_person_id", t.Int64(), nullable=False),
        sa.Column("proposed_by_person_id", t.Int64(), nullable=False),
        sa.Column("proposed_at", t.UtcTime(), nullable=False),
        sa.Column("confirmed_by_person_id", t.Int64(), nullable=True),
        sa.Column("confirmed_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_clearing_amount_above_zero")),
        sa.CheckConstraint(
            "confirmed_by_person_id <> proposed_by_person_id", name=op.f("ck_clearing_two_people")
        ),
        sa.CheckConstraint(
            "confirmed_by_person_id <> submitter_person_id", name=op.f("ck_clearing_not_the_submitter_either")
        ),
        sa.CheckConstraint(
            "proposed_by_person_id <> submitter_person_id", name=op.f("ck_clearing_not_the_submitter")
        ),
        sa.ForeignKeyConstraint(
            ["claim_id", "submitter_person_id"],
            ["claim.id", "claim.submitter_person_id"],
            name="fk_clearing_submitter",
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by_person_id"], ["person.id"], name=op.f("fk_clearing_confirmed_by_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_person_id"], ["person.id"], name=op.f("fk_clearing_proposed_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clearing")),
        sa.UniqueConstraint("claim_id", "revision", name=op.f("uq_clearing_claim_id_revision")),
        sqlite_strict=True,
    )


def _create_settlement_line() -> None:
    op.create_table(
        "settlement_line",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("batch_id", t.Int64(), nullable=False),
        sa.Column("position", t.Int64(), nullable=False),
        sa.Column("certificate_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("outcome", t.Text(), nullable=False),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.Column("explanation", t.Text(), nullable=False),
        sa.Column("findings", t.Json(), nullable=False),
        sa.Column("refusal", t.Json(), nullable=True),
        sa.Column("claim_id", t.Int64(), nullable=True),
        sa.CheckConstraint(
            "outcome <> 'refused' OR refusal IS NOT NULL", name=op.f("ck_settlement_line_refused_with_reason")
        ),
        sa.CheckConstraint(
            "outcome = 'payable' OR amount_fen = 0", name=op.f("ck_settlement_line_only_payable_has_amount")
        ),
        sa.CheckConstraint(
            "outcome = 'refused' OR claim_id IS NOT NULL", name=op.f("ck_settlement_line_claimed")
        ),
        sa.CheckConstraint(
            "outcome IN ('payable','refused','manual')", name=op.f("ck_settlement_line_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["settlement_batch.id"], name=op.f("fk_settlement_line_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_settlement_line_certificate_id")
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_settlement_line_claim_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_settlement_line_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_line")),
        sa.UniqueConstraint(
            "batch_id", "certificate_id", name=op.f("uq_settlement_line_batch_id_certificate_id")
        ),
        sa.UniqueConstraint("batch_id", "position", name=op.f("uq_settlement_line_batch_id_position")),
        sqlite_strict=True,
    )
    op.create_index("ix_settlement_line_claim", "settlement_line", ["claim_id"], unique=False)


def _create_signature() -> None:
    op.create_table(
        "signature",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("claim_id", t.Int64(), nullable=False),
        sa.Column("revision", t.Int64(), nullable=False),
        sa.Column("step", t.Text(), nullable=False),
        sa.Column("decision", t.Text(), nullable=False),
        sa.Column("opinion", t.Text(), nullable=False),
        sa.Column("signer_person_id", t.Int64(), nullable=False),
        sa.Column("submitter_person_id", t.Int64(), nullable=False),
        sa.Column("signed_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "decision IN ('pass','return','reject','clear')", name=op.f("ck_signature_decision")
        ),
        sa.CheckConstraint(
            "signer_person_id <> submitter_person_id", name=op.f("ck_signature_not_the_submitter")
        ),
        sa.ForeignKeyConstraint(
            ["claim_id", "signer_person_id", "step"],
            ["claim_hand.claim_id", "claim_hand.person_id", "claim_hand.step"],
            name="fk_signature_hand",
        ),
        sa.ForeignKeyConstraint(
            ["claim_id", "submitter_person_id"],
            ["claim.id", "claim.submitter_person_id"],
            name="fk_signature_submitter",
        ),
        sa.ForeignKeyConstraint(
            ["signer_person_id"], ["person.id"], name=op.f("fk_signature_signer_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
        sa.UniqueConstraint(
            "claim_id",
            "revision",
            "signer_person_id",
            name=op.f("uq_signature_claim_id_revision_signer_person_id"),
        ),
        sqlite_strict=True,
    )
