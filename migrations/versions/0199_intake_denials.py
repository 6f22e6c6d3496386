"""Intake denials (名册反映): somebody on the intake of a class says that he never asked for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0199"
down_revision = "0197"
branch_labels = None
depends_on = None

TABLE = "intake_denial"
FIXED = ("entry_id", "class_id", "person_id", "opened_at", "answer_by")
ONCE = ("taken_back_at", "upheld", "answer_sealed", "answered_at", "answered_by_person_id")
OPEN = sa.text("answered_at IS NULL AND taken_back_at IS NULL")


def upgrade() -> None:
    """Create the table: one open case per entry, never deleted, answered or taken back once."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("entry_id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.Column("answer_by", t.Day(), nullable=True),
        sa.Column("taken_back_at", t.UtcTime(), nullable=True),
        sa.Column("upheld", t.Flag(), nullable=True),
        sa.Column("answer_sealed", t.Bytes(), nullable=True),
        sa.Column("answered_at", t.UtcTime(), nullable=True),
        sa.Column("answered_by_person_id", t.Int64(), nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by_person_id IS NULL)"
            " AND (answered_at IS NULL) = (upheld IS NULL)"
            " AND (answer_sealed IS NULL OR answered_at IS NOT NULL)",
            name=op.f(f"ck_{TABLE}_answered_whole"),
        ),
        sa.CheckConstraint(
            "answered_at IS NULL OR taken_back_at IS NULL", name=op.f(f"ck_{TABLE}_ended_once")
        ),
        sa.CheckConstraint("answered_by_person_id <> person_id", name=op.f(f"ck_{TABLE}_not_by_oneself")),
        sa.ForeignKeyConstraint(["entry_id"], ["class_intake.id"], name=op.f(f"fk_{TABLE}_entry_id")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f(f"fk_{TABLE}_class_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f(f"fk_{TABLE}_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sqlite_strict=True,
    )
    op.create_index(
        f"uq_{TABLE}_open", TABLE, ["entry_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index(f"ix_{TABLE}_entry", TABLE, ["entry_id"], unique=False)
    op.create_index(f"ix_{TABLE}_class", TABLE, ["class_id"], unique=False)
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
