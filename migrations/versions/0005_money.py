"""Budgets, entitlements, vouchers, certificates and their verification."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this step."""
    _create_budget()
    _create_register_entry()
    _create_account()
    _create_entitlement()
    _create_voucher()
    _create_certificate()
    _create_verification()


def _create_budget() -> None:
    op.create_table(
        "budget",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("year", t.Int64(), nullable=False),
        sa.Column("source", t.Text(), nullable=False),
        sa.Column("granted_fen", t.Int64(), nullable=False),
        sa.Column("reserved_fen", t.Int64(), nullable=False),
        sa.Column("spent_fen", t.Int64(), nullable=False),
        sa.Column("returned_fen", t.Int64(), nullable=False),
        sa.Column("document", t.Text(), nullable=True),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "granted_fen >= 0 AND reserved_fen >= 0 AND spent_fen >= 0 AND returned_fen >= 0",
            name=op.f("ck_budget_nothing_below_zero"),
        ),
        sa.CheckConstraint(
            "reserved_fen + spent_fen + returned_fen <= granted_fen", name=op.f("ck_budget_never_overdrawn")
        ),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name=op.f("ck_budget_year")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_budget_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget")),
        sa.UniqueConstraint("region_code", "year", "source", name=op.f("uq_budget_region_code_year_source")),
        sqlite_strict=True,
    )


def _create_register_entry() -> None:
    op.create_table(
        "register_entry",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("number", t.Text(), nullable=False),
        sa.Column("revision", t.Int64(), nullable=False),
        sa.Column("subject_index", t.Text(), nullable=False),
        sa.Column("name_sealed", t.Bytes(), nullable=False),
        sa.Column("name_index", t.Text(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("issued_on", t.Day(), nullable=False),
        sa.Column("evaluator_code", t.Text(), nullable=False),
        sa.Column("status", t.Text(), nullable=False),
        sa.Column("recorded_at", t.UtcTime(), nullable=False),
        sa.Column("recorded_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("status IN ('valid','revoked')", name=op.f("ck_register_entry_status")),
        sa.CheckConstraint("level BETWEEN 0 AND 8", name=op.f("ck_register_entry_level")),
        sa.ForeignKeyConstraint(
            ["subject_index"], ["subject_key.blind_index"], name=op.f("fk_register_entry_subject_index")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_entry")),
        sa.UniqueConstraint("number", "revision", name=op.f("uq_register_entry_number_revision")),
        sqlite_strict=True,
    )
    op.create_index("ix_register_entry_subject", "register_entry", ["subject_index"], unique=False)


def _create_account() -> None:
    op.create_table(
        "account",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("budget_id", t.Int64(), nullable=False),
        sa.Column("role", t.Text(), nullable=False),
        sa.Column("balance_fen", t.Int64(), nullable=False),
        sa.CheckConstraint("role = 'treasury' OR balance_fen >= 0", name=op.f("ck_account_not_below_zero")),
        sa.CheckConstraint(
            "role IN ('treasury','available','reserved','spent','returned')", name=op.f("ck_account_role")
        ),
        sa.ForeignKeyConstraint(["budget_id"], ["budget.id"], name=op.f("fk_account_budget_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("budget_id", "role", name=op.f("uq_account_budget_id_role")),
        sqlite_strict=True,
    )


def _create_entitlement() -> None:
    op.create_table(
        "entitlement",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("key", t.Text(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=True),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("taken_at", t.UtcTime(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("state IN ('taken','consumed','freed')", name=op.f("ck_entitlement_state")),
        sa.CheckConstraint("length(key) > 0", name=op.f("ck_entitlement_key_not_empty")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_entitlement_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlement")),
        sqlite_strict=True,
    )
    op.create_index("ix_entitlement_person", "entitlement", ["person_id"], unique=False)
    op.create_index(
        "uq_entitlement_live_key",
        "entitlement",
        ["key"],
        unique=True,
        sqlite_where=sa.text("state IN ('taken','consumed')"),
        postgresql_where=sa.text("state IN ('taken','consumed')"),
    )


def _create_voucher() -> None:
    op.create_table(
        "voucher",
        sa.Column("number", t.Text(), nullable=False),
        sa.Column("holder_person_id", t.Int64(), nullable=False),
        sa.Column("project_id", t.Int64(), nullable=False),
        sa.Column("budget_id", t.Int64(), nullable=False),
        sa.Column("worth", t.Text(), nullable=False),
        sa.Column("channel", t.Text(), nullable=False),
        sa.Column("cap_fen", t.Int64(), nullable=False),
        sa.Column("reserved_fen", t.Int64(), nullable=False),
        sa.Column("redeem_by", t.Day(), nullable=False),
        sa.Column("certify_by", t.Day(), nullable=True),
        sa.Column("replaces_voucher_id", t.Int64(), nullable=True),
        sa.Column("issued_at", t.UtcTime(), nullable=False),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint("channel IN ('open','directed')", name=op.f("ck_voucher_channel")),
        sa.CheckConstraint("thing = 'voucher'", name=op.f("ck_voucher_thing")),
        sa.CheckConstraint("worth IN ('face_value','offset','sign_in')", name=op.f("ck_voucher_worth")),
        sa.CheckConstraint("cap_fen >= 0 AND reserved_fen >= 0", name=op.f("ck_voucher_nothing_below_zero")),
        sa.CheckConstraint("reserved_fen <= cap_fen", name=op.f("ck_voucher_never_above_cap")),
        sa.ForeignKeyConstraint(["budget_id"], ["budget.id"], name=op.f("fk_voucher_budget_id")),
        sa.ForeignKeyConstraint(
            ["holder_person_id"], ["person.id"], name=op.f("fk_voucher_holder_person_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_voucher_project_id")),
        sa.ForeignKeyConstraint(
            ["replaces_voucher_id"], ["voucher.id"], name=op.f("fk_voucher_replaces_voucher_id")
        ),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_voucher_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher")),
        sa.UniqueConstraint("number", name=op.f("uq_voucher_number")),
        sqlite_strict=True,
    )
    op.create_index("ix_voucher_holder", "voucher", ["holder_person_id"], unique=False)


def _create_certificate() -> None:
    op.create_table(
        "certificate",
        sa.Column("number", t.Text(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("name_sealed", t.Bytes(), nullable=False),
        sa.Column("name_index", t.Text(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("issued_on", t.Day(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("filing_id", t.Int64(), nullable=False),
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
    op.create_index(
        "ix_certificate_institution_issued", "certificate", ["institution_id", "issued_on"], unique=False
    )
    op.create_index("ix_certificate_person", "certificate", ["person_id"], unique=False)


def _create_verification() -> None:
    op.create_table(
        "verification",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("certificate_id", t.Int64(), nullable=False),
        sa.Column("register_entry_id", t.Int64(), nullable=True),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("verified", t.Flag(), nullable=False),
        sa.Column("codes", t.Json(), nullable=False),
        sa.Column("source", t.Text(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint(
            "verified = 0 OR register_entry_id IS NOT NULL", name=op.f("ck_verification_proof")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_verification_certificate_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_verification_person_id")),
        sa.ForeignKeyConstraint(
            ["register_entry_id"], ["register_entry.id"], name=op.f("fk_verification_register_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
        sa.UniqueConstraint(
            "id",
            "person_id",
            "trade_code",
            "level",
            "verified",
            name=op.f("uq_verification_id_person_id_trade_code_level_verified"),
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_verification_certificate", "verification", ["certificate_id", "id"], unique=False)
