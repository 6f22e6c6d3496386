"""What the bank says has come in for receivables, proposed by one person and decided by another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0092"
down_revision = "0091"
branch_labels = None
depends_on = None

TABLE = "bank_credit"
PEOPLE = ("proposed_by_person_id", "decided_by_person_id")


def upgrade() -> None:
    """Create the table; what was decided stays, and what the bank said never changes."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("source_sha256", t.Text(), nullable=False),
        sa.Column("line", t.Int64(), nullable=False),
        sa.Column("bank_reference", t.Text(), nullable=True),
        sa.Column("payer_name", t.Text(), nullable=False),
        sa.Column("remark", t.Text(), nullable=False),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.Column("clawback_id", t.Int64(), nullable=True),
        sa.Column("problem", t.Text(), nullable=True),
        sa.Column("note", t.Text(), nullable=True),
        sa.Column("proposed_by_person_id", t.Int64(), nullable=False),
        sa.Column("proposed_at", t.UtcTime(), nullable=False),
        sa.Column("decision", t.Text(), nullable=True),
        sa.Column("applied_fen", t.Int64(), nullable=True),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_bank_credit_amount_above_zero")),
        sa.CheckConstraint(
            "(clawback_id IS NULL) = (problem IS NOT NULL)", name=op.f("ck_bank_credit_matched_or_why_not")
        ),
        sa.CheckConstraint("decision IN ('booked','set_aside')", name=op.f("ck_bank_credit_decision")),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_by_person_id IS NULL)"
            " AND (decision IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_bank_credit_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "decided_by_person_id <> proposed_by_person_id", name=op.f("ck_bank_credit_two_people")
        ),
        sa.CheckConstraint(
            "COALESCE(decision, '') <> 'booked' OR (clawback_id IS NOT NULL AND applied_fen IS NOT NULL)",
            name=op.f("ck_bank_credit_booked_on_a_receivable"),
        ),
        sa.CheckConstraint("applied_fen BETWEEN 1 AND amount_fen", name=op.f("ck_bank_credit_applied")),
        sa.CheckConstraint(
            "COALESCE(decision, '') <> 'set_aside' OR (note IS NOT NULL AND applied_fen IS NULL)",
            name=op.f("ck_bank_credit_set_aside_with_words"),
        ),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_bank_credit_region_code")),
        sa.ForeignKeyConstraint(["clawback_id"], ["clawback.id"], name=op.f("fk_bank_credit_clawback_id")),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_bank_credit_{column}"))
            for column in PEOPLE
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_credit")),
        sa.UniqueConstraint("source_sha256", "line", name=op.f("uq_bank_credit_source_sha256_line")),
        sqlite_strict=True,
    )
    op.create_index("uq_bank_credit_reference", TABLE, ["region_code", "bank_reference"], unique=True)
    op.create_index("ix_bank_credit_clawback", TABLE, ["clawback_id"])
    _refuse(f"{TABLE}_no_delete", "DELETE", "bank_credit rows are never deleted")
    _refuse(f"{TABLE}_final", "UPDATE", "what two people decided stays", "OLD.decision IS NOT NULL")
    said = "OLD.amount_fen <> NEW.amount_fen OR OLD.region_code <> NEW.region_code"
    _refuse(f"{TABLE}_said", "UPDATE", "what the bank said never changes", said)
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_truncate()"
        )


def _refuse(name: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE}{clause} BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
