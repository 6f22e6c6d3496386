"""After a restore two vouch for what was paid since, and two say why there is no register of erasures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0172"
down_revision = "0171"
branch_labels = None
depends_on = None

COPY = "restored_copy"
PAID, UNREGISTERED = "restored_paid", "restored_unregistered"


def upgrade() -> None:
    """Create the two tables; a person has one word, which stays."""
    _create(PAID, ("anchored_seq", "region_code", "person_id"))
    _create(UNREGISTERED, ("anchored_seq", "person_id"))
    for table in (PAID, UNREGISTERED):
        for name, timing in (("no_update", "UPDATE"), ("no_delete", "DELETE")):
            _refuse(table, name, timing, f"{table} rows stay as they are")
        if op.get_bind().dialect.name != "sqlite":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )


def _create(table: str, key: tuple[str, ...]) -> None:
    regional = "region_code" in key
    op.create_table(
        table,
        sa.Column("anchored_seq", t.Int64(), nullable=False),
        *([sa.Column("region_code", t.Text(), nullable=False)] if regional else []),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("words", t.Text(), nullable=False),
        sa.Column("said_at", t.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["anchored_seq"], [f"{COPY}.anchored_seq"], name=op.f(f"fk_{table}_anchored_seq")
        ),
        *(
            [sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f(f"fk_{table}_region_code"))]
            if regional
            else []
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f(f"fk_{table}_person_id")),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
        sqlite_strict=True,
    )


def _refuse(table: str, name: str, timing: str, told: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {timing} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {timing} ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
