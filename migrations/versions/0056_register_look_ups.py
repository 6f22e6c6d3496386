"""Looking certificates up: which register answers, every look-up, what two people read by hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

APPEND_ONLY = ("register_look_up", "hand_reading")


def upgrade() -> None:
    """Create the tables with their triggers."""
    op.create_table(
        "register_system",
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("address", t.Text(), nullable=True),
        sa.Column("connected_by_person_id", t.Int64(), nullable=False),
        sa.Column("connected_at", t.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("since", name=op.f("pk_register_system")),
        sqlite_strict=True,
    )
    op.create_table(
        "register_look_up",
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
        sa.CheckConstraint(
            "outcome IN ('found','absent','other_person','unreachable','refused','malformed','resting')",
            name=op.f("ck_register_look_up_outcome"),
        ),
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
    op.create_index("ix_register_look_up_certificate", "register_look_up", ["certificate_id", "id"])
    op.create_table(
        "hand_reading",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("certificate_id", t.Int64(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("issued_on", t.Day(), nullable=False),
        sa.Column("evaluator_code", t.Text(), nullable=False),
        sa.Column("evidence", t.Text(), nullable=False),
        sa.Column("read_at", t.UtcTime(), nullable=False),
        sa.Column("read_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("level BETWEEN 0 AND 8", name=op.f("ck_hand_reading_level")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_hand_reading_certificate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_reading")),
        sqlite_strict=True,
    )
    op.create_index("ix_hand_reading_certificate", "hand_reading", ["certificate_id", "id"])
    for table in (*APPEND_ONLY, "register_system"):
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if op.get_bind().dialect.name != "sqlite":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    for table in APPEND_ONLY:
        _refuse(f"{table}_no_update", table, "UPDATE", f"{table} is append only")


def _refuse(name: str, table: str, timing: str, told: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {table} BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
