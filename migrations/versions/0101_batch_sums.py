"""What the lines of a batch come to, kept; lines with a caution found without reading every line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0101"
down_revision = "0100"
branch_labels = None
depends_on = None

TABLE, CAUTIONS = "batch_sum", "ix_settlement_line_caution"
CAUTION = sa.text('findings LIKE \'%"mark":"!"%\'')
# each person counts once in a batch, at the first payable line
ADD_UP = """
INSERT INTO batch_sum (batch_id, institution_id, outcome, level, lines, claims, people, amount_fen)
SELECT batch_id, institution_id, outcome, level, COUNT(*), COUNT(claim_id),
       SUM(CASE WHEN outcome = 'payable' AND turn = 1 THEN 1 ELSE 0 END), SUM(amount_fen)
FROM (
    SELECT l.batch_id, l.outcome, l.claim_id, l.amount_fen,
           COALESCE(c.institution_id, p.institution_id, b.institution_id) AS institution_id,
           COALESCE(c.level, p.level, b.level) AS level,
           ROW_NUMBER() OVER (
               PARTITION BY l.batch_id, l.person_id, l.outcome ORDER BY l.position
           ) AS turn
    FROM settlement_line l
    LEFT JOIN claim c ON c.id = l.claim_id
    LEFT JOIN certificate p ON p.id = l.certificate_id
    LEFT JOIN bonus_basis b ON b.id = l.basis_id
) every_line
GROUP BY batch_id, institution_id, outcome, level
"""


def upgrade() -> None:
    """Create the table, add up the batches there are, close it against changes, and index the cautions."""
    op.create_table(
        TABLE,
        sa.Column("batch_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("institution_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("outcome", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("lines", t.Int64(), nullable=False),
        sa.Column("claims", t.Int64(), nullable=False),
        sa.Column("people", t.Int64(), nullable=False),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.CheckConstraint(
            "lines >= claims AND lines >= people AND claims >= 0 AND people >= 0",
            name=op.f("ck_batch_sum_counts"),
        ),
        sa.CheckConstraint(
            "outcome = 'payable' OR (amount_fen = 0 AND people = 0)",
            name=op.f("ck_batch_sum_only_payable_adds"),
        ),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_batch_sum_amount")),
        sa.ForeignKeyConstraint(["batch_id"], ["settlement_batch.id"], name=op.f("fk_batch_sum_batch_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_batch_sum_institution_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", "institution_id", "outcome", "level", name=op.f("pk_batch_sum")),
        sqlite_strict=True,
    )
    op.execute(ADD_UP)
    for deed, told in (("UPDATE", "is append only"), ("DELETE", "rows are never deleted")):
        _refuse(f"{TABLE}_no_{deed.lower()}", deed, f"{TABLE} {told}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )
    op.create_index(
        CAUTIONS, "settlement_line", ["batch_id", "claim_id"], sqlite_where=CAUTION, postgresql_where=CAUTION
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
