"""What is told elsewhere, signing in by telephone, what people declare at first, how a session began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

OPEN = "sent_at IS NULL AND given_up_at IS NULL"
LINKED = "ended_at IS NULL"
APPEND_ONLY = ("login_refusal", "declaration", "web_session_origin", "mailbox_letter")
NEVER_DELETED = ("outbox", "login_code", "linked_identity")
FIXED = {
    "outbox": ("topic", "key", "payload", "posted_at", "good_until"),
    "login_code": ("mobile_index", "code_index", "asked_from", "asked_at", "expires_at"),
    "linked_identity": ("subject_index", "user_id", "linked_at"),
}


def upgrade() -> None:
    """Create the tables and their triggers."""
    _create_outbox()
    _create_login_codes()
    _create_accounts()
    for table in APPEND_ONLY:
        _refuse(f"{table}_no_update", table, "UPDATE", f"{table} is append only")
    for table in (*APPEND_ONLY, *NEVER_DELETED):
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    for table, columns in FIXED.items():
        for column in columns:
            told = f"{table}.{column} never changes"
            changed = f"OLD.{column} {word} NEW.{column}"
            _refuse(f"{table}_{column}_fixed", table, f"UPDATE OF {column}", told, changed)


def _refuse(name: str, table: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {table}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {table} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("topic", t.Text(), nullable=False),
        sa.Column("key", t.Text(), nullable=False),
        sa.Column("payload", t.Json(), nullable=False),
        sa.Column("sealed", t.Bytes(), nullable=True),
        sa.Column("posted_at", t.UtcTime(), nullable=False),
        sa.Column("due_at", t.UtcTime(), nullable=False),
        sa.Column("good_until", t.UtcTime(), nullable=True),
        sa.Column("attempts", t.Int64(), nullable=False),
        sa.Column("sent_at", t.UtcTime(), nullable=True),
        sa.Column("given_up_at", t.UtcTime(), nullable=True),
        sa.Column("error_code", t.Text(), nullable=True),
        sa.CheckConstraint("sent_at IS NULL OR given_up_at IS NULL", name=op.f("ck_outbox_one_end")),
        sa.CheckConstraint(
            "given_up_at IS NULL OR error_code IS NOT NULL", name=op.f("ck_outbox_given_up_with_code")
        ),
        sa.CheckConstraint(
            "sealed IS NULL OR (sent_at IS NULL AND given_up_at IS NULL)",
            name=op.f("ck_outbox_wiped_when_over"),
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_outbox_attempts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due_at", "id"],
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
    op.create_table(
        "mailbox_letter",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("reference", t.Text(), nullable=False),
        sa.Column("mobile_index", t.Text(), nullable=False),
        sa.Column("sealed", t.Bytes(), nullable=False),
        sa.Column("received_at", t.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_letter")),
        sa.UniqueConstraint("reference", name=op.f("uq_mailbox_letter_reference")),
        sqlite_strict=True,
    )
    op.create_index("ix_mailbox_letter_mobile", "mailbox_letter", ["mobile_index", "id"])


def _create_login_codes() -> None:
    op.create_table(
        "login_code",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("mobile_index", t.Text(), nullable=False),
        sa.Column("mobile_sealed", t.Bytes(), nullable=False),
        sa.Column("code_index", t.Text(), nullable=False),
        sa.Column("asked_from", t.Text(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("expires_at", t.UtcTime(), nullable=False),
        sa.Column("used_at", t.UtcTime(), nullable=True),
        sa.Column("ticket_hash", t.Text(), nullable=True),
        sa.Column("spent_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(used_at IS NULL) = (ticket_hash IS NULL)", name=op.f("ck_login_code_ticket_when_used")
        ),
        sa.CheckConstraint(
            "spent_at IS NULL OR used_at IS NOT NULL", name=op.f("ck_login_code_spent_after_use")
        ),
        sa.CheckConstraint("expires_at > asked_at", name=op.f("ck_login_code_expires_later")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_code")),
        sqlite_strict=True,
    )
    op.create_index("ix_login_code_mobile", "login_code", ["mobile_index", "asked_at"])
    op.create_index("ix_login_code_asked_from", "login_code", ["asked_from", "asked_at"])
    op.create_index(
        "ix_login_code_ticket",
        "login_code",
        ["ticket_hash"],
        sqlite_where=sa.text("ticket_hash IS NOT NULL"),
        postgresql_where=sa.text("ticket_hash IS NOT NULL"),
    )
    op.create_table(
        "login_refusal",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("mobile_index", t.Text(), nullable=False),
        sa.Column("asked_from", t.Text(), nullable=False),
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("at", t.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_refusal")),
        sqlite_strict=True,
    )
    op.create_index("ix_login_refusal_mobile", "login_refusal", ["mobile_index", "at"])
    op.create_index("ix_login_refusal_asked_from", "login_refusal", ["asked_from", "at"])


def _create_accounts() -> None:
    op.create_table(
        "declaration",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("user_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("intends", t.Flag(), nullable=False),
        sa.Column("terms", t.Text(), nullable=False),
        sa.Column("declared_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("way IN ('password','phone','single_sign_on')", name=op.f("ck_declaration_way")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_declaration_person_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_declaration_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
        sqlite_strict=True,
    )
    op.create_index("ix_declaration_user", "declaration", ["user_id"])
    op.create_table(
        "web_session_origin",
        sa.Column("token_hash", t.Text(), nullable=False),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("device", t.Text(), nullable=False),
        sa.Column("address", t.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["token_hash"], ["web_session.token_hash"], name=op.f("fk_web_session_origin_token_hash")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_session_origin")),
        sqlite_strict=True,
    )
    op.create_table(
        "linked_identity",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("subject_index", t.Text(), nullable=False),
        sa.Column("user_id", t.Int64(), nullable=False),
        sa.Column("linked_at", t.UtcTime(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_linked_identity_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_identity")),
        sqlite_strict=True,
    )
    for name, column in (
        ("uq_linked_identity_subject", "subject_index"),
        ("uq_linked_identity_user", "user_id"),
    ):
        op.create_index(
            name,
            "linked_identity",
            [column],
            unique=True,
            sqlite_where=sa.text(LINKED),
            postgresql_where=sa.text(LINKED),
        )
