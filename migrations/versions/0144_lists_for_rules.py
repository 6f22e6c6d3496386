"""Lists brought along name occupations, institutions, amounts and answers, so that the risk rules read them too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0144"
down_revision = "0137"
branch_labels = None
depends_on = None

TABLE, ROW = "audit_list", "audit_list_row"
COLUMNS = (
    *("id", "region_code", "kind", "source", "as_of", "why", "sha256", "row_count", "keep_until"),
    *("imported_at", "imported_by_person_id", "forgotten_at"),
)
KINDS = (
    "'insured','pension','payroll','deceased','student','contacts','elsewhere',"
    "'custody','certificate','paid','backflow','answers'"
)
ONCE, STANDS = "uq_audit_list_region_code_kind_sha256", "forgotten_at IS NULL"
WORDS = ("trade_code", "subsidy", "house_code", "address_index", "contact_index", "answers")
NUMBERS = ("level", "amount_fen")


def upgrade() -> None:
    """Let five more kinds of lists in, and their lines say more than days."""
    for name in WORDS:
        op.add_column(ROW, sa.Column(name, t.Text(), nullable=True))
    for name in NUMBERS:
        op.add_column(ROW, sa.Column(name, t.Int64(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        _on_sqlite()
        return
    op.drop_constraint(op.f(f"ck_{TABLE}_kind"), TABLE, type_="check")
    op.create_check_constraint(op.f(f"ck_{TABLE}_kind"), TABLE, f"kind IN ({KINDS})")


def _on_sqlite() -> None:
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"),
        {"table": TABLE},
    ).all()
    rebuild(connection, TABLE, COLUMNS, _create)
    for each in triggers:
        op.execute(each.sql)
    op.create_index("ix_audit_list_region", TABLE, ["region_code", "id"])
    op.create_index(ONCE, TABLE, ["region_code", "kind", "sha256"], unique=True, sqlite_where=sa.text(STANDS))


def _create(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        *(sa.Column(each, t.Text(), nullable=False) for each in ("region_code", "kind", "source")),
        sa.Column("as_of", t.Day(), nullable=False),
        *(sa.Column(each, t.Text(), nullable=False) for each in ("why", "sha256")),
        sa.Column("row_count", t.Int64(), nullable=False),
        sa.Column("keep_until", t.Day(), nullable=False),
        sa.Column("imported_at", t.UtcTime(), nullable=False),
        sa.Column("imported_by_person_id", t.Int64(), nullable=False),
        sa.Column("forgotten_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f(f"ck_{TABLE}_kind")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f(f"ck_{TABLE}_sha256")),
        sa.CheckConstraint("row_count > 0", name=op.f(f"ck_{TABLE}_rows")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f(f"fk_{TABLE}_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sqlite_strict=True,
    )
