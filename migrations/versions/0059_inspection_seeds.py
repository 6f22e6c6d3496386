"""The seed of a draw of inspections is fixed, and its hash shown, before there is a list to draw from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

TABLE = "inspection_seed"
FIXED = ("region_code", "seed", "commitment", "committed_at", "committed_by_person_id")
UNUSED = sa.text("draw_id IS NULL")


def upgrade() -> None:
    """Create the table: nothing of a seed ever changes, and it makes one draw."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("seed", t.Text(), nullable=False),
        sa.Column("commitment", t.Text(), nullable=False),
        sa.Column("committed_at", t.UtcTime(), nullable=False),
        sa.Column("committed_by_person_id", t.Int64(), nullable=False),
        sa.Column("draw_id", t.Int64(), nullable=True),
        sa.CheckConstraint("length(seed) = 64", name=op.f("ck_inspection_seed_seed_length")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_inspection_seed_region_code")
        ),
        sa.ForeignKeyConstraint(["draw_id"], ["inspection_draw.id"], name=op.f("fk_inspection_seed_draw_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_seed")),
        sa.UniqueConstraint("commitment", name=op.f("uq_inspection_seed_commitment")),
        sa.UniqueConstraint("draw_id", name=op.f("uq_inspection_seed_draw_id")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_inspection_seed_waiting", TABLE, ["region_code"], unique=True, sqlite_where=UNUSED,
        postgresql_where=UNUSED,
    )  # fmt: skip
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    _refuse(f"{TABLE}_no_delete", "DELETE", f"{TABLE} rows are never deleted")
    if not sqlite:
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )
    for column in FIXED:
        when = f"OLD.{column} {word} NEW.{column}"
        _refuse(f"{TABLE}_{column}_fixed", f"UPDATE OF {column}", f"{TABLE}.{column} never changes", when)
    when = f"OLD.draw_id IS NOT NULL AND OLD.draw_id {word} NEW.draw_id"
    _refuse(f"{TABLE}_draw_id_once", "UPDATE OF draw_id", f"{TABLE}.draw_id is written once", when)


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
