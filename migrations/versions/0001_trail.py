"""The trail, the tables of states, holds and keys of repeated requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this step."""
    _create_audit_row()
    _create_hold()
    _create_idempotency_key()
    _create_transition()
    _create_audit_seal()
    _create_state_event()
    _create_audit_checkpoint()


def _create_audit_row() -> None:
    op.create_table(
        "audit_row",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("at", t.UtcTime(), nullable=False),
        sa.Column("actor_user_id", t.Int64(), nullable=False),
        sa.Column("actor_person_id", t.Int64(), nullable=False),
        sa.Column("act", t.Text(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.Column("object_id", t.Int64(), nullable=False),
        sa.Column("content", t.Json(), nullable=False),
        sa.Column("previous_hash", t.Text(), nullable=True),
        sa.Column("content_hash", t.Text(), nullable=False),
        sa.CheckConstraint("length(content_hash) = 64", name=op.f("ck_audit_row_content_hash_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_row")),
        sa.UniqueConstraint("content_hash", name=op.f("uq_audit_row_content_hash")),
        sqlite_strict=True,
    )
    op.create_index("ix_audit_row_object", "audit_row", ["thing", "object_id", "id"], unique=False)


def _create_hold() -> None:
    op.create_table(
        "hold",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.Column("object_id", t.Int64(), nullable=False),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("opened_by_person_id", t.Int64(), nullable=False),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.Column("closed_by_person_id", t.Int64(), nullable=True),
        sa.Column("closed_at", t.UtcTime(), nullable=True),
        sa.Column("conclusion", t.Text(), nullable=True),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by_person_id IS NULL)", name=op.f("ck_hold_closed_by_somebody")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_hold_open",
        "hold",
        ["thing", "object_id"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _create_idempotency_key() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("user_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("key", t.Text(), nullable=False),
        sa.Column("fingerprint", t.Text(), nullable=False),
        sa.Column("status", t.Int64(), nullable=True),
        sa.Column("answer", t.Json(), nullable=True),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 200", name=op.f("ck_idempotency_key_key_length")),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_key")),
        sqlite_strict=True,
    )


def _create_transition() -> None:
    op.create_table(
        "transition",
        sa.Column("thing", t.Text(), nullable=False),
        sa.Column("from_state", t.Text(), nullable=False),
        sa.Column("event", t.Text(), nullable=False),
        sa.Column("to_state", t.Text(), nullable=False),
        sa.PrimaryKeyConstraint("thing", "from_state", "event", "to_state", name=op.f("pk_transition")),
        sqlite_strict=True,
    )


def _create_audit_seal() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("seq", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("audit_row_id", t.Int64(), nullable=False),
        sa.Column("chain_hash", t.Text(), nullable=False),
        sa.Column("sealed_at", t.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["audit_row_id"], ["audit_row.id"], name=op.f("fk_audit_seal_audit_row_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("audit_row_id", name=op.f("uq_audit_seal_audit_row_id")),
        sa.UniqueConstraint("chain_hash", name=op.f("uq_audit_seal_chain_hash")),
        sqlite_strict=True,
    )


def _create_state_event() -> None:
    op.create_table(
        "state_event",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.Column("object_id", t.Int64(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("previous_seq", t.Int64(), nullable=True),
        sa.Column("from_state", t.Text(), nullable=False),
        sa.Column("event", t.Text(), nullable=False),
        sa.Column("to_state", t.Text(), nullable=False),
        sa.Column("at", t.UtcTime(), nullable=False),
        sa.Column("actor_user_id", t.Int64(), nullable=False),
        sa.Column("actor_person_id", t.Int64(), nullable=False),
        sa.Column("reason", t.Text(), nullable=True),
        sa.CheckConstraint(
            "(seq = 1 AND previous_seq IS NULL AND from_state = '-') OR (seq > 1 AND previous_seq = seq - 1 AND from_state <> '-')",
            name=op.f("ck_state_event_no_gap"),
        ),
        sa.ForeignKeyConstraint(
            ["thing", "from_state", "event", "to_state"],
            ["transition.thing", "transition.from_state", "transition.event", "transition.to_state"],
            name=op.f("fk_state_event_thing_from_state_event_to_state"),
        ),
        sa.ForeignKeyConstraint(
            ["thing", "object_id", "previous_seq", "from_state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_state_event_previous",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_state_event")),
        sa.UniqueConstraint(
            "thing", "object_id", "seq", "to_state", name=op.f("uq_state_event_thing_object_id_seq_to_state")
        ),
        sa.UniqueConstraint("thing", "object_id", "seq", name=op.f("uq_state_event_thing_object_id_seq")),
        sqlite_strict=True,
    )


def _create_audit_checkpoint() -> None:
    op.create_table(
        "audit_checkpoint",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("chain_hash", t.Text(), nullable=False),
        sa.Column("signed_at", t.UtcTime(), nullable=False),
        sa.Column("key_id", t.Text(), nullable=False),
        sa.Column("signature", t.Text(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["audit_seal.seq"], name=op.f("fk_audit_checkpoint_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checkpoint")),
        sa.UniqueConstraint("seq", name=op.f("uq_audit_checkpoint_seq")),
        sqlite_strict=True,
    )
