"""Closed months take no posting any more; what a voucher moved is found by the voucher."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None

TABLE = "month_close"
IN_CLOSED_MONTH = (
    "SELECT 1 FROM account a JOIN budget b ON b.id = a.budget_id"
    " JOIN month_close m ON m.region_code = b.region_code"
    " WHERE a.id = {row}.from_account_id AND m.closed_at IS NOT NULL"
    " AND m.begins_at <= {row}.at AND m.ends_at > {row}.at"
)


def upgrade() -> None:
    """Create the table, its triggers and the index."""
    _create_closes()
    with_voucher = sa.text("voucher_id IS NOT NULL")
    op.create_index(
        "ix_transfer_voucher",
        "transfer",
        ["voucher_id"],
        unique=False,
        sqlite_where=with_voucher,
        postgresql_where=with_voucher,
    )
    _refuse(f"{TABLE}_no_delete", "DELETE", f"{TABLE} rows are never deleted")
    _refuse(f"{TABLE}_final", "UPDATE", "a closed month stays closed", "OLD.closed_at IS NOT NULL")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER transfer_month_closed BEFORE INSERT ON transfer "
            f"WHEN EXISTS ({IN_CLOSED_MONTH.format(row='NEW')}) "
            "BEGIN SELECT RAISE(ABORT, 'the month is closed'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_truncate()"
    )
    # asked once per statement, since one writes a hundred thousand rows
    any_closed = f"IF EXISTS (SELECT 1 FROM fresh WHERE EXISTS ({IN_CLOSED_MONTH.format(row='fresh')}))"  # noqa: S608 — constants
    op.execute(
        f"CREATE FUNCTION refuse_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {any_closed} "
        "THEN RAISE EXCEPTION 'the month is closed'; END IF; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER transfer_month_closed AFTER INSERT ON transfer REFERENCING NEW TABLE AS fresh "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_month()"
    )


def _create_closes() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("year", t.Int64(), nullable=False),
        sa.Column("month", t.Int64(), nullable=False),
        sa.Column("begins_at", t.UtcTime(), nullable=False),
        sa.Column("ends_at", t.UtcTime(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("closed_by_person_id", t.Int64(), nullable=True),
        sa.Column("closed_at", t.UtcTime(), nullable=True),
        sa.Column("posting_count", t.Int64(), nullable=True),
        sa.Column("posted_fen", t.Int64(), nullable=True),
        sa.CheckConstraint("month BETWEEN 1 AND 12", name=op.f("ck_month_close_month")),
        sa.CheckConstraint("begins_at < ends_at", name=op.f("ck_month_close_begins_before_it_ends")),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by_person_id IS NULL)"
            " AND (closed_at IS NULL) = (posting_count IS NULL)"
            " AND (closed_at IS NULL) = (posted_fen IS NULL)",
            name=op.f("ck_month_close_closed_whole"),
        ),
        sa.CheckConstraint(
            "closed_by_person_id <> asked_by_person_id", name=op.f("ck_month_close_two_people")
        ),
        sa.CheckConstraint(
            "closed_at IS NULL OR closed_at >= ends_at", name=op.f("ck_month_close_over_when_closed")
        ),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_month_close_region_code")),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_month_close_{column}"))
            for column in ("asked_by_person_id", "closed_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_month_close")),
        sa.UniqueConstraint(
            "region_code", "year", "month", name=op.f("uq_month_close_region_code_year_month")
        ),
        sqlite_strict=True,
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
