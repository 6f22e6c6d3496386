"""Inspections on site: draws of classes, what was found, photographs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

TABLES = ("inspection_draw", "inspection", "inspection_photo")
APPEND_ONLY = ("inspection_draw", "inspection_photo")
FIXED = ("class_id", "draw_id", "why", "announced", "planned_on", "opened_at", "opened_by_person_id")
ONCE = (
    *("people_present", "people_seated", "findings", "conclusion", "answer_by", "concluded_at"),
    *("concluded_by_person_id", "answer", "answered_at", "answered_by_person_id"),
    *("closing", "closed_at", "closed_by_person_id"),
)


def upgrade() -> None:
    """Create the tables with their triggers."""
    _create_draw()
    _create_inspection()
    _create_photo()
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table in TABLES:
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if not sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    for table in APPEND_ONLY:
        _refuse(f"{table}_no_update", table, "UPDATE", f"{table} is append only")
    for column in FIXED:
        when = f"OLD.{column} {word} NEW.{column}"
        told = f"inspection.{column} never changes"
        _refuse(f"inspection_{column}_fixed", "inspection", f"UPDATE OF {column}", told, when)
    for column in ONCE:
        when = f"OLD.{column} IS NOT NULL AND OLD.{column} {word} NEW.{column}"
        told = f"inspection.{column} is written once"
        _refuse(f"inspection_{column}_once", "inspection", f"UPDATE OF {column}", told, when)


def _create_draw() -> None:
    op.create_table(
        "inspection_draw",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("seed", t.Text(), nullable=False),
        sa.Column("subject", t.Text(), nullable=False),
        sa.Column("numbers", t.Json(), nullable=False),
        sa.Column("size", t.Int64(), nullable=False),
        sa.Column("drawn_at", t.UtcTime(), nullable=False),
        sa.Column("drawn_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_inspection_draw_size")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_inspection_draw_region_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_draw")),
        sqlite_strict=True,
    )


def _create_inspection() -> None:
    op.create_table(
        "inspection",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("draw_id", t.Int64(), nullable=True),
        sa.Column("why", t.Text(), nullable=True),
        sa.Column("announced", t.Flag(), nullable=False),
        sa.Column("planned_on", t.Day(), nullable=False),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.Column("opened_by_person_id", t.Int64(), nullable=False),
        sa.Column("people_present", t.Int64(), nullable=True),
        sa.Column("people_seated", t.Int64(), nullable=True),
        sa.Column("marks", t.Json(), nullable=True),
        sa.Column("findings", t.Text(), nullable=True),
        sa.Column("conclusion", t.Text(), nullable=True),
        sa.Column("answer_by", t.Day(), nullable=True),
        sa.Column("concluded_at", t.UtcTime(), nullable=True),
        sa.Column("concluded_by_person_id", t.Int64(), nullable=True),
        sa.Column("answer", t.Text(), nullable=True),
        sa.Column("answered_at", t.UtcTime(), nullable=True),
        sa.Column("answered_by_person_id", t.Int64(), nullable=True),
        sa.Column("closing", t.Text(), nullable=True),
        sa.Column("closed_at", t.UtcTime(), nullable=True),
        sa.Column("closed_by_person_id", t.Int64(), nullable=True),
        sa.CheckConstraint("(draw_id IS NULL) <> (why IS NULL)", name=op.f("ck_inspection_drawn_or_reason")),
        sa.CheckConstraint(
            "conclusion IN ('in_order','findings','serious')", name=op.f("ck_inspection_conclusion")
        ),
        sa.CheckConstraint(
            "(concluded_at IS NULL) = (conclusion IS NULL)", name=op.f("ck_inspection_concluded")
        ),
        sa.CheckConstraint(
            "(concluded_at IS NULL) = (people_present IS NULL)", name=op.f("ck_inspection_counted")
        ),
        sa.CheckConstraint("people_present <= people_seated", name=op.f("ck_inspection_present")),
        sa.CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name=op.f("ck_inspection_answered")),
        sa.CheckConstraint("(closed_at IS NULL) = (closing IS NULL)", name=op.f("ck_inspection_closed")),
        sa.CheckConstraint(
            "closed_at IS NULL OR concluded_at IS NOT NULL", name=op.f("ck_inspection_closed_after")
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_inspection_class_id")),
        sa.ForeignKeyConstraint(["draw_id"], ["inspection_draw.id"], name=op.f("fk_inspection_draw_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
        sqlite_strict=True,
    )
    op.create_index("ix_inspection_class", "inspection", ["class_id"], unique=False)
    op.create_index(
        "uq_inspection_open",
        "inspection",
        ["class_id"],
        unique=True,
        sqlite_where=sa.text("concluded_at IS NULL"),
        postgresql_where=sa.text("concluded_at IS NULL"),
    )


def _create_photo() -> None:
    op.create_table(
        "inspection_photo",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("inspection_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("sha256", t.Text(), nullable=False),
        sa.Column("size_bytes", t.Int64(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", t.UtcTime(), nullable=False),
        sa.Column("taken_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("kind IN ('jpeg','png','pdf')", name=op.f("ck_inspection_photo_kind")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_photo_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_photo")),
        sa.UniqueConstraint("inspection_id", "sha256", name=op.f("uq_inspection_photo_inspection_id_sha256")),
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
