"""A credit stands with one proposal: a receivable, or words that it is no repayment; never both."""

from __future__ import annotations

from alembic import op

revision = "0103"
down_revision = "0102"
branch_labels = None
depends_on = None

BOTH = "NEW.clawback_id IS NOT NULL AND NEW.note IS NOT NULL"
TOLD = "a bank_credit stands with one proposal"


def upgrade() -> None:
    """Refuse both from here on; a credit that stands with both can only be proposed anew."""
    for name, timing in (("bank_credit_one_added", "INSERT"), ("bank_credit_one_proposal", "UPDATE")):
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {timing} ON bank_credit WHEN {BOTH} "
                f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
            )
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {timing} ON bank_credit FOR EACH ROW WHEN ({BOTH}) "
                f"EXECUTE FUNCTION refuse_change('{TOLD}')"
            )
