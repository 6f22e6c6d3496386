"""The promise a claimant gives with a batch, and its words as dated rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

TABLE = "claim_pledge"


def upgrade() -> None:
    """Create the table: what was promised stands. Batches filed before have no promise kept."""
    op.create_table(
        TABLE,
        sa.Column("batch_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("words", t.Text(), nullable=False),
        sa.Column("words_since", t.Day(), nullable=False),
        sa.Column("given_by_person_id", t.Int64(), nullable=False),
        sa.Column("given_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("length(words) > 0", name=op.f("ck_claim_pledge_words")),
        sa.ForeignKeyConstraint(["batch_id"], ["settlement_batch.id"], name=op.f("fk_claim_pledge_batch_id")),
        sa.ForeignKeyConstraint(
            ["given_by_person_id"], ["person.id"], name=op.f("fk_claim_pledge_given_by_person_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_claim_pledge")),
        sqlite_strict=True,
    )
    for deed, told in (("UPDATE", "is append only"), ("DELETE", "rows are never deleted")):
        _refuse(f"{TABLE}_no_{deed.lower()}", deed, f"{TABLE} {told}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )


def _refuse(name: str, timing: str, told: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
