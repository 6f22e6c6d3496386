"""Certificate numbers given to evaluators beforehand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

TABLE = "number_range"
KEY = ("prefix", "year", "digit")


def upgrade() -> None:
    """Create the table with its triggers."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("filing_id", t.Int64(), nullable=False),
        sa.Column("prefix", t.Text(), nullable=False),
        sa.Column("year", t.Int64(), nullable=False),
        sa.Column("digit", t.Int64(), nullable=False),
        sa.Column("previous_last", t.Int64(), nullable=True),
        sa.Column("first_serial", t.Int64(), nullable=False),
        sa.Column("last_serial", t.Int64(), nullable=False),
        sa.Column("given_at", t.UtcTime(), nullable=False),
        sa.Column("given_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("digit BETWEEN 1 AND 5", name=op.f("ck_number_range_digit")),
        sa.CheckConstraint(
            "(previous_last IS NULL) = (first_serial = 1)", name=op.f("ck_number_range_first")
        ),
        sa.CheckConstraint(
            "previous_last IS NULL OR first_serial = previous_last + 1", name=op.f("ck_number_range_no_gap")
        ),
        sa.CheckConstraint(
            "last_serial BETWEEN first_serial AND 999999", name=op.f("ck_number_range_serials")
        ),
        sa.ForeignKeyConstraint(
            ["filing_id"], ["evaluator_filing.id"], name=op.f("fk_number_range_filing_id")
        ),
        sa.ForeignKeyConstraint(
            [*KEY, "previous_last"],
            [f"{TABLE}.{column}" for column in (*KEY, "last_serial")],
            name="fk_number_range_previous",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_range")),
        sa.UniqueConstraint(
            *KEY, "first_serial", name=op.f("uq_number_range_prefix_year_digit_first_serial")
        ),
        sa.UniqueConstraint(*KEY, "last_serial", name=op.f("uq_number_range_prefix_year_digit_last_serial")),
        sqlite_strict=True,
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for timing in ("UPDATE", "DELETE"):
        name, told = f"{TABLE}_no_{timing.lower()}", f"{TABLE} is append only"
        if sqlite:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{told}'); END"
            )
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} FOR EACH ROW "
                f"EXECUTE FUNCTION refuse_change('{told}')"
            )
    if not sqlite:
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )
