"""Lists auditors bring along, the questions put to them, and what was found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0106"
down_revision = "0105"
branch_labels = None
depends_on = None

LIST_KINDS = "'insured','pension','payroll','deceased','student','contacts','elsewhere'"
JOIN_KINDS = "'insured','pension','payroll','deceased','student','shared','overlap','burst'"
# lines of a list go when its time is over, and nothing else ever does
KEPT = ("audit_list", "audit_join", "audit_join_hit")
FIXED = (
    *("region_code", "kind", "source", "as_of", "why", "sha256", "row_count", "keep_until", "imported_at"),
    "imported_by_person_id",
)


def upgrade() -> None:
    """Create the four tables; what a question found never changes."""
    _create_lists()
    _create_joins()
    for table in KEPT:
        _refuse(table, f"{table}_no_delete", "DELETE", f"{table} rows are never deleted")
        _keep_whole(table)
    _keep_whole("audit_list_row")
    for table in ("audit_list_row", "audit_join", "audit_join_hit"):
        _refuse(table, f"{table}_no_update", "UPDATE", f"{table} never changes")
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    for column in (*FIXED, "forgotten_at"):
        old, new = (f"CAST({side}.{column} AS TEXT)" for side in ("OLD", "NEW"))
        when = f"{old} {word} {new}"
        when = when if column in FIXED else f"OLD.{column} IS NOT NULL AND {when}"
        told = f"audit_list.{column} never changes"
        _refuse("audit_list", f"audit_list_{column}_fixed", f"UPDATE OF {column}", told, when)


def _create_lists() -> None:
    op.create_table(
        "audit_list",
        sa.Column("id", t.Int64(), nullable=False),
        *(sa.Column(name, t.Text(), nullable=False) for name in ("region_code", "kind", "source")),
        sa.Column("as_of", t.Day(), nullable=False),
        *(sa.Column(name, t.Text(), nullable=False) for name in ("why", "sha256")),
        sa.Column("row_count", t.Int64(), nullable=False),
        sa.Column("keep_until", t.Day(), nullable=False),
        sa.Column("imported_at", t.UtcTime(), nullable=False),
        sa.Column("imported_by_person_id", t.Int64(), nullable=False),
        sa.Column("forgotten_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(f"kind IN ({LIST_KINDS})", name=op.f("ck_audit_list_kind")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_audit_list_sha256")),
        sa.CheckConstraint("row_count > 0", name=op.f("ck_audit_list_rows")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_audit_list_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_list")),
        sa.UniqueConstraint(
            "region_code", "kind", "sha256", name=op.f("uq_audit_list_region_code_kind_sha256")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_audit_list_region", "audit_list", ["region_code", "id"])
    op.create_table(
        "audit_list_row",
        sa.Column("list_id", t.Int64(), nullable=False, autoincrement=False),
        sa.Column("line", t.Int64(), nullable=False, autoincrement=False),
        sa.Column("blind_index", t.Text(), nullable=False),
        sa.Column("name_index", t.Text(), nullable=True),
        *(sa.Column(name, t.Day(), nullable=True) for name in ("since", "until")),
        *(sa.Column(name, t.Text(), nullable=True) for name in ("account_index", "mobile_index")),
        sa.CheckConstraint("length(blind_index) = 64", name=op.f("ck_audit_list_row_blind_index")),
        sa.CheckConstraint(
            "until IS NULL OR since IS NULL OR until >= since", name=op.f("ck_audit_list_row_dates")
        ),
        sa.ForeignKeyConstraint(["list_id"], ["audit_list.id"], name=op.f("fk_audit_list_row_list_id")),
        sa.PrimaryKeyConstraint("list_id", "line", name=op.f("pk_audit_list_row")),
        sqlite_strict=True,
    )
    op.create_index("ix_audit_list_row_person", "audit_list_row", ["list_id", "blind_index"])


def _create_joins() -> None:
    op.create_table(
        "audit_join",
        sa.Column("id", t.Int64(), nullable=False),
        *(sa.Column(name, t.Text(), nullable=False) for name in ("region_code", "kind")),
        sa.Column("list_id", t.Int64(), nullable=True),
        *(sa.Column(name, t.Day(), nullable=False) for name in ("since", "until")),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("terms", t.Json(), nullable=False),
        *(sa.Column(name, t.Int64(), nullable=False) for name in ("hits", "people", "amount_fen")),
        sa.Column("is_cut", t.Flag(), nullable=False),
        sa.Column("sha256", t.Text(), nullable=False),
        sa.Column("ran_at", t.UtcTime(), nullable=False),
        sa.Column("ran_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint(f"kind IN ({JOIN_KINDS})", name=op.f("ck_audit_join_kind")),
        sa.CheckConstraint("until >= since", name=op.f("ck_audit_join_span")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_audit_join_sha256")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_audit_join_region_code")),
        sa.ForeignKeyConstraint(["list_id"], ["audit_list.id"], name=op.f("fk_audit_join_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_join")),
        sqlite_strict=True,
    )
    op.create_index("ix_audit_join_region", "audit_join", ["region_code", "id"])
    meant = {"person_id": "person", "voucher_id": "voucher", "claim_id": "claim"}
    meant["institution_id"] = "institution"
    op.create_table(
        "audit_join_hit",
        *(
            sa.Column(name, t.Int64(), nullable=False, autoincrement=False)
            for name in ("join_id", "position")
        ),
        *(sa.Column(name, t.Int64(), nullable=True) for name in meant),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.Column("sentence", t.Text(), nullable=False),
        sa.Column("rows", t.Json(), nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_audit_join_hit_amount")),
        sa.CheckConstraint("length(sentence) > 0", name=op.f("ck_audit_join_hit_sentence")),
        sa.ForeignKeyConstraint(["join_id"], ["audit_join.id"], name=op.f("fk_audit_join_hit_join_id")),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_audit_join_hit_{name}"))
            for name, table in meant.items()
        ),
        sa.PrimaryKeyConstraint("join_id", "position", name=op.f("pk_audit_join_hit")),
        sqlite_strict=True,
    )


def _keep_whole(table: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "EXECUTE FUNCTION refuse_truncate()"
        )


def _refuse(table: str, name: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {table}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {table} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
