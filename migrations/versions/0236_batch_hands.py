"""Who signed lines of which batch, kept beside the signatures: a desk lists what somebody has reviewed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0236"
down_revision = "0232"
branch_labels = None
depends_on = None

TABLE = "batch_hand"
# a claim has a line in each batch it stood in, and came into each later one with its next revision
SIGNED = """
INSERT INTO batch_hand (batch_id, person_id, step)
SELECT DISTINCT l.batch_id, s.signer_person_id, s.step
FROM signature s
JOIN claim c ON c.id = s.claim_id
JOIN settlement_line l ON l.claim_id = s.claim_id
WHERE s.revision = c.revision - (
    SELECT COUNT(*) FROM settlement_line later WHERE later.claim_id = l.claim_id AND later.id > l.id
)
"""


def upgrade() -> None:
    """Create the table, fill it from the signatures there are, and close it against changes."""
    op.create_table(
        TABLE,
        sa.Column("batch_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("person_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("step", t.Text(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["settlement_batch.id"], name=op.f("fk_batch_hand_batch_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_batch_hand_person_id")),
        sa.PrimaryKeyConstraint("batch_id", "person_id", "step", name=op.f("pk_batch_hand")),
        sqlite_strict=True,
    )
    op.create_index("ix_batch_hand_person", TABLE, ["person_id", "batch_id"])
    op.execute(SIGNED)
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
