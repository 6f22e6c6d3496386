"""A question that could be put to nobody leaves a row as well: what a card's number carries is not its holder's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0208"
down_revision = "0211"
branch_labels = None
depends_on = None

TABLE, CHECK = "register_look_up", "ck_register_look_up_outcome"
OUTCOMES = (
    "outcome IN ('found','absent','other_person','unreachable','refused','malformed','resting','unaskable')"
)
COLUMNS = (
    *("id", "certificate_id", "system", "way", "outcome", "detail", "answered", "register_entry_id"),
    *("milliseconds", "asked_at", "asked_by_person_id"),
)


def upgrade() -> None:
    """Widen what may come of a look-up."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f(CHECK), TABLE)
        op.create_check_constraint(op.f(CHECK), TABLE, OUTCOMES)
        return
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name"), {"name": TABLE}
    )
    kept = [row.sql for row in triggers]
    rebuild(connection, TABLE, COLUMNS, _create)
    op.create_index("ix_register_look_up_certificate", TABLE, ["certificate_id", "id"])
    for trigger in kept:
        op.execute(trigger)


def _create(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("certificate_id", t.Int64(), nullable=False),
        sa.Column("system", t.Text(), nullable=False),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("outcome", t.Text(), nullable=False),
        sa.Column("detail", t.Text(), nullable=True),
        sa.Column("answered", t.Json(), nullable=True),
        sa.Column("register_entry_id", t.Int64(), nullable=True),
        sa.Column("milliseconds", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint(OUTCOMES, name=op.f(CHECK)),
        sa.CheckConstraint(
            "(outcome = 'found') = (register_entry_id IS NOT NULL)", name=op.f("ck_register_look_up_found")
        ),
        sa.CheckConstraint("way IN ('http','by_hand')", name=op.f("ck_register_look_up_way")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_register_look_up_certificate_id")
        ),
        sa.ForeignKeyConstraint(
            ["register_entry_id"], ["register_entry.id"], name=op.f("fk_register_look_up_register_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_look_up")),
        sqlite_strict=True,
    )
