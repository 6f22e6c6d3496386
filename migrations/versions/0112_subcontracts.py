"""Subcontracts of classes: asked by one institution, agreed to by another, one standing per class."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0112"
down_revision = "0111"
branch_labels = None
depends_on = None

TABLE = "subcontract"
FIXED = (
    "class_id", "from_institution_id", "to_institution_id", "why", "asked_at", "asked_by_person_id",
)  # fmt: skip
ONCE = ("agreed_at", "agreed_by_person_id", "ended_at", "ended_why")
CHECKS = {
    "two_houses": "from_institution_id <> to_institution_id",
    "two_people": "agreed_by_person_id <> asked_by_person_id",
    "agreed": "(agreed_at IS NULL) = (agreed_by_person_id IS NULL)",
    "ended": "(ended_at IS NULL) = (ended_why IS NULL)",
}
STANDING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Create the table; what was said never changes.

    Classes filed before keep what they were allowed: nobody is said to have agreed who was never asked.
    """
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("from_institution_id", t.Int64(), nullable=False),
        sa.Column("to_institution_id", t.Int64(), nullable=False),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("agreed_at", t.UtcTime(), nullable=True),
        sa.Column("agreed_by_person_id", t.Int64(), nullable=True),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("ended_why", t.Text(), nullable=True),
        *(sa.CheckConstraint(words, name=op.f(f"ck_{TABLE}_{name}")) for name, words in CHECKS.items()),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_subcontract_class_id")),
        *(
            sa.ForeignKeyConstraint([column], ["institution.id"], name=op.f(f"fk_{TABLE}_{column}"))
            for column in ("from_institution_id", "to_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subcontract")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_subcontract_standing", TABLE, ["class_id"],
        unique=True, sqlite_where=STANDING, postgresql_where=STANDING,
    )  # fmt: skip
    op.create_index("ix_subcontract_from", TABLE, ["from_institution_id"], unique=False)
    op.create_index("ix_subcontract_to", TABLE, ["to_institution_id"], unique=False)
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
