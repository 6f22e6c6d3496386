"""Class intakes (开班名册): whom a class is opened for; a name struck off stays readable."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0190"
down_revision = "0178"
branch_labels = None
depends_on = None

TABLE = "class_intake"
FIXED = ("class_id", "person_id", "listed_at", "listed_by_person_id")
ONCE = ("removed_at", "removed_by_person_id")
STANDING = sa.text("removed_at IS NULL")


def upgrade() -> None:
    """Create the table; classes filed before have no intake and take in whoever holds a voucher, as ever."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("listed_at", t.UtcTime(), nullable=False),
        sa.Column("listed_by_person_id", t.Int64(), nullable=False),
        sa.Column("removed_at", t.UtcTime(), nullable=True),
        sa.Column("removed_by_person_id", t.Int64(), nullable=True),
        sa.CheckConstraint(
            "(removed_at IS NULL) = (removed_by_person_id IS NULL)", name=op.f(f"ck_{TABLE}_removed")
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f(f"fk_{TABLE}_class_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f(f"fk_{TABLE}_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sqlite_strict=True,
    )
    op.create_index(
        f"uq_{TABLE}_standing", TABLE, ["class_id", "person_id"],
        unique=True, sqlite_where=STANDING, postgresql_where=STANDING,
    )  # fmt: skip
    op.create_index(f"ix_{TABLE}_person", TABLE, ["person_id"], unique=False)
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
