"""People sign in to sessions and out of them; doubtful marks wait for the office."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

APPEND_ONLY = ("attendance_mark", "mark_doubt")
TABLES = (*APPEND_ONLY, "attendance_case")
FIXED = ("session_id", "kind", "opened_at")


def upgrade() -> None:
    """Create the tables with their triggers."""
    _create_attendance_mark()
    _create_attendance_case()
    _create_mark_doubt()
    for table in TABLES:
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    for table in APPEND_ONLY:
        _refuse(f"{table}_no_update", table, "UPDATE", f"{table} is append only")
    word = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    for column in FIXED:
        told = f"attendance_case.{column} never changes"
        when = f"OLD.{column} {word} NEW.{column}"
        _refuse(f"attendance_case_{column}_fixed", "attendance_case", f"UPDATE OF {column}", told, when)
    for column in ("closed_at", "outcome"):
        told = f"attendance_case.{column} goes one way"
        _refuse(
            f"attendance_case_{column}_stays", "attendance_case", f"UPDATE OF {column}", told,
            "OLD.closed_at IS NOT NULL",
        )  # fmt: skip


def _create_attendance_mark() -> None:
    op.create_table(
        "attendance_mark",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("session_id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("direction", t.Text(), nullable=False),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("device_id", t.Int64(), nullable=True),
        sa.Column("counter", t.Int64(), nullable=True),
        sa.Column("browser", t.Text(), nullable=True),
        sa.Column("marked_at", t.UtcTime(), nullable=False),
        sa.Column("marked_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("direction IN ('in','out')", name=op.f("ck_attendance_mark_direction")),
        sa.CheckConstraint("way IN ('class_code','scanned','typed')", name=op.f("ck_attendance_mark_way")),
        sa.CheckConstraint("(device_id IS NULL) = (counter IS NULL)", name=op.f("ck_attendance_mark_phone")),
        sa.CheckConstraint(
            "way <> 'class_code' OR (device_id IS NOT NULL AND browser IS NOT NULL)",
            name=op.f("ck_attendance_mark_own"),
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_attendance_mark_session_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_attendance_mark_person_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_attendance_mark_device_id")),
        sa.ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_attendance_mark_holder",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_mark")),
        sa.UniqueConstraint("device_id", "counter", name=op.f("uq_attendance_mark_device_id_counter")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_attendance_mark_session", "attendance_mark", ["session_id", "voucher_id"], unique=False
    )
    op.create_index("ix_attendance_mark_voucher", "attendance_mark", ["voucher_id"], unique=False)


def _create_attendance_case() -> None:
    op.create_table(
        "attendance_case",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("session_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.Column("closed_at", t.UtcTime(), nullable=True),
        sa.Column("closed_by_person_id", t.Int64(), nullable=True),
        sa.Column("outcome", t.Text(), nullable=True),
        sa.Column("conclusion", t.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('shared_device')", name=op.f("ck_attendance_case_kind")),
        sa.CheckConstraint("outcome IN ('counted','refused')", name=op.f("ck_attendance_case_outcome")),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by_person_id IS NULL)", name=op.f("ck_attendance_case_closed_by")
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_attendance_case_closed_with")
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (conclusion IS NULL)", name=op.f("ck_attendance_case_concluded")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_attendance_case_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_case")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_attendance_case_open",
        "attendance_case",
        ["session_id", "kind"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _create_mark_doubt() -> None:
    op.create_table(
        "mark_doubt",
        sa.Column("mark_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("case_id", t.Int64(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["mark_id"], ["attendance_mark.id"], name=op.f("fk_mark_doubt_mark_id")),
        sa.ForeignKeyConstraint(["case_id"], ["attendance_case.id"], name=op.f("fk_mark_doubt_case_id")),
        sa.PrimaryKeyConstraint("mark_id", "case_id", name=op.f("pk_mark_doubt")),
        sqlite_strict=True,
    )
    op.create_index("ix_mark_doubt_case", "mark_doubt", ["case_id"], unique=False)


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
