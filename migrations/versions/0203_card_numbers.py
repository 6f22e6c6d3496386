"""A certificate's number that carries its holder's identity number is written down by its digest only.

What stands written is rewritten by `voucher init` right after: the digest is keyed, and a migration has no
keys. From now on the database takes no such number whole.
"""

from __future__ import annotations

from alembic import op

revision = "0203"
down_revision = "0200"
branch_labels = None
depends_on = None

TABLES = ("certificate", "register_entry")
TOLD = "an identity number is kept sealed"
ON_SQLITE = "NEW.number GLOB 'T" + "[0-9]" * 17 + "[0-9X]'"
ON_POSTGRESQL = "NEW.number ~ '^T[0-9]{17}[0-9X]$'"


def upgrade() -> None:
    """Refuse whole numbers on both databases."""
    for table in TABLES:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"CREATE TRIGGER {table}_number_sealed BEFORE INSERT ON {table} WHEN {ON_SQLITE} "
                f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
            )
        else:
            # after the rows: a trigger before them would keep COPY from writing many at once
            op.execute(
                f"CREATE TRIGGER {table}_number_sealed AFTER INSERT ON {table} FOR EACH ROW "
                f"WHEN ({ON_POSTGRESQL}) EXECUTE FUNCTION refuse_change('{TOLD}')"
            )
