"""Phones with keys, what was signed into them, codes of theirs that were used; a redemption by either kind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

APPEND_ONLY = ("presentation_seen", "presentation_look")
NEVER_DELETED = ("device", "credential", "challenge")
FIXED = {
    "device": ("person_id", "public_key", "bound_at"),
    "credential": ("voucher_id", "person_id", "device_id", "institution_id", "vid", "digest", "expires_at"),
    "challenge": ("institution_id", "number", "expires_at"),
    "redemption": ("screen_code_id", "presentation_id"),
}
# what has ended is never taken back, and a phone's number never falls
ONE_WAY = {
    "device_stays_ended": ("device", "ended_at", "OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL"),
    "device_counts_up": ("device", "counter", "NEW.counter < OLD.counter"),
    "credential_stays_ended": (
        "credential",
        "ended_at",
        "OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL",
    ),
    "challenge_stays_used": ("challenge", "used_at", "OLD.used_at IS NOT NULL AND NEW.used_at IS NULL"),
}
COPIED = (
    "id",
    "voucher_id",
    "person_id",
    "enrolment_id",
    "class_id",
    "institution_id",
    "screen_code_id",
    "device",
    "nonce",
    "redeemed_at",
    "redeemed_by_person_id",
    "reversal_asked_by_person_id",
    "reversal_asked_at",
    "reversal_reason",
    "reversed_by_person_id",
    "reversed_at",
)
ONE_CODE = "(screen_code_id IS NULL) <> (presentation_id IS NULL)"
STANDING = "reversed_at IS NULL"


def upgrade() -> None:
    """Create the tables, and let a redemption stand on either kind of code."""
    _create_device()
    _create_credential()
    _create_challenge()
    _create_presentation_seen()
    _create_presentation_look()
    if op.get_bind().dialect.name == "postgresql":
        _widen_redemption()
    else:
        _rebuild_redemption()
    for table in APPEND_ONLY:
        _refuse(f"{table}_no_update", table, "UPDATE", f"{table} is append only")
    for table in (*APPEND_ONLY, *NEVER_DELETED):
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    for table, columns in FIXED.items():
        for column in columns:
            _refuse(
                f"{table}_{column}_fixed",
                table,
                f"UPDATE OF {column}",
                f"{table}.{column} never changes",
                _changed(column),
            )
    for name, (table, column, when) in ONE_WAY.items():
        _refuse(name, table, f"UPDATE OF {column}", f"{table}.{column} goes one way", when)


def _widen_redemption() -> None:
    op.add_column("redemption", sa.Column("presentation_id", t.Int64(), nullable=True))
    op.alter_column("redemption", "screen_code_id", existing_type=t.Int64(), nullable=True)
    op.create_foreign_key(
        op.f("fk_redemption_presentation_id"),
        "redemption",
        "presentation_seen",
        ["presentation_id"],
        ["id"],
    )
    op.create_unique_constraint(op.f("uq_redemption_presentation_id"), "redemption", ["presentation_id"])
    op.create_check_constraint(op.f("ck_redemption_one_code"), "redemption", ONE_CODE)


def _rebuild_redemption() -> None:
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'redemption'")
    )
    kept = [row.sql for row in triggers]
    rebuild(connection, "redemption", COPIED, _create_redemption)
    op.create_index("ix_redemption_class", "redemption", ["class_id"], unique=False)
    op.create_index(
        "uq_redemption_standing",
        "redemption",
        ["voucher_id"],
        unique=True,
        sqlite_where=sa.text(STANDING),
        postgresql_where=sa.text(STANDING),
    )
    for trigger in kept:
        op.execute(trigger)


def _changed(column: str) -> str:
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    return f"OLD.{column} {word} NEW.{column}"


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


def _create_device() -> None:
    op.create_table(
        "device",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("public_key", t.Text(), nullable=False),
        sa.Column("label", t.Text(), nullable=False),
        sa.Column("bound_at", t.UtcTime(), nullable=False),
        sa.Column("counter", t.Int64(), nullable=False),
        sa.Column("shown_at", t.Int64(), nullable=True),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("ended_why", t.Text(), nullable=True),
        sa.CheckConstraint(
            "ended_why IS NULL OR ended_why IN ('lost','replaced','frozen')", name=op.f("ck_device_why")
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name=op.f("ck_device_ended_why")),
        sa.CheckConstraint("counter >= 0", name=op.f("ck_device_counter")),
        sa.CheckConstraint("length(public_key) = 66", name=op.f("ck_device_public_key_length")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_device_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("id", "person_id", name=op.f("uq_device_id_person_id")),
        sa.UniqueConstraint("public_key", name=op.f("uq_device_public_key")),
        sqlite_strict=True,
    )
    op.create_index("ix_device_person", "device", ["person_id"], unique=False)


def _create_credential() -> None:
    op.create_table(
        "credential",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("revision", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("device_id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=True),
        sa.Column("vid", t.Text(), nullable=False),
        sa.Column("kid", t.Text(), nullable=False),
        sa.Column("status_list", t.Int64(), nullable=False),
        sa.Column("status_place", t.Int64(), nullable=False),
        sa.Column("not_before", t.UtcTime(), nullable=False),
        sa.Column("expires_at", t.UtcTime(), nullable=False),
        sa.Column("digest", t.Text(), nullable=False),
        sa.Column("content_sealed", t.Bytes(), nullable=False),
        sa.Column("issued_at", t.UtcTime(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("ended_why", t.Text(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name=op.f("ck_credential_ended_why")),
        sa.CheckConstraint("expires_at > not_before", name=op.f("ck_credential_dates")),
        sa.CheckConstraint("length(vid) = 16 AND length(digest) = 64", name=op.f("ck_credential_lengths")),
        sa.ForeignKeyConstraint(
            ["device_id", "person_id"], ["device.id", "device.person_id"], name="fk_credential_device"
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_credential_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_credential_holder",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("digest", name=op.f("uq_credential_digest")),
        sa.UniqueConstraint(
            "status_list", "status_place", name=op.f("uq_credential_status_list_status_place")
        ),
        sa.UniqueConstraint("vid", "revision", name=op.f("uq_credential_vid_revision")),
        sa.UniqueConstraint("voucher_id", "revision", name=op.f("uq_credential_voucher_id_revision")),
        sqlite_strict=True,
    )
    op.create_index("ix_credential_device", "credential", ["device_id"], unique=False)
    op.create_index(
        "uq_credential_live",
        "credential",
        ["voucher_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _create_challenge() -> None:
    op.create_table(
        "challenge",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("number", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("expires_at", t.UtcTime(), nullable=False),
        sa.Column("used_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("expires_at > asked_at", name=op.f("ck_challenge_moments")),
        sa.CheckConstraint("number BETWEEN 1 AND 4294967295", name=op.f("ck_challenge_number")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_challenge_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge")),
        sa.UniqueConstraint("institution_id", "number", name=op.f("uq_challenge_institution_id_number")),
        sqlite_strict=True,
    )


def _create_presentation_seen() -> None:
    op.create_table(
        "presentation_seen",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("vid", t.Text(), nullable=False),
        sa.Column("counter", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("credential_id", t.Int64(), nullable=False),
        sa.Column("device_id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("challenge_id", t.Int64(), nullable=True),
        sa.Column("operation", t.Text(), nullable=False),
        sa.Column("shown_at", t.Int64(), nullable=False),
        sa.Column("used_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("kind IN ('S','F')", name=op.f("ck_presentation_seen_kind")),
        sa.CheckConstraint("operation IN ('enrol','redeem')", name=op.f("ck_presentation_seen_operation")),
        sa.CheckConstraint("counter BETWEEN 0 AND 4294967295", name=op.f("ck_presentation_seen_counter")),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenge.id"], name=op.f("fk_presentation_seen_challenge_id")
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_presentation_seen_credential_id")
        ),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_presentation_seen_device_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_presentation_seen_institution_id")
        ),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_presentation_seen_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presentation_seen")),
        sa.UniqueConstraint("device_id", "counter", name=op.f("uq_presentation_seen_device_id_counter")),
        sqlite_strict=True,
    )
    op.create_index("ix_presentation_seen_voucher", "presentation_seen", ["voucher_id"], unique=False)


def _create_presentation_look() -> None:
    op.create_table(
        "presentation_look",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("vid", t.Text(), nullable=False),
        sa.Column("counter", t.Int64(), nullable=False),
        sa.Column("shown_at", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("looked_at", t.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_presentation_look_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presentation_look")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_presentation_look_code", "presentation_look", ["vid", "counter", "institution_id"], unique=False
    )


def _create_redemption(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("enrolment_id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("screen_code_id", t.Int64(), nullable=True),
        sa.Column("presentation_id", t.Int64(), nullable=True),
        sa.Column("device", t.Text(), nullable=False),
        sa.Column("nonce", t.Text(), nullable=False),
        sa.Column("redeemed_at", t.UtcTime(), nullable=False),
        sa.Column("redeemed_by_person_id", t.Int64(), nullable=False),
        sa.Column("reversal_asked_by_person_id", t.Int64(), nullable=True),
        sa.Column("reversal_asked_at", t.UtcTime(), nullable=True),
        sa.Column("reversal_reason", t.Text(), nullable=True),
        sa.Column("reversed_by_person_id", t.Int64(), nullable=True),
        sa.Column("reversed_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(screen_code_id IS NULL) <> (presentation_id IS NULL)", name=op.f("ck_redemption_one_code")
        ),
        sa.CheckConstraint(
            "reversed_at IS NULL OR reversed_by_person_id IS NOT NULL", name=op.f("ck_redemption_reversed_by")
        ),
        sa.CheckConstraint(
            "reversed_by_person_id <> reversal_asked_by_person_id", name=op.f("ck_redemption_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id", "voucher_id", "class_id"],
            ["enrolment.id", "enrolment.voucher_id", "enrolment.class_id"],
            name="fk_redemption_enrolment",
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_redemption_institution_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_redemption_person_id")),
        sa.ForeignKeyConstraint(
            ["presentation_id"], ["presentation_seen.id"], name=op.f("fk_redemption_presentation_id")
        ),
        sa.ForeignKeyConstraint(
            ["screen_code_id"], ["screen_code.id"], name=op.f("fk_redemption_screen_code_id")
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_redemption_holder",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption")),
        sa.UniqueConstraint("device", "nonce", name=op.f("uq_redemption_device_nonce")),
        sa.UniqueConstraint("presentation_id", name=op.f("uq_redemption_presentation_id")),
        sa.UniqueConstraint("screen_code_id", name=op.f("uq_redemption_screen_code_id")),
        sqlite_strict=True,
    )
