"""An institution leaves the list by two of its people: asked by one, confirmed by another, or withdrawn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0156"
down_revision = "0155"
branch_labels = None
depends_on = None

TABLE = "institution_exit"
FIXED = ("institution_id", "why", "asked_by_person_id", "asked_at")
ONCE = (
    *("confirmed_by_person_id", "confirmed_at", "vouchers_held"),
    *("withdrawn_by_person_id", "withdrawn_at", "withdrawn_why"),
)
CHECKS = {
    "two_people": "confirmed_by_person_id <> asked_by_person_id",
    "confirmed": "(confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)",
    "counted": "(confirmed_at IS NULL) = (vouchers_held IS NULL)",
    "withdrawn": "(withdrawn_at IS NULL) = (withdrawn_by_person_id IS NULL)",
    "withdrawn_with_reason": "(withdrawn_at IS NULL) = (withdrawn_why IS NULL)",
    "one_end": "confirmed_at IS NULL OR withdrawn_at IS NULL",
}
WAITING = sa.text("confirmed_at IS NULL AND withdrawn_at IS NULL")


def upgrade() -> None:
    """Create the table; what was said never changes, and an end is written once.

    Institutions that left before keep what their event says: nobody is said to have confirmed it.
    """
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("confirmed_by_person_id", t.Int64(), nullable=True),
        sa.Column("confirmed_at", t.UtcTime(), nullable=True),
        sa.Column("vouchers_held", t.Int64(), nullable=True),
        sa.Column("withdrawn_by_person_id", t.Int64(), nullable=True),
        sa.Column("withdrawn_at", t.UtcTime(), nullable=True),
        sa.Column("withdrawn_why", t.Text(), nullable=True),
        *(sa.CheckConstraint(words, name=op.f(f"ck_{TABLE}_{name}")) for name, words in CHECKS.items()),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f(f"fk_{TABLE}_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sqlite_strict=True,
    )
    op.create_index(
        f"uq_{TABLE}_waiting", TABLE, ["institution_id"],
        unique=True, sqlite_where=WAITING, postgresql_where=WAITING,
    )  # fmt: skip
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    _refuse("no_delete", "DELETE", f"{TABLE} rows are never deleted")
    if not sqlite:
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )
    for column in (*FIXED, *ONCE):
        when = f"OLD.{column} {word} NEW.{column}"
        when = when if column in FIXED else f"OLD.{column} IS NOT NULL AND {when}"
        _refuse(f"{column}_fixed", f"UPDATE OF {column}", f"{TABLE}.{column} never changes", when)


def _refuse(name: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {TABLE}_{name} BEFORE {timing} ON {TABLE}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {TABLE}_{name} BEFORE {timing} ON {TABLE} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
