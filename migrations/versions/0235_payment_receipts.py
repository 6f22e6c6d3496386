"""The numbers of the receipts payees gave for money that arrived, every one ever written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0235"
down_revision = "0236"
branch_labels = None
depends_on = None

TABLE = "payment_receipt"


def upgrade() -> None:
    """Create the table and close it against changes."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("payment_line_id", t.Int64(), nullable=False),
        sa.Column("revision", t.Int64(), nullable=False),
        sa.Column("number", t.Text(), nullable=False),
        sa.Column("written_by_person_id", t.Int64(), nullable=False),
        sa.Column("written_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("length(number) BETWEEN 8 AND 30", name=op.f("ck_payment_receipt_number")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_payment_receipt_revision")),
        sa.ForeignKeyConstraint(
            ["payment_line_id"],
            ["bank_result.payment_line_id"],
            name=op.f("fk_payment_receipt_payment_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["written_by_person_id"], ["person.id"], name=op.f("fk_payment_receipt_written_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_receipt")),
        sa.UniqueConstraint(
            "payment_line_id", "revision", name=op.f("uq_payment_receipt_payment_line_id_revision")
        ),
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
