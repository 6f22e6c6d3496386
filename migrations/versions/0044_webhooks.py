"""Institutions' systems are told what happened: where to, each telling, each try, how far the trail is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

FIXED = {
    "webhook": ("system_id", "address", "events", "registered_by_person_id"),
    "webhook_delivery": ("webhook_id", "sequence", "event", "body"),
}


def upgrade() -> None:
    """Create the four tables; what was told and where to is never changed."""
    _create_webhook()
    _create_webhook_delivery()
    _create_webhook_attempt()
    op.create_table(
        "webhook_position",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("seal_seq", t.Int64(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_webhook_position_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_position")),
        sqlite_strict=True,
    )
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    for table, columns in FIXED.items():
        for column in columns:
            _refuse(
                f"{table}_{column}_fixed",
                table,
                f"UPDATE OF {column}",
                f"{table}.{column} never changes",
                f"OLD.{column} {word} NEW.{column}",
            )
    _refuse("webhook_no_delete", "webhook", "DELETE", "webhook rows are never deleted")
    _refuse(
        "webhook_stays_revoked",
        "webhook",
        "UPDATE OF revoked_at",
        "webhook.revoked_at goes one way",
        f"OLD.revoked_at IS NOT NULL AND OLD.revoked_at {word} NEW.revoked_at",
    )


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


def _create_webhook() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("system_id", t.Int64(), nullable=False),
        sa.Column("address", t.Text(), nullable=False),
        sa.Column("events", t.Text(), nullable=False),
        sa.Column("seed", t.Text(), nullable=False),
        sa.Column("former_seed", t.Text(), nullable=True),
        sa.Column("former_until", t.UtcTime(), nullable=True),
        sa.Column("sequence", t.Int64(), nullable=False),
        sa.Column("failures", t.Int64(), nullable=False),
        sa.Column("registered_at", t.UtcTime(), nullable=False),
        sa.Column("registered_by_person_id", t.Int64(), nullable=False),
        sa.Column("paused_at", t.UtcTime(), nullable=True),
        sa.Column("revoked_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("length(events) > 0", name=op.f("ck_webhook_events")),
        sa.CheckConstraint("failures >= 0 AND sequence >= 0", name=op.f("ck_webhook_counts")),
        sa.CheckConstraint("(former_seed IS NULL) = (former_until IS NULL)", name=op.f("ck_webhook_former")),
        sa.ForeignKeyConstraint(["system_id"], ["institution_system.id"], name=op.f("fk_webhook_system_id")),
        sa.ForeignKeyConstraint(
            ["registered_by_person_id"], ["person.id"], name=op.f("fk_webhook_registered_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sqlite_strict=True,
    )
    live = sa.text("revoked_at IS NULL")
    op.create_index(
        "uq_webhook_live", "webhook", ["system_id"], unique=True, sqlite_where=live, postgresql_where=live
    )


def _create_webhook_delivery() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("webhook_id", t.Int64(), nullable=False),
        sa.Column("sequence", t.Int64(), nullable=False),
        sa.Column("seal_seq", t.Int64(), nullable=True),
        sa.Column("event", t.Text(), nullable=False),
        sa.Column("body", t.Text(), nullable=False),
        sa.Column("made_at", t.UtcTime(), nullable=False),
        sa.Column("letters", t.Int64(), nullable=False),
        sa.Column("delivered_at", t.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("webhook_id", "sequence", name=op.f("uq_webhook_delivery_webhook_id_sequence")),
        sa.UniqueConstraint("webhook_id", "seal_seq", name=op.f("uq_webhook_delivery_webhook_id_seal_seq")),
        sqlite_strict=True,
    )
    untold = sa.text("delivered_at IS NULL")
    op.create_index(
        "ix_webhook_delivery_untold",
        "webhook_delivery",
        ["webhook_id", "sequence"],
        sqlite_where=untold,
        postgresql_where=untold,
    )


def _create_webhook_attempt() -> None:
    op.create_table(
        "webhook_attempt",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("delivery_id", t.Int64(), nullable=False),
        sa.Column("tried_at", t.UtcTime(), nullable=False),
        sa.Column("status", t.Int64(), nullable=True),
        sa.Column("failure", t.Text(), nullable=True),
        sa.Column("took_ms", t.Int64(), nullable=False),
        sa.CheckConstraint(
            "(status IS NULL) <> (failure IS NULL)", name=op.f("ck_webhook_attempt_one_answer")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["webhook_delivery.id"], name=op.f("fk_webhook_attempt_delivery_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempt")),
        sqlite_strict=True,
    )
    op.create_index("ix_webhook_attempt_delivery", "webhook_attempt", ["delivery_id", "id"])
