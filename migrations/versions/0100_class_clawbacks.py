"""A whole class is taken back at once, by two people, with one case per payee."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0100"
down_revision = "0099"
branch_labels = None
depends_on = None

TABLES = ("class_clawback", "clawback_case", "clawback_case_line")


def upgrade() -> None:
    """Create the three tables; what was decided stays, cases only grow."""
    _create_wishes()
    _create_cases()
    for table in TABLES:
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
    for table in TABLES[1:]:
        _refuse(f"{table}_no_update", table, "UPDATE", f"{table} is append only")
    _refuse(
        "class_clawback_final", TABLES[0], "UPDATE", "what was decided stays", "OLD.decided_at IS NOT NULL"
    )
    if op.get_bind().dialect.name != "sqlite":
        for table in TABLES:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )


def _create_wishes() -> None:
    op.create_table(
        "class_clawback",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("digest", t.Text(), nullable=False),
        sa.Column("said", t.Text(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("confirmed", t.Flag(), nullable=True),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("length(why) > 0", name=op.f("ck_class_clawback_why")),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_class_clawback_digest")),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by_person_id IS NULL)"
            " AND (decided_at IS NULL) = (confirmed IS NULL)",
            name=op.f("ck_class_clawback_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "COALESCE(confirmed, 0) = 0 OR decided_by_person_id <> asked_by_person_id",
            name=op.f("ck_class_clawback_two_people"),
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_class_clawback_class_id")),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_class_clawback_{column}"))
            for column in ("asked_by_person_id", "decided_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_clawback")),
        sqlite_strict=True,
    )
    open_only = sa.text("decided_at IS NULL")
    op.create_index(
        "uq_class_clawback_open", "class_clawback", ["class_id"], unique=True,
        sqlite_where=open_only, postgresql_where=open_only,
    )  # fmt: skip


def _create_cases() -> None:
    op.create_table(
        "clawback_case",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("class_clawback_id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_clawback_id"], ["class_clawback.id"], name=op.f("fk_clawback_case_class_clawback_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_clawback_case_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clawback_case")),
        sa.UniqueConstraint(
            "class_clawback_id", "institution_id",
            name=op.f("uq_clawback_case_class_clawback_id_institution_id"),
        ),
        sa.UniqueConstraint("id", "institution_id", name=op.f("uq_clawback_case_id_institution_id")),
        sqlite_strict=True,
    )  # fmt: skip
    op.create_table(
        "clawback_case_line",
        sa.Column("clawback_id", t.Int64(), nullable=False),
        sa.Column("case_id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id", "institution_id"],
            ["clawback_case.id", "clawback_case.institution_id"],
            name="fk_clawback_case_line_case",
        ),
        sa.ForeignKeyConstraint(
            ["clawback_id", "institution_id"],
            ["clawback.id", "clawback.institution_id"],
            name="fk_clawback_case_line_clawback",
        ),
        sa.PrimaryKeyConstraint("clawback_id", name=op.f("pk_clawback_case_line")),
        sqlite_strict=True,
    )
    op.create_index("ix_clawback_case_line_case", "clawback_case_line", ["case_id"])


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
