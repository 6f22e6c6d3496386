"""Ratings of classes by who finished them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

FIXED = ("voucher_id", "person_id", "class_id")


def upgrade() -> None:
    """Create the table; a rating stays with its voucher and its class."""
    op.create_table(
        "class_rating",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("stars", t.Int64(), nullable=False),
        sa.Column("said_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("changes", t.Int64(), nullable=False),
        sa.Column("rated_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_class_rating_stars")),
        sa.CheckConstraint("changes >= 0", name=op.f("ck_class_rating_changes")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_class_rating_class_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_class_rating_person_id")),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name=op.f("fk_class_rating_holder"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_rating")),
        sa.UniqueConstraint("voucher_id", name=op.f("uq_class_rating_voucher_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_class_rating_class", "class_rating", ["class_id"], unique=False)
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    _refuse("class_rating_no_delete", "DELETE", "class_rating rows are never deleted")
    if not sqlite:
        op.execute(
            "CREATE TRIGGER class_rating_no_truncate BEFORE TRUNCATE ON class_rating "
            "EXECUTE FUNCTION refuse_truncate()"
        )
    for column in FIXED:
        _refuse(
            f"class_rating_{column}_fixed",
            f"UPDATE OF {column}",
            f"class_rating.{column} never changes",
            f"OLD.{column} {word} NEW.{column}",
        )


def _refuse(name: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON class_rating{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON class_rating FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
