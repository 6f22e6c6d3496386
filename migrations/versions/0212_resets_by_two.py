"""Somebody's access is reset by two administrators: one asks, another does; what was said stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0212"
down_revision = "0193"
branch_labels = None
depends_on = None

TABLE = "access_reset"
ASKED = ("user_id", "asked_at", "asked_by_person_id")
ENDED = ("done_at", "done_by_person_id", "lapsed_at")
STAYS, KEPT = "what a reset was asked and done as stays", "access_reset rows are never deleted"
OPEN = "done_at IS NULL AND lapsed_at IS NULL"


def upgrade() -> None:
    """Create the table; nothing said once is said anew, and no row goes."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("user_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("done_at", t.UtcTime(), nullable=True),
        sa.Column("done_by_person_id", t.Int64(), nullable=True),
        sa.Column("lapsed_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(done_at IS NULL) = (done_by_person_id IS NULL)", name=op.f("ck_access_reset_done_by")
        ),
        sa.CheckConstraint(
            "done_by_person_id <> asked_by_person_id", name=op.f("ck_access_reset_two_people")
        ),
        sa.CheckConstraint("done_at IS NULL OR lapsed_at IS NULL", name=op.f("ck_access_reset_one_end")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_access_reset_user_id")),
        *(
            sa.ForeignKeyConstraint([each], ["person.id"], name=op.f(f"fk_access_reset_{each}"))
            for each in ("asked_by_person_id", "done_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_reset")),
        sqlite_strict=True,
    )
    some = sa.text(OPEN)
    op.create_index(
        "uq_access_reset_open", TABLE, ["user_id"], unique=True, sqlite_where=some, postgresql_where=some
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    differs = "IS NOT" if is_sqlite else "IS DISTINCT FROM"
    changed = " OR ".join(
        [
            *(f"OLD.{each} {differs} NEW.{each}" for each in ASKED),
            *(f"(OLD.{each} IS NOT NULL AND OLD.{each} {differs} NEW.{each})" for each in ENDED),
        ]
    )
    for name, deed, when, told in (
        (f"{TABLE}_stays", "UPDATE", f"WHEN ({changed})", STAYS),
        (f"{TABLE}_no_delete", "DELETE", "", KEPT),
    ):
        if is_sqlite:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {deed} ON {TABLE} {when} "
                f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
            )
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {deed} ON {TABLE} FOR EACH ROW {when} "
                f"EXECUTE FUNCTION refuse_change('{told}')"
            )
