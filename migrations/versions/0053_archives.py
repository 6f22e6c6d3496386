"""Records of a working life: objections to an entry, shares with others, looks at a shared record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

TABLES = ("archive_objection", "archive_share", "archive_look")
FIXED = {
    "archive_objection": ("person_id", "ref", "title", "region_code", "filed_at", "due_on"),
    "archive_share": ("person_id", "extent", "code_index", "until_on", "shared_at"),
    "archive_look": ("share_id", "person_id", "looked_at"),
}
ONCE = {
    "archive_objection": ("upheld", "answer", "answered_at", "answered_by_person_id"),
    "archive_share": ("ended_at",),
}


def upgrade() -> None:
    """Create the tables with their triggers; a sealed column follows its person to another key."""
    _create_objection()
    _create_share()
    _create_look()
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table in TABLES:
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if not sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    for table, columns in FIXED.items():
        for column in columns:
            told = f"{table}.{column} never changes"
            when = f"OLD.{column} {word} NEW.{column}"
            _refuse(f"{table}_{column}_fixed", table, f"UPDATE OF {column}", told, when)
    for table, columns in ONCE.items():
        for column in columns:
            told = f"{table}.{column} is written once"
            when = f"OLD.{column} IS NOT NULL AND OLD.{column} {word} NEW.{column}"
            _refuse(f"{table}_{column}_once", table, f"UPDATE OF {column}", told, when)


def _create_objection() -> None:
    op.create_table(
        "archive_objection",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("ref", t.Text(), nullable=False),
        sa.Column("title", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("said_sealed", t.Bytes(), nullable=False),
        sa.Column("filed_at", t.UtcTime(), nullable=False),
        sa.Column("due_on", t.Day(), nullable=False),
        sa.Column("upheld", t.Flag(), nullable=True),
        sa.Column("answer", t.Text(), nullable=True),
        sa.Column("answered_at", t.UtcTime(), nullable=True),
        sa.Column("answered_by_person_id", t.Int64(), nullable=True),
        sa.CheckConstraint(
            "answered_by_person_id <> person_id", name=op.f("ck_archive_objection_not_own_answer")
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by_person_id IS NULL)",
            name=op.f("ck_archive_objection_answered_by"),
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (upheld IS NULL)", name=op.f("ck_archive_objection_answered_how")
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL)", name=op.f("ck_archive_objection_answered_words")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_archive_objection_person_id")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_archive_objection_region_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_objection")),
        sqlite_strict=True,
    )
    op.create_index("ix_archive_objection_region", "archive_objection", ["region_code", "id"], unique=False)
    op.create_index(
        "uq_archive_objection_open",
        "archive_objection",
        ["person_id", "ref"],
        unique=True,
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )


def _create_share() -> None:
    op.create_table(
        "archive_share",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("extent", t.Text(), nullable=False),
        sa.Column("code_index", t.Text(), nullable=False),
        sa.Column("code_sealed", t.Bytes(), nullable=False),
        sa.Column("until_on", t.Day(), nullable=False),
        sa.Column("shared_at", t.UtcTime(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("extent IN ('certificates','trainings')", name=op.f("ck_archive_share_extent")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_archive_share_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_share")),
        sa.UniqueConstraint("code_index", name=op.f("uq_archive_share_code_index")),
        sqlite_strict=True,
    )
    op.create_index("ix_archive_share_person", "archive_share", ["person_id"], unique=False)


def _create_look() -> None:
    op.create_table(
        "archive_look",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("share_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("viewer_sealed", t.Bytes(), nullable=False),
        sa.Column("looked_at", t.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_archive_look_person_id")),
        sa.ForeignKeyConstraint(["share_id"], ["archive_share.id"], name=op.f("fk_archive_look_share_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_look")),
        sqlite_strict=True,
    )
    op.create_index("ix_archive_look_share", "archive_look", ["share_id", "id"], unique=False)


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
