"""Vouchers under programmes, issues and their lines, acceptances, codes on a screen, commitments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this step."""
    _drop_voucher()
    _create_voucher()
    _create_issue()
    _create_issue_line()
    _create_acceptance()
    _create_screen_code()
    _create_commitment()
    if op.get_bind().dialect.name == "postgresql":
        op.create_foreign_key("fk_transfer_voucher_id", "transfer", "voucher", ["voucher_id"], ["id"])


def _drop_voucher() -> None:
    """Drop the table nobody has written to yet: no act issued a voucher before this step."""
    if op.get_bind().execute(sa.text("SELECT COUNT(*) FROM voucher")).scalar():
        raise RuntimeError("vouchers were issued by something that is not this program")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("fk_transfer_voucher_id", "transfer", type_="foreignkey")
        op.drop_constraint("fk_waiting_voucher_id", "waiting", type_="foreignkey")
    op.drop_table("voucher")


def _create_voucher() -> None:
    op.create_table(
        "voucher",
        sa.Column("programme_id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("holder_person_id", t.Int64(), nullable=False),
        sa.Column("project_id", t.Int64(), nullable=False),
        sa.Column("budget_id", t.Int64(), nullable=False),
        sa.Column("worth", t.Text(), nullable=False),
        sa.Column("channel", t.Text(), nullable=False),
        sa.Column("cap_fen", t.Int64(), nullable=False),
        sa.Column("reserved_fen", t.Int64(), nullable=False),
        sa.Column("face_value_fen", t.Int64(), nullable=True),
        sa.Column("priced_on", t.Day(), nullable=True),
        sa.Column("redeem_by", t.Day(), nullable=False),
        sa.Column("certify_by", t.Day(), nullable=True),
        sa.Column("replaces_voucher_id", t.Int64(), nullable=True),
        sa.Column("issued_at", t.UtcTime(), nullable=False),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint("channel IN ('open','directed')", name=op.f("ck_voucher_channel")),
        sa.CheckConstraint(
            "face_value_fen IS NULL OR worth = 'face_value'", name=op.f("ck_voucher_face_value")
        ),
        sa.CheckConstraint("thing = 'voucher'", name=op.f("ck_voucher_thing")),
        sa.CheckConstraint("worth IN ('face_value','offset','sign_in')", name=op.f("ck_voucher_worth")),
        sa.CheckConstraint("cap_fen >= 0 AND reserved_fen >= 0", name=op.f("ck_voucher_nothing_below_zero")),
        sa.CheckConstraint("reserved_fen <= cap_fen", name=op.f("ck_voucher_never_above_cap")),
        sa.ForeignKeyConstraint(["budget_id"], ["budget.id"], name=op.f("fk_voucher_budget_id")),
        sa.ForeignKeyConstraint(
            ["holder_person_id"], ["person.id"], name=op.f("fk_voucher_holder_person_id")
        ),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_voucher_programme_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_voucher_project_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_voucher_region_code")),
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
        sa.UniqueConstraint("id", "holder_person_id", name=op.f("uq_voucher_id_holder_person_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_voucher_budget", "voucher", ["budget_id", "state"], unique=False)
    op.create_index("ix_voucher_certify_by", "voucher", ["certify_by"], unique=False)
    op.create_index("ix_voucher_holder", "voucher", ["holder_person_id"], unique=False)
    op.create_index("ix_voucher_redeem_by", "voucher", ["redeem_by"], unique=False)
    op.create_index("ix_voucher_region_state", "voucher", ["region_code", "state", "id"], unique=False)
    op.create_index(
        "uq_voucher_programme_holder",
        "voucher",
        ["programme_id", "holder_person_id"],
        unique=True,
        sqlite_where=sa.text(
            "state NOT IN ('expired','withdrawn','revoked','dropped','completed','lapsed','recovering','recovered')"
        ),
        postgresql_where=sa.text(
            "state NOT IN ('expired','withdrawn','revoked','dropped','completed','lapsed','recovering','recovered')"
        ),
    )


def _create_issue() -> None:
    op.create_table(
        "issue",
        sa.Column("programme_id", t.Int64(), nullable=False),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=True),
        sa.Column("filed_by_person_id", t.Int64(), nullable=False),
        sa.Column("filed_at", t.UtcTime(), nullable=False),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint("thing = 'issue'", name=op.f("ck_issue_thing")),
        sa.CheckConstraint("way IN ('roster','own','replacement')", name=op.f("ck_issue_way")),
        sa.CheckConstraint(
            "decided_by_person_id <> filed_by_person_id OR institution_id IS NULL",
            name=op.f("ck_issue_two_people"),
        ),
        sa.ForeignKeyConstraint(["institution_id"], ["institution.id"], name=op.f("fk_issue_institution_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_issue_programme_id")),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_issue_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue")),
        sqlite_strict=True,
    )
    op.create_index("ix_issue_programme", "issue", ["programme_id", "id"], unique=False)


def _create_issue_line() -> None:
    op.create_table(
        "issue_line",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("issue_id", t.Int64(), nullable=False),
        sa.Column("position", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("outcome", t.Text(), nullable=False),
        sa.Column("refusal", t.Json(), nullable=True),
        sa.Column("replaces_voucher_id", t.Int64(), nullable=True),
        sa.Column("voucher_id", t.Int64(), nullable=True),
        sa.CheckConstraint(
            "(outcome = 'issued') = (voucher_id IS NOT NULL)", name=op.f("ck_issue_line_issued_with_voucher")
        ),
        sa.CheckConstraint(
            "outcome <> 'refused' OR refusal IS NOT NULL", name=op.f("ck_issue_line_refused_with_reason")
        ),
        sa.CheckConstraint(
            "outcome IN ('pending','issued','waiting','refused')", name=op.f("ck_issue_line_outcome")
        ),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_issue_line_issue_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_issue_line_person_id")),
        sa.ForeignKeyConstraint(
            ["replaces_voucher_id"], ["voucher.id"], name=op.f("fk_issue_line_replaces_voucher_id")
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_issue_line_holder",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_line")),
        sa.UniqueConstraint("issue_id", "person_id", name=op.f("uq_issue_line_issue_id_person_id")),
        sa.UniqueConstraint("issue_id", "position", name=op.f("uq_issue_line_issue_id_position")),
        sa.UniqueConstraint("voucher_id", name=op.f("uq_issue_line_voucher_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_issue_line_person", "issue_line", ["person_id"], unique=False)


def _create_acceptance() -> None:
    op.create_table(
        "acceptance",
        sa.Column("voucher_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("channel", t.Text(), nullable=False),
        sa.Column("consent", t.Text(), nullable=True),
        sa.Column("accepted_by_person_id", t.Int64(), nullable=False),
        sa.Column("accepted_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("channel = 'page' OR consent IS NOT NULL", name=op.f("ck_acceptance_consent")),
        sa.CheckConstraint("channel IN ('page','helper')", name=op.f("ck_acceptance_channel")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_acceptance_person_id")),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_acceptance_holder",
        ),
        sa.PrimaryKeyConstraint("voucher_id", name=op.f("pk_acceptance")),
        sqlite_strict=True,
    )


def _create_screen_code() -> None:
    op.create_table(
        "screen_code",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("digest", t.Text(), nullable=False),
        sa.Column("shown_at", t.UtcTime(), nullable=False),
        sa.Column("shown_to_person_id", t.Int64(), nullable=False),
        sa.Column("expires_at", t.UtcTime(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("used_at", t.UtcTime(), nullable=True),
        sa.Column("used_for", t.Text(), nullable=True),
        sa.CheckConstraint("(used_at IS NULL) = (used_for IS NULL)", name=op.f("ck_screen_code_used_for")),
        sa.CheckConstraint("expires_at > shown_at", name=op.f("ck_screen_code_moments")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_screen_code_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_screen_code_digest")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_screen_code_current",
        "screen_code",
        ["voucher_id"],
        unique=True,
        sqlite_where=sa.text("used_at IS NULL AND ended_at IS NULL"),
        postgresql_where=sa.text("used_at IS NULL AND ended_at IS NULL"),
    )


def _create_commitment() -> None:
    op.create_table(
        "commitment",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("entitlement_id", t.Int64(), nullable=False),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.Column("explanation", t.Text(), nullable=False),
        sa.Column("priced_on", t.Day(), nullable=False),
        sa.Column("made_at", t.UtcTime(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("kind IN ('training','evaluation')", name=op.f("ck_commitment_kind")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_commitment_amount_above_zero")),
        sa.ForeignKeyConstraint(
            ["entitlement_id"], ["entitlement.id"], name=op.f("fk_commitment_entitlement_id")
        ),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_commitment_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
        sa.UniqueConstraint("entitlement_id", name=op.f("uq_commitment_entitlement_id")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_commitment_open",
        "commitment",
        ["voucher_id", "kind"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
