"""People deny a claim made in their name: a case with a deadline, answered by one, confirmed by another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0110"
down_revision = "0109"
branch_labels = None
depends_on = None

TABLE = "claim_denial"
OPEN = sa.text("confirmed_at IS NULL")


def upgrade() -> None:
    """Create the table; what was confirmed stays, and nobody changes whose case it is."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("claim_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("hold_id", t.Int64(), nullable=True),
        sa.Column("problem", t.Text(), nullable=False),
        sa.Column("said", t.Text(), nullable=True),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.Column("answer_by", t.Day(), nullable=False),
        sa.Column("taken_back_at", t.UtcTime(), nullable=True),
        sa.Column("upheld", t.Flag(), nullable=True),
        sa.Column("answer", t.Text(), nullable=True),
        sa.Column("answered_by_person_id", t.Int64(), nullable=True),
        sa.Column("answered_at", t.UtcTime(), nullable=True),
        sa.Column("confirmed_by_person_id", t.Int64(), nullable=True),
        sa.Column("confirmed_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "problem IN ('not_me','not_received','other')", name=op.f("ck_claim_denial_problem")
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by_person_id IS NULL)"
            " AND (answered_at IS NULL) = (answer IS NULL) AND (answered_at IS NULL) = (upheld IS NULL)",
            name=op.f("ck_claim_denial_answered_whole"),
        ),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)",
            name=op.f("ck_claim_denial_confirmed_by"),
        ),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR answered_at IS NOT NULL", name=op.f("ck_claim_denial_answered_first")
        ),
        sa.CheckConstraint(
            "confirmed_by_person_id <> answered_by_person_id", name=op.f("ck_claim_denial_two_people")
        ),
        sa.CheckConstraint(
            "answered_by_person_id <> person_id AND confirmed_by_person_id <> person_id",
            name=op.f("ck_claim_denial_not_by_oneself"),
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name="fk_claim_denial_claim_id"),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_claim_denial_hold_id")),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_claim_denial_{column}"))
            for column in ("person_id", "answered_by_person_id", "confirmed_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_denial")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_claim_denial_hold_id")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_claim_denial_open", TABLE, ["claim_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index("ix_claim_denial_person", TABLE, ["person_id"])
    _refuse(f"{TABLE}_no_delete", "DELETE", f"{TABLE} rows are never deleted")
    _refuse(f"{TABLE}_final", "UPDATE", "what was confirmed stays", "OLD.confirmed_at IS NOT NULL")
    _refuse(
        f"{TABLE}_fixed", "UPDATE", "a case stays whose and what it is",
        "NEW.claim_id <> OLD.claim_id OR NEW.person_id <> OLD.person_id"
        " OR COALESCE(NEW.hold_id, 0) <> COALESCE(OLD.hold_id, 0)",
    )  # fmt: skip
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )


def _refuse(name: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
