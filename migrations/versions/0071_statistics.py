"""Roll-ups of what vouchers came to, kept in step with the sealed trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

STEPS = ("issued", "accepted", "enrolled", "redeemed", "completed", "certified", "settled")
MEASURES = (*STEPS, "ended", "reserved_fen", "paid_fen")


def upgrade() -> None:
    """Create the tables; they begin empty and are filled from the trail."""
    _create_fact()
    place = (
        *(("region_code", t.Text()), ("institution_id", t.Int64()), ("class_id", t.Int64())),
        *(("issued_month", t.Text()), ("programme_id", t.Int64()), ("fund", t.Text())),
        *(("trade_code", t.Text()), ("level", t.Int64()), ("person_group", t.Text())),
    )
    filtered = (
        *(("dimension", t.Text()), ("word", t.Text())),
        *(("region_code", t.Text()), ("issued_month", t.Text())),
    )
    ending = (("came_from", t.Text()), ("ended_as", t.Text()), ("why", t.Text()))
    happened = (("period", t.Text()), ("region_code", t.Text()), ("step", t.Text()))
    node = (
        *(("region_code", t.Text()), ("institution_id", t.Int64())),
        *(("class_id", t.Int64()), ("year", t.Int64())),
    )
    _create_sums("statistic_cell", place, MEASURES)
    _create_sums("statistic_slice", filtered, MEASURES)
    _create_sums("statistic_loss", (*filtered, *ending), ("times",))
    _create_sums("statistic_flow", happened, ("times", "amount_fen"))
    _create_sums("statistic_heads", node, STEPS)
    op.create_table(
        "statistic_position",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("seal_seq", t.Int64(), nullable=False),
        sa.Column("counted_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_statistic_position_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistic_position")),
        sqlite_strict=True,
    )
    op.create_index("ix_claim_voucher", "claim", ["voucher_id"], unique=False)


def _create_fact() -> None:
    op.create_table(
        "statistic_fact",
        sa.Column("thing", t.Text(), nullable=False),
        sa.Column("object_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("issued_month", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("programme_id", t.Int64(), nullable=False),
        sa.Column("fund", t.Text(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("person_group", t.Text(), nullable=False),
        *(sa.Column(f"{step}_on", t.Day(), nullable=True) for step in (*STEPS, "paid")),
        sa.Column("came_from", t.Text(), nullable=False),
        sa.Column("ended_as", t.Text(), nullable=False),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("reserved_fen", t.Int64(), nullable=False),
        sa.Column("paid_fen", t.Int64(), nullable=False),
        sa.CheckConstraint("thing IN ('voucher','claim')", name=op.f("ck_statistic_fact_thing")),
        sa.CheckConstraint("(ended_as = '') = (came_from = '')", name=op.f("ck_statistic_fact_ended")),
        sa.PrimaryKeyConstraint("thing", "object_id", name=op.f("pk_statistic_fact")),
        sqlite_strict=True,
    )
    op.create_index("ix_statistic_fact_person", "statistic_fact", ["person_id"], unique=False)
    op.create_index(
        "ix_statistic_fact_place",
        "statistic_fact",
        ["region_code", "institution_id", "class_id", "object_id"],
        unique=False,
    )


def _create_sums(
    table: str, keys: tuple[tuple[str, sa.types.TypeEngine[object]], ...], sums: tuple[str, ...]
) -> None:
    op.create_table(
        table,
        *(sa.Column(name, kind, autoincrement=False, nullable=False) for name, kind in keys),
        *(sa.Column(name, t.Int64(), nullable=False) for name in sums),
        sa.PrimaryKeyConstraint(*(name for name, _ in keys), name=op.f(f"pk_{table}")),
        sqlite_strict=True,
    )
