"""How long each kind of personal data is kept, and the requests of people to be erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0097"
down_revision = "0096"
branch_labels = None
depends_on = None

CHECKS = {
    "ending": "ending IN ('withdrawn','declined','erased')",
    "ended_how": "(ended_at IS NULL) = (ending IS NULL)",
    "ended_by": "(ended_at IS NULL) = (ended_by_person_id IS NULL)",
    "agreed_by": "(agreed_at IS NULL) = (agreed_by_person_id IS NULL)",
    "why": "(ending = 'declined') = (why IS NOT NULL) OR ending IS NULL",
    "agreed_first": "ending <> 'erased' OR agreed_by_person_id IS NOT NULL",
    "two_people": "ending <> 'erased' OR agreed_by_person_id <> ended_by_person_id",
    "not_own_agreement": "agreed_by_person_id <> person_id",
    "not_own_decision": "ending = 'withdrawn' OR ended_by_person_id <> person_id",
}
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Create both tables; the dated rows come with `voucher init`."""
    op.create_table(
        "retention_rule",
        sa.Column("id", t.Int64(), nullable=False),
        *(sa.Column(name, t.Text(), nullable=False) for name in ("kind", "name", "purpose", "legal_basis")),
        sa.Column("months", t.Int64(), nullable=True),
        sa.Column("begins", t.Text(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("source", t.Text(), nullable=False),
        sa.Column("confidence", t.Text(), nullable=False),
        sa.CheckConstraint("months >= 0", name=op.f("ck_retention_rule_months")),
        sa.CheckConstraint("length(legal_basis) > 0", name=op.f("ck_retention_rule_legal_basis")),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_retention_rule_dates")),
        sa.CheckConstraint(
            "confidence IN ('document','gov','news','default')", name=op.f("ck_retention_rule_confidence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rule")),
        sa.UniqueConstraint("kind", "since", name=op.f("uq_retention_rule_kind_since")),
        sqlite_strict=True,
    )
    op.create_table(
        "erasure_request",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("agreed_by_person_id", t.Int64(), nullable=True),
        sa.Column("agreed_at", t.UtcTime(), nullable=True),
        sa.Column("ending", t.Text(), nullable=True),
        sa.Column("ended_by_person_id", t.Int64(), nullable=True),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("why", t.Text(), nullable=True),
        *(sa.CheckConstraint(said, name=op.f(f"ck_erasure_request_{name}")) for name, said in CHECKS.items()),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_erasure_request_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_request")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_erasure_request_open", "erasure_request", ["person_id"], unique=True,
        sqlite_where=OPEN, postgresql_where=OPEN,
    )  # fmt: skip
