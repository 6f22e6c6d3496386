"""Who asked to put something back and who agreed; a waived clawback makes room for another one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COPIED = (
    "claim_id",
    "payment_id",
    "institution_id",
    "amount_fen",
    "recovered_fen",
    "why",
    "opened_at",
    "opened_by_person_id",
    "id",
    "state",
    "seq",
    "thing",
)
FIXED = ("thing", "object_id", "why", "asked_by_person_id", "asked_at")
STANDING = "state <> 'waived'"


def upgrade() -> None:
    """Create the table, and free the clawback of being the only one of its claim for ever."""
    _create_reinstatement()
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("uq_clawback_claim_id", "clawback")
    else:
        triggers = op.get_bind().execute(
            sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'clawback'")
        )
        kept = [row.sql for row in triggers]
        rebuild(op.get_bind(), "clawback", COPIED, _create_clawback)
        for trigger in kept:
            op.execute(trigger)
    op.create_index(
        "uq_clawback_claim_id",
        "clawback",
        ["claim_id"],
        unique=True,
        sqlite_where=sa.text(STANDING),
        postgresql_where=sa.text(STANDING),
    )


def _create_reinstatement() -> None:
    op.create_table(
        "reinstatement",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.Column("object_id", t.Int64(), nullable=False),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by_person_id IS NULL)", name=op.f("ck_reinstatement_decided_by")
        ),
        sa.CheckConstraint(
            "decided_by_person_id <> asked_by_person_id", name=op.f("ck_reinstatement_two_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reinstatement")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_reinstatement_open",
        "reinstatement",
        ["thing", "object_id"],
        unique=True,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    _refuse("reinstatement_no_delete", "DELETE", "reinstatement rows are never deleted")
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    for column in FIXED:
        _refuse(
            f"reinstatement_{column}_fixed",
            f"UPDATE OF {column}",
            f"reinstatement.{column} never changes",
            f"OLD.{column} {word} NEW.{column}",
        )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER reinstatement_no_truncate BEFORE TRUNCATE ON reinstatement "
            "EXECUTE FUNCTION refuse_truncate()"
        )


def _refuse(name: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON reinstatement{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON reinstatement FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )


def _create_clawback(name: str) -> None:
    op.create_table(
        name,
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
        sqlite_strict=True,
    )
