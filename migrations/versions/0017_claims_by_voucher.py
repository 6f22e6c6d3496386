"""A claim names its voucher; a 培训合格证书 is issued by who trained, under no evaluator's filing."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

COPIED = {
    "claim": (
        "kind",
        "batch_id",
        "budget_id",
        "project_id",
        "region_code",
        "person_id",
        "trade_code",
        "level",
        "certificate_id",
        "verification_id",
        "verified",
        "institution_id",
        "entitlement_id",
        "entitlement_key",
        "proposed_fen",
        "amount_fen",
        "reserved_fen",
        "explanation",
        "revision",
        "submitter_person_id",
        "filed_on",
        "filed_at",
        "id",
        "state",
        "seq",
        "thing",
    ),
    "certificate": (
        "number",
        "person_id",
        "name_sealed",
        "name_index",
        "kind",
        "trade_code",
        "level",
        "issued_on",
        "institution_id",
        "filing_id",
        "method",
        "theory_hundredths",
        "skill_hundredths",
        "fee_fen",
        "evaluation_batch",
        "uploaded_at",
        "uploaded_by_person_id",
        "id",
        "state",
        "seq",
        "thing",
    ),
}
CLAIM_LIVE = "state NOT IN ('withdrawn','rejected','recovered')"


def upgrade() -> None:
    """Change the two tables."""
    if op.get_bind().dialect.name == "postgresql":
        _alter()
        return
    _replace("claim", _create_claim, _index_claim)
    _replace("certificate", _create_certificate, _index_certificate)


def _replace(table: str, create: Callable[[str], None], index: Callable[[], None]) -> None:
    triggers = op.get_bind().execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"),
        {"table": table},
    )
    kept = [row.sql for row in triggers]
    rebuild(op.get_bind(), table, COPIED[table], create)
    index()
    for trigger in kept:
        op.execute(trigger)


def _alter() -> None:
    op.add_column("claim", sa.Column("voucher_id", t.Int64(), nullable=True))
    op.create_foreign_key(
        "fk_claim_holder", "claim", "voucher", ["voucher_id", "person_id"], ["id", "holder_person_id"]
    )
    op.create_check_constraint(
        "ck_claim_training_by_voucher", "claim", "kind <> 'training' OR voucher_id IS NOT NULL"
    )
    op.create_index(
        "uq_claim_live_voucher", "claim", ["voucher_id", "kind"], unique=True,
        postgresql_where=sa.text(CLAIM_LIVE),
    )  # fmt: skip
    op.alter_column("certificate", "filing_id", nullable=True)
    op.create_check_constraint(
        "ck_certificate_evaluated_under_filing",
        "certificate",
        "filing_id IS NOT NULL OR kind = 'training_completion'",
    )


def _create_claim(name: str) -> None:
    op.create_table(
        name,
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("batch_id", t.Int64(), nullable=False),
        sa.Column("budget_id", t.Int64(), nullable=False),
        sa.Column("project_id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=True),
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
        sa.CheckConstraint(
            "kind <> 'training' OR voucher_id IS NOT NULL", name=op.f("ck_claim_training_by_voucher")
        ),
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
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"], ["voucher.id", "voucher.holder_person_id"], name="fk_claim_holder"
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


def _index_claim() -> None:
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
    op.create_index(
        "uq_claim_live_voucher",
        "claim",
        ["voucher_id", "kind"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('withdrawn','rejected','recovered')"),
        postgresql_where=sa.text("state NOT IN ('withdrawn','rejected','recovered')"),
    )


def _create_certificate(name: str) -> None:
    op.create_table(
        name,
        sa.Column("number", t.Text(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("name_sealed", t.Bytes(), nullable=False),
        sa.Column("name_index", t.Text(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("issued_on", t.Day(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("filing_id", t.Int64(), nullable=True),
        sa.Column("method", t.Text(), nullable=False),
        sa.Column("theory_hundredths", t.Int64(), nullable=True),
        sa.Column("skill_hundredths", t.Int64(), nullable=True),
        sa.Column("fee_fen", t.Int64(), nullable=True),
        sa.Column("evaluation_batch", t.Text(), nullable=True),
        sa.Column("uploaded_at", t.UtcTime(), nullable=False),
        sa.Column("uploaded_by_person_id", t.Int64(), nullable=False),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint(
            "filing_id IS NOT NULL OR kind = 'training_completion'",
            name=op.f("ck_certificate_evaluated_under_filing"),
        ),
        sa.CheckConstraint("thing = 'certificate'", name=op.f("ck_certificate_thing")),
        sa.CheckConstraint("fee_fen IS NULL OR fee_fen >= 0", name=op.f("ck_certificate_fee")),
        sa.CheckConstraint("level BETWEEN 0 AND 8", name=op.f("ck_certificate_level")),
        sa.ForeignKeyConstraint(
            ["filing_id"], ["evaluator_filing.id"], name=op.f("fk_certificate_filing_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_certificate_institution_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_certificate_person_id")),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_certificate_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("number", name=op.f("uq_certificate_number")),
        sqlite_strict=True,
    )


def _index_certificate() -> None:
    op.create_index(
        "ix_certificate_institution_issued", "certificate", ["institution_id", "issued_on"], unique=False
    )
    op.create_index("ix_certificate_person", "certificate", ["person_id"], unique=False)
