"""Institutions, what evaluators are filed for, payee accounts, and who may sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this step."""
    _create_institution()
    _create_user_account()
    _create_evaluator_filing()
    _create_payee_account()
    _create_role_grant()
    _create_web_session()
    _create_evaluator_scope()


def _create_institution() -> None:
    op.create_table(
        "institution",
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("filing_number", t.Text(), nullable=True),
        sa.Column("since", t.Day(), nullable=True),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint("thing = 'institution'", name=op.f("ck_institution_thing")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_institution_region_code")),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_institution_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution")),
        sa.UniqueConstraint("code", name=op.f("uq_institution_code")),
        sqlite_strict=True,
    )
    op.create_index("ix_institution_region", "institution", ["region_code"], unique=False)


def _create_user_account() -> None:
    op.create_table(
        "user_account",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("login", t.Text(), nullable=False),
        sa.Column("display_name", t.Text(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("password_hash", t.Text(), nullable=True),
        sa.Column("totp_sealed", t.Bytes(), nullable=True),
        sa.Column("totp_confirmed_at", t.UtcTime(), nullable=True),
        sa.Column("totp_last_step", t.Int64(), nullable=True),
        sa.Column("must_change_password", t.Flag(), nullable=False),
        sa.Column("failed_count", t.Int64(), nullable=False),
        sa.Column("locked_until", t.UtcTime(), nullable=True),
        sa.Column("disabled_at", t.UtcTime(), nullable=True),
        sa.Column("created_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("failed_count >= 0", name=op.f("ck_user_account_failed_count")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_user_account_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("login", name=op.f("uq_user_account_login")),
        sqlite_strict=True,
    )


def _create_evaluator_filing() -> None:
    op.create_table(
        "evaluator_filing",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("filing_number", t.Text(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_evaluator_filing_dates")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_evaluator_filing_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_evaluator_filing_region_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluator_filing")),
        sa.UniqueConstraint("filing_number", name=op.f("uq_evaluator_filing_filing_number")),
        sqlite_strict=True,
    )
    op.create_index("ix_evaluator_filing_institution", "evaluator_filing", ["institution_id"], unique=False)


def _create_payee_account() -> None:
    op.create_table(
        "payee_account",
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("holder_name", t.Text(), nullable=False),
        sa.Column("bank_name", t.Text(), nullable=False),
        sa.Column("account_sealed", t.Bytes(), nullable=False),
        sa.Column("account_index", t.Text(), nullable=False),
        sa.Column("account_masked", t.Text(), nullable=False),
        sa.Column("evidence", t.Text(), nullable=False),
        sa.Column("proposed_by_person_id", t.Int64(), nullable=False),
        sa.Column("proposed_at", t.UtcTime(), nullable=False),
        sa.Column("confirmed_by_person_id", t.Int64(), nullable=True),
        sa.Column("confirmed_at", t.UtcTime(), nullable=True),
        sa.Column("replaced_at", t.UtcTime(), nullable=True),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint(
            "state <> 'confirmed' OR confirmed_by_person_id IS NOT NULL",
            name=op.f("ck_payee_account_confirmed_by_somebody"),
        ),
        sa.CheckConstraint("thing = 'account_correction'", name=op.f("ck_payee_account_thing")),
        sa.CheckConstraint(
            "confirmed_by_person_id <> proposed_by_person_id", name=op.f("ck_payee_account_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_payee_account_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_payee_account_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payee_account")),
        sqlite_strict=True,
    )
    op.create_index("ix_payee_account_account_index", "payee_account", ["account_index"], unique=False)
    op.create_index(
        "uq_payee_account_in_use",
        "payee_account",
        ["institution_id"],
        unique=True,
        sqlite_where=sa.text("state = 'confirmed' AND replaced_at IS NULL"),
        postgresql_where=sa.text("state = 'confirmed' AND replaced_at IS NULL"),
    )


def _create_role_grant() -> None:
    op.create_table(
        "role_grant",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("user_id", t.Int64(), nullable=False),
        sa.Column("role", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=True),
        sa.Column("institution_id", t.Int64(), nullable=True),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.CheckConstraint(
            "region_code IS NOT NULL OR institution_id IS NOT NULL", name=op.f("ck_role_grant_somewhere")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_role_grant_institution_id")
        ),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_role_grant_region_code")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_role_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sqlite_strict=True,
    )
    op.create_index("ix_role_grant_user", "role_grant", ["user_id"], unique=False)


def _create_web_session() -> None:
    op.create_table(
        "web_session",
        sa.Column("token_hash", t.Text(), nullable=False),
        sa.Column("user_id", t.Int64(), nullable=False),
        sa.Column("created_at", t.UtcTime(), nullable=False),
        sa.Column("seen_at", t.UtcTime(), nullable=False),
        sa.Column("expires_at", t.UtcTime(), nullable=False),
        sa.Column("second_factor_at", t.UtcTime(), nullable=True),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_web_session_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_session")),
        sqlite_strict=True,
    )
    op.create_index("ix_web_session_user", "web_session", ["user_id"], unique=False)


def _create_evaluator_scope() -> None:
    op.create_table(
        "evaluator_scope",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("filing_id", t.Int64(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.CheckConstraint("level BETWEEN 0 AND 8", name=op.f("ck_evaluator_scope_level")),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_evaluator_scope_dates")),
        sa.ForeignKeyConstraint(
            ["filing_id"], ["evaluator_filing.id"], name=op.f("fk_evaluator_scope_filing_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluator_scope")),
        sa.UniqueConstraint(
            "filing_id",
            "trade_code",
            "level",
            "since",
            name=op.f("uq_evaluator_scope_filing_id_trade_code_level_since"),
        ),
        sqlite_strict=True,
    )
