"""Bank layouts as dated rows; every handing out of a payment file; quarantined lines settled by two."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

APPEND_ONLY = ("bank_template", "payment_layout")
NEVER_DELETED = ("bank_template", "payment_layout", "payment_download", "quarantine_settlement")


def upgrade() -> None:
    """Create the tables; downloads so far become the first of their file."""
    _create_template()
    _create_layout()
    _create_download()
    _create_settlement()
    op.execute(
        "INSERT INTO payment_download (payment_file_id, turn, downloaded_by_person_id, downloaded_at) "
        "SELECT id, 1, downloaded_by_person_id, downloaded_at FROM payment_file "
        "WHERE downloaded_at IS NOT NULL AND downloaded_by_person_id IS NOT NULL"
    )
    for table in APPEND_ONLY:
        _refuse(f"{table}_no_update", table, "UPDATE", f"{table} is append only")
    for table, column in (("payment_download", "downloaded_at"), ("quarantine_settlement", "settled_at")):
        _refuse(f"{table}_final", table, "UPDATE", f"{table} is completed once", f"OLD.{column} IS NOT NULL")
    for table in NEVER_DELETED:
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )


def _create_template() -> None:
    op.create_table(
        "bank_template",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("form", t.Text(), nullable=False),
        sa.Column("encoding", t.Text(), nullable=True),
        sa.Column("columns", t.Text(), nullable=False),
        sa.Column("lines_most", t.Int64(), nullable=True),
        sa.Column("line_amount_most_fen", t.Int64(), nullable=True),
        sa.Column("name_bytes_most", t.Int64(), nullable=True),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("source", t.Text(), nullable=False),
        sa.Column("confidence", t.Text(), nullable=False),
        sa.CheckConstraint("form IN ('xlsx','csv','pain.001.001.09')", name=op.f("ck_bank_template_form")),
        sa.CheckConstraint(
            "lines_most > 0 AND line_amount_most_fen > 0 AND name_bytes_most > 0",
            name=op.f("ck_bank_template_limits_above_zero"),
        ),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_bank_template_dates")),
        sa.CheckConstraint(
            "confidence IN ('document','gov','news','default')", name=op.f("ck_bank_template_confidence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_template")),
        sa.UniqueConstraint("code", "since", name=op.f("uq_bank_template_code_since")),
        sqlite_strict=True,
    )


def _create_layout() -> None:
    op.create_table(
        "payment_layout",
        sa.Column("payment_file_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("bank_template_id", t.Int64(), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_file_id"], ["payment_file.id"], name=op.f("fk_payment_layout_payment_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["bank_template_id"], ["bank_template.id"], name=op.f("fk_payment_layout_bank_template_id")
        ),
        sa.PrimaryKeyConstraint("payment_file_id", name=op.f("pk_payment_layout")),
        sqlite_strict=True,
    )


def _create_download() -> None:
    op.create_table(
        "payment_download",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("payment_file_id", t.Int64(), nullable=False),
        sa.Column("turn", t.Int64(), nullable=False),
        sa.Column("why", t.Text(), nullable=True),
        sa.Column("opened_by_person_id", t.Int64(), nullable=True),
        sa.Column("opened_at", t.UtcTime(), nullable=True),
        sa.Column("downloaded_by_person_id", t.Int64(), nullable=True),
        sa.Column("downloaded_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("turn > 0", name=op.f("ck_payment_download_turn")),
        sa.CheckConstraint(
            "(turn = 1) = (why IS NULL) AND (why IS NULL) = (opened_by_person_id IS NULL)"
            " AND (why IS NULL) = (opened_at IS NULL)",
            name=op.f("ck_payment_download_again_with_why"),
        ),
        sa.CheckConstraint(
            "turn > 1 OR downloaded_at IS NOT NULL", name=op.f("ck_payment_download_first_is_a_download")
        ),
        sa.CheckConstraint(
            "(downloaded_at IS NULL) = (downloaded_by_person_id IS NULL)",
            name=op.f("ck_payment_download_somebody_downloaded"),
        ),
        sa.CheckConstraint(
            "opened_by_person_id <> downloaded_by_person_id",
            name=op.f("ck_payment_download_opened_by_another"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_file_id"], ["payment_file.id"], name=op.f("fk_payment_download_payment_file_id")
        ),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_payment_download_{column}"))
            for column in ("opened_by_person_id", "downloaded_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_download")),
        sa.UniqueConstraint("payment_file_id", "turn", name=op.f("uq_payment_download_payment_file_id_turn")),
        sqlite_strict=True,
    )
    is_open = sa.text("downloaded_at IS NULL")
    op.create_index(
        "uq_payment_download_open",
        "payment_download",
        ["payment_file_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def _create_settlement() -> None:
    op.create_table(
        "quarantine_settlement",
        sa.Column("bank_quarantine_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("explanation", t.Text(), nullable=False),
        sa.Column("explained_by_person_id", t.Int64(), nullable=False),
        sa.Column("explained_at", t.UtcTime(), nullable=False),
        sa.Column("settled_by_person_id", t.Int64(), nullable=True),
        sa.Column("settled_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("length(explanation) > 0", name=op.f("ck_quarantine_settlement_explained")),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by_person_id IS NULL)",
            name=op.f("ck_quarantine_settlement_settled_by_somebody"),
        ),
        sa.CheckConstraint(
            "settled_by_person_id <> explained_by_person_id",
            name=op.f("ck_quarantine_settlement_settled_by_another"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_quarantine_id"],
            ["bank_quarantine.id"],
            name=op.f("fk_quarantine_settlement_bank_quarantine_id"),
        ),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_quarantine_settlement_{column}"))
            for column in ("explained_by_person_id", "settled_by_person_id")
        ),
        sa.PrimaryKeyConstraint("bank_quarantine_id", name=op.f("pk_quarantine_settlement")),
        sqlite_strict=True,
    )


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
