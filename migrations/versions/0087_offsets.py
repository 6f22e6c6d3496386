"""A payee's next payments first meet what it owes: per payment and receivable, planned, then booked."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None

NEW_COLUMN = {"payment_file": "offset_fen", "payment_line": "offset_fen", "clawback": "planned_fen"}
DROPPED = {
    "payment_file": "ck_payment_file_not_empty",
    "payment_line": "ck_payment_line_amount_above_zero",
}
CHECKS = {
    "payment_file": {
        "ck_payment_file_not_empty": "line_count > 0 AND total_fen >= 0 AND offset_fen >= 0"
        " AND total_fen + offset_fen > 0"
    },
    "payment_line": {
        "ck_payment_line_amount_or_offset": "amount_fen >= 0 AND offset_fen >= 0"
        " AND amount_fen + offset_fen > 0"
    },
    "clawback": {
        "ck_clawback_never_more_planned": "planned_fen >= 0 AND recovered_fen + planned_fen <= amount_fen",
        "ck_clawback_planned_while_open": "planned_fen = 0 OR state = 'opened'",
    },
}


def upgrade() -> None:
    """Let rows of a file come to nothing, count what is planned, and create the two tables."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in NEW_COLUMN:
        (_rewrite if sqlite else _alter)(table)
    op.create_index("uq_payment_id_institution_id", "payment", ["id", "institution_id"], unique=True)
    op.create_index("uq_clawback_id_institution_id", "clawback", ["id", "institution_id"], unique=True)
    op.create_index("uq_repayment_offset", "repayment", ["payment_id", "clawback_id"], unique=True)
    _create_offsets()
    _create_stays()
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table in ("payment_file", "payment_line"):
        told = f"{table}.offset_fen never changes"
        when = f"OLD.offset_fen {word} NEW.offset_fen"
        _refuse(f"{table}_offset_fen_fixed", table, "UPDATE OF offset_fen", told, when)
    _refuse("payment_offset_no_update", "payment_offset", "UPDATE", "payment_offset is append only")
    _refuse("payment_offset_no_delete", "payment_offset", "DELETE", "payment_offset is append only")
    _refuse("offset_stay_no_delete", "offset_stay", "DELETE", "offset_stay rows are never deleted")
    final = "what two people agreed on stays"
    _refuse("offset_stay_final", "offset_stay", "UPDATE", final, "OLD.agreed_at IS NOT NULL")
    if not sqlite:
        for table in ("payment_offset", "offset_stay"):
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )


def _create_offsets() -> None:
    op.create_table(
        "payment_offset",
        sa.Column("payment_id", t.Int64(), nullable=False),
        sa.Column("clawback_id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("amount_fen", t.Int64(), nullable=False),
        sa.PrimaryKeyConstraint("payment_id", "clawback_id", name=op.f("pk_payment_offset")),
        sa.ForeignKeyConstraint(
            ["payment_id", "institution_id"],
            ["payment.id", "payment.institution_id"],
            name="fk_payment_offset_payment",
        ),
        sa.ForeignKeyConstraint(
            ["clawback_id", "institution_id"],
            ["clawback.id", "clawback.institution_id"],
            name="fk_payment_offset_clawback",
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payment_offset_amount_above_zero")),
        sqlite_strict=True,
    )
    op.create_index("ix_payment_offset_clawback", "payment_offset", ["clawback_id"])


def _create_stays() -> None:
    op.create_table(
        "offset_stay",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("clawback_id", t.Int64(), nullable=False),
        sa.Column("stays", t.Flag(), nullable=False),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("agreed_by_person_id", t.Int64(), nullable=True),
        sa.Column("agreed_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("length(why) > 0", name=op.f("ck_offset_stay_why")),
        sa.CheckConstraint(
            "(agreed_at IS NULL) = (agreed_by_person_id IS NULL)",
            name=op.f("ck_offset_stay_agreed_by_somebody"),
        ),
        sa.CheckConstraint(
            "agreed_by_person_id <> asked_by_person_id", name=op.f("ck_offset_stay_two_people")
        ),
        sa.ForeignKeyConstraint(["clawback_id"], ["clawback.id"], name=op.f("fk_offset_stay_clawback_id")),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_offset_stay_{column}"))
            for column in ("asked_by_person_id", "agreed_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offset_stay")),
        sqlite_strict=True,
    )
    open_only = sa.text("agreed_at IS NULL")
    op.create_index(
        "uq_offset_stay_open",
        "offset_stay",
        ["clawback_id"],
        unique=True,
        sqlite_where=open_only,
        postgresql_where=open_only,
    )


def _alter(table: str) -> None:
    op.add_column(table, sa.Column(NEW_COLUMN[table], t.Int64(), nullable=False, server_default=sa.text("0")))
    if table in DROPPED:
        op.drop_constraint(op.f(DROPPED[table]), table)
    for check, condition in CHECKS[table].items():
        op.create_check_constraint(op.f(check), table, condition)


def _rewrite(table: str) -> None:
    """Put a table in its own place as it stands, with the new column and its checks."""
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
    if table in DROPPED:
        # it is written over one line or, by an earlier upgrade, after a comma of its own
        sql, dropped = re.subn(rf"\tCONSTRAINT {DROPPED[table]} CHECK \([^()]*\),? *\n", "", sql, count=1)
        if not dropped:
            raise RuntimeError(f"{table} does not hold {DROPPED[table]}")
    sql = sql.replace("\tCONSTRAINT", f"\t{NEW_COLUMN[table]} INTEGER DEFAULT 0 NOT NULL, \n\tCONSTRAINT", 1)
    body, end = sql.rsplit("\n)", 1)
    added = [f"CONSTRAINT {check} CHECK ({condition})" for check, condition in CHECKS[table].items()]
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
