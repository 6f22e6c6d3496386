"""Random phone checks: the seed of a class, whom it drew, and every call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

TABLES = ("phone_draw", "phone_draw_entry", "phone_call")
FIXED = {
    "phone_draw": ("class_id", "seed", "commitment", "committed_at"),
    "phone_draw_entry": ("draw_id", "position", "voucher_id", "person_id", "voucher_number", "is_drawn"),
    "phone_call": ("entry_id", "attempt", "shown_at", "shown_to_person_id"),
}
# written once, when it happens
ONCE = {
    "phone_draw": ("drawn_at", "drawn_by_person_id", "share_bp", "people_count", "roster_digest"),
    "phone_draw_entry": ("outcome", "concluded_at"),
    "phone_call": ("result", "said", "told_at"),
}


def upgrade() -> None:
    """Create the tables with their triggers."""
    _create_phone_draw()
    _create_phone_draw_entry()
    _create_phone_call()
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table in TABLES:
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if not sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
        for column in FIXED[table]:
            _refuse(
                f"{table}_{column}_fixed",
                table,
                f"UPDATE OF {column}",
                f"{table}.{column} never changes",
                f"OLD.{column} {word} NEW.{column}",
            )
        for column in ONCE[table]:
            _refuse(
                f"{table}_{column}_once",
                table,
                f"UPDATE OF {column}",
                f"{table}.{column} is written once",
                f"OLD.{column} IS NOT NULL AND OLD.{column} {word} NEW.{column}",
            )


def _create_phone_draw() -> None:
    op.create_table(
        "phone_draw",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("class_id", t.Int64(), nullable=False),
        sa.Column("seed", t.Text(), nullable=False),
        sa.Column("commitment", t.Text(), nullable=False),
        sa.Column("committed_at", t.UtcTime(), nullable=False),
        sa.Column("drawn_at", t.UtcTime(), nullable=True),
        sa.Column("drawn_by_person_id", t.Int64(), nullable=True),
        sa.Column("share_bp", t.Int64(), nullable=True),
        sa.Column("people_count", t.Int64(), nullable=True),
        sa.Column("roster_digest", t.Text(), nullable=True),
        sa.CheckConstraint(
            "(drawn_at IS NULL) = (drawn_by_person_id IS NULL)", name=op.f("ck_phone_draw_drawn_by")
        ),
        sa.CheckConstraint("(drawn_at IS NULL) = (share_bp IS NULL)", name=op.f("ck_phone_draw_drawn_share")),
        sa.CheckConstraint(
            "(drawn_at IS NULL) = (roster_digest IS NULL)", name=op.f("ck_phone_draw_drawn_from")
        ),
        sa.CheckConstraint(
            "(drawn_at IS NULL) = (people_count IS NULL)", name=op.f("ck_phone_draw_drawn_people")
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_phone_draw_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_draw")),
        sa.UniqueConstraint("class_id", name=op.f("uq_phone_draw_class_id")),
        sqlite_strict=True,
    )


def _create_phone_draw_entry() -> None:
    op.create_table(
        "phone_draw_entry",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("draw_id", t.Int64(), nullable=False),
        sa.Column("position", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("voucher_number", t.Text(), nullable=False),
        sa.Column("is_drawn", t.Flag(), nullable=False),
        sa.Column("outcome", t.Text(), nullable=True),
        sa.Column("concluded_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('confirmed','doubted','unreachable')", name=op.f("ck_phone_draw_entry_outcome")
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (concluded_at IS NULL)", name=op.f("ck_phone_draw_entry_concluded")
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR is_drawn = 1", name=op.f("ck_phone_draw_entry_only_the_drawn")
        ),
        sa.ForeignKeyConstraint(["draw_id"], ["phone_draw.id"], name=op.f("fk_phone_draw_entry_draw_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_phone_draw_entry_person_id")),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name=op.f("fk_phone_draw_entry_holder"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_draw_entry")),
        sa.UniqueConstraint("draw_id", "position", name=op.f("uq_phone_draw_entry_draw_id_position")),
        sa.UniqueConstraint("draw_id", "voucher_id", name=op.f("uq_phone_draw_entry_draw_id_voucher_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_phone_draw_entry_voucher", "phone_draw_entry", ["voucher_id"], unique=False)


def _create_phone_call() -> None:
    op.create_table(
        "phone_call",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("entry_id", t.Int64(), nullable=False),
        sa.Column("attempt", t.Int64(), nullable=False),
        sa.Column("shown_at", t.UtcTime(), nullable=False),
        sa.Column("shown_to_person_id", t.Int64(), nullable=False),
        sa.Column("result", t.Text(), nullable=True),
        sa.Column("said", t.Text(), nullable=True),
        sa.Column("told_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("attempt > 0", name=op.f("ck_phone_call_attempt")),
        sa.CheckConstraint(
            "result IN ('confirmed','denied','differs','wrong_number','unreached','declined','no_number')",
            name=op.f("ck_phone_call_result"),
        ),
        sa.CheckConstraint("(result IS NULL) = (told_at IS NULL)", name=op.f("ck_phone_call_told")),
        sa.ForeignKeyConstraint(["entry_id"], ["phone_draw_entry.id"], name=op.f("fk_phone_call_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_call")),
        sa.UniqueConstraint("entry_id", "attempt", name=op.f("uq_phone_call_entry_id_attempt")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_phone_call_open",
        "phone_call",
        ["entry_id"],
        unique=True,
        sqlite_where=sa.text("result IS NULL"),
        postgresql_where=sa.text("result IS NULL"),
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
