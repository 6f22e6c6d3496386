"""Digests of the browser and the network a voucher is taken and used on, and the terminals they say nothing of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0173"
down_revision = "0180"
branch_labels = None
depends_on = None

ORIGIN, TERMINAL = "voucher_origin", "public_terminal"
STANDING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Create both tables; a digest never changes, and what a terminal was called stays."""
    op.create_table(
        ORIGIN,
        sa.Column("voucher_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("act", t.Text(), nullable=False),
        sa.Column("noted_at", t.UtcTime(), nullable=False),
        sa.Column("device", t.Text(), nullable=True),
        sa.Column("network", t.Text(), nullable=True),
        sa.CheckConstraint("act IN ('accept','redeem')", name=op.f("ck_voucher_origin_act")),
        sa.CheckConstraint("device IS NOT NULL OR network IS NOT NULL", name=op.f("ck_voucher_origin_known")),
        sa.CheckConstraint("length(device) = 64", name=op.f("ck_voucher_origin_device_length")),
        sa.CheckConstraint("length(network) = 64", name=op.f("ck_voucher_origin_network_length")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_voucher_origin_voucher_id")),
        sa.PrimaryKeyConstraint("voucher_id", "act", "noted_at", name=op.f("pk_voucher_origin")),
        sqlite_strict=True,
    )
    op.create_index("ix_voucher_origin_noted_at", ORIGIN, ["noted_at"], unique=False)
    op.create_table(
        TERMINAL,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("browser", t.Text(), nullable=False),
        sa.Column("named_at", t.UtcTime(), nullable=False),
        sa.Column("named_by_person_id", t.Int64(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("ended_by_person_id", t.Int64(), nullable=True),
        sa.CheckConstraint("length(browser) = 64", name=op.f("ck_public_terminal_browser_length")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by_person_id IS NULL)", name=op.f("ck_public_terminal_ended_by")
        ),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_public_terminal_region_code")
        ),
        sa.ForeignKeyConstraint(
            ["named_by_person_id"], ["person.id"], name=op.f("fk_public_terminal_named_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_terminal")),
        sqlite_strict=True,
    )
    op.create_index("ix_public_terminal_region", TERMINAL, ["region_code"], unique=False)
    op.create_index(
        "uq_public_terminal_standing", TERMINAL, ["browser"], unique=True, sqlite_where=STANDING,
        postgresql_where=STANDING,
    )  # fmt: skip
    _refuse_change(ORIGIN)
    _refuse_deletion(TERMINAL)


def _refuse_change(table: str) -> None:
    told = f"{table} rows never change"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )


def _refuse_deletion(table: str) -> None:
    told = f"{table} rows stay"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_truncate()"
    )
