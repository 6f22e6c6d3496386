"""Stars of institutions, frozen with the figures and the formula they came of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0102"
down_revision = "0101"
branch_labels = None
depends_on = None

TABLE = "star_rating"
FIXED = (
    *("institution_id", "year", "figures", "formula", "lines", "total_tenths", "stars", "given_at"),
    "given_by_person_id",
)
ONCE = ("objection", "objected_at", "reply", "replied_at")


def upgrade() -> None:
    """Create the table; what was given never changes."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("year", t.Int64(), nullable=False),
        *(sa.Column(name, t.Json(), nullable=False) for name in ("figures", "formula", "lines")),
        sa.Column("total_tenths", t.Int64(), nullable=False),
        sa.Column("stars", t.Int64(), nullable=False),
        sa.Column("given_at", t.UtcTime(), nullable=False),
        sa.Column("given_by_person_id", t.Int64(), nullable=False),
        sa.Column("objection", t.Text(), nullable=True),
        sa.Column("objected_at", t.UtcTime(), nullable=True),
        sa.Column("reply", t.Text(), nullable=True),
        sa.Column("replied_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_star_rating_stars")),
        sa.CheckConstraint(
            "(objected_at IS NULL) = (objection IS NULL)", name=op.f("ck_star_rating_objected")
        ),
        sa.CheckConstraint("(replied_at IS NULL) = (reply IS NULL)", name=op.f("ck_star_rating_replied")),
        sa.CheckConstraint(
            "replied_at IS NULL OR objected_at IS NOT NULL", name=op.f("ck_star_rating_replied_after")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_star_rating_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_star_rating")),
        sa.UniqueConstraint("institution_id", "year", name=op.f("uq_star_rating_institution_id_year")),
        sqlite_strict=True,
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    _refuse(f"{TABLE}_no_delete", "DELETE", f"{TABLE} rows are never deleted")
    if not sqlite:
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )
    for column in (*FIXED, *ONCE):
        old, new = (f"CAST({side}.{column} AS TEXT)" for side in ("OLD", "NEW"))
        when = f"{old} {word} {new}"
        when = when if column in FIXED else f"OLD.{column} IS NOT NULL AND {when}"
        _refuse(f"{TABLE}_{column}_fixed", f"UPDATE OF {column}", f"{TABLE}.{column} never changes", when)


def _refuse(name: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
