"""Bonuses: claims that stand on a basis of their own kind instead of a certificate, over the same desk."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

# which columns become optional, and what a table has besides from now on
OPTIONAL = {
    "claim": ("certificate_id", "verification_id"),
    "payment": ("verification_id",),
    "settlement_line": ("certificate_id",),
}
KEYS = {
    "claim": (
        "fk_claim_bonus",
        ("basis_id", "kind", "person_id", "trade_code", "level", "institution_id"),
        ("id", "kind", "person_id", "item_code", "level", "institution_id"),
    ),
    "payment": (
        "fk_payment_bonus",
        ("basis_id", "person_id", "trade_code", "level", "institution_id"),
        ("id", "person_id", "item_code", "level", "institution_id"),
    ),
    "settlement_line": ("fk_settlement_line_basis_id", ("basis_id",), ("id",)),
}
CHECKS = {
    "claim": {
        "ck_claim_basis_of_kind": "(basis_id IS NULL) = (kind IN ('training','evaluation'))",
        "ck_claim_one_basis": "(basis_id IS NULL) = (certificate_id IS NOT NULL)"
        " AND (certificate_id IS NULL) = (verification_id IS NULL)",
    },
    "payment": {"ck_payment_one_basis": "(basis_id IS NULL) = (verification_id IS NOT NULL)"},
    "settlement_line": {"ck_settlement_line_one_basis": "(basis_id IS NULL) = (certificate_id IS NOT NULL)"},
}
FIXED = {"claim": ("basis_id",), "payment": ("basis_id",)}


def upgrade() -> None:
    """Create the two tables, and let claims, payments and lines stand on a basis."""
    _create_standards()
    _create_bases()
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in OPTIONAL:
        (_rewrite if sqlite else _alter)(table)
    op.create_index("uq_claim_basis", "claim", ["basis_id"], unique=True)
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table, columns in FIXED.items():
        for column in columns:
            told = f"{table}.{column} never changes"
            when = f"OLD.{column} {word} NEW.{column}"
            _refuse(f"{table}_{column}_fixed", table, f"UPDATE OF {column}", told, when)
    _refuse("bonus_standard_no_delete", "bonus_standard", "DELETE", "bonus_standard rows are never deleted")
    _refuse("bonus_basis_no_update", "bonus_basis", "UPDATE", "bonus_basis is append only")
    _refuse("bonus_basis_no_delete", "bonus_basis", "DELETE", "bonus_basis is append only")
    if not sqlite:
        for table in ("bonus_standard", "bonus_basis"):
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )


def _create_standards() -> None:
    op.create_table(
        "bonus_standard",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("item_code", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=True),
        sa.Column("least_fen", t.Int64(), nullable=False),
        sa.Column("most_fen", t.Int64(), nullable=False),
        sa.Column("insured_months", t.Int64(), nullable=True),
        sa.Column("payee_cap_fen", t.Int64(), nullable=True),
        sa.Column("fund", t.Text(), nullable=True),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("document", t.Text(), nullable=False),
        sa.Column("source", t.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bonus_standard")),
        sa.UniqueConstraint(
            "item_code", "kind", "region_code", "since",
            name=op.f("uq_bonus_standard_item_code_kind_region_code_since"),
        ),
        sa.CheckConstraint(
            "least_fen > 0 AND most_fen >= least_fen", name=op.f("ck_bonus_standard_amounts")
        ),
        sa.CheckConstraint("insured_months > 0", name=op.f("ck_bonus_standard_months")),
        sa.CheckConstraint("payee_cap_fen > 0", name=op.f("ck_bonus_standard_cap")),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_bonus_standard_dates")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_bonus_standard_region_code")),
        sqlite_strict=True,
    )  # fmt: skip


def _create_bases() -> None:
    op.create_table(
        "bonus_basis",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("item_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("occasion", t.Text(), nullable=False),
        sa.Column("document", t.Text(), nullable=False),
        sa.Column("happened_on", t.Day(), nullable=False),
        sa.Column("asked_fen", t.Int64(), nullable=True),
        sa.Column("firm_size", t.Text(), nullable=True),
        sa.Column("insured_months", t.Int64(), nullable=True),
        sa.Column("heads", t.Int64(), nullable=True),
        sa.Column("completed", t.Int64(), nullable=True),
        sa.Column("settles_basis_id", t.Int64(), nullable=True),
        sa.Column("entered_by_person_id", t.Int64(), nullable=False),
        sa.Column("entered_at", t.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bonus_basis")),
        sa.UniqueConstraint(
            "id", "kind", "person_id", "item_code", "level", "institution_id",
            name=op.f("uq_bonus_basis_id_kind_person_id_item_code_level_institution_id"),
        ),
        sa.UniqueConstraint(
            "id", "person_id", "item_code", "level", "institution_id",
            name=op.f("uq_bonus_basis_id_person_id_item_code_level_institution_id"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('training','evaluation')", name=op.f("ck_bonus_basis_no_subsidy")
        ),
        sa.CheckConstraint("level = 0", name=op.f("ck_bonus_basis_no_level")),
        sa.CheckConstraint("length(document) > 0", name=op.f("ck_bonus_basis_document")),
        sa.CheckConstraint("asked_fen > 0", name=op.f("ck_bonus_basis_asked_above_zero")),
        sa.CheckConstraint(
            "heads > 0 AND completed BETWEEN 0 AND heads", name=op.f("ck_bonus_basis_heads")
        ),
        sa.CheckConstraint(
            "settles_basis_id IS NULL OR kind = 'apprenticeship_settlement'",
            name=op.f("ck_bonus_basis_settles_an_advance"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_bonus_basis_person_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_bonus_basis_institution_id")
        ),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_bonus_basis_region_code")),
        sa.ForeignKeyConstraint(
            ["settles_basis_id"], ["bonus_basis.id"], name=op.f("fk_bonus_basis_settles_basis_id")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_person_id"], ["person.id"], name=op.f("fk_bonus_basis_entered_by_person_id")
        ),
        sqlite_strict=True,
    )  # fmt: skip
    op.create_index("ix_bonus_basis_payee", "bonus_basis", ["institution_id", "kind"])
    op.create_index("ix_bonus_basis_person", "bonus_basis", ["person_id"])


def _alter(table: str) -> None:
    for column in OPTIONAL[table]:
        op.alter_column(table, column, nullable=True)
    op.add_column(table, sa.Column("basis_id", t.Int64(), nullable=True))
    name, columns, referred = KEYS[table]
    op.create_foreign_key(op.f(name), table, "bonus_basis", list(columns), list(referred))
    for check, condition in CHECKS[table].items():
        op.create_check_constraint(op.f(check), table, condition)


def _rewrite(table: str) -> None:
    """Put a table in its own place as it stands, whatever other upgrades have added to it, with the changes."""
    connection = op.get_bind()
    stands = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table"), {"table": table}
    ).scalar_one()
    kept = list(
        connection.execute(
            sa.text(
                "SELECT sql FROM sqlite_master WHERE tbl_name = :table AND type IN ('index','trigger') "
                "AND sql IS NOT NULL ORDER BY type, name"
            ),
            {"table": table},
        ).scalars()
    )
    columns = [row.name for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")]
    rebuild(connection, table, columns, lambda beside: op.execute(_changed(table, str(stands), beside)))
    for statement in kept:
        op.execute(statement)


def _changed(table: str, stands: str, beside: str) -> str:
    sql = re.sub(rf'CREATE TABLE "?{table}"?', f"CREATE TABLE {beside}", stands, count=1)
    for column in OPTIONAL[table]:
        sql = sql.replace(f"\t{column} INTEGER NOT NULL, \n", f"\t{column} INTEGER, \n", 1)
    sql = sql.replace("\tCONSTRAINT", "\tbasis_id INTEGER, \n\tCONSTRAINT", 1)
    name, columns, referred = KEYS[table]
    key = f"FOREIGN KEY({', '.join(columns)}) REFERENCES bonus_basis ({', '.join(referred)})"
    added = [f"CONSTRAINT {name} {key}"]
    added += [f"CONSTRAINT {check} CHECK ({condition})" for check, condition in CHECKS[table].items()]
    body, end = sql.rsplit("\n)", 1)
    return body + "".join(f", \n\t{each}" for each in added) + "\n)" + end


def _refuse(name: str, table: str, timing: str, told: str, when: str = "") -> None:
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
