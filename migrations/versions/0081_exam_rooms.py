"""Sites and rooms an evaluator filed for exams, the rooms of an exam, and the seats in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

LIVE = sa.text("ended_at IS NULL")
FIXED = {
    "exam_site": ("institution_id", "name", "address"),
    "exam_room": ("site_id", "name", "kind", "seats"),
    "exam_room_use": ("batch_id", "room_id", "seats", "begins_at", "chosen_by_person_id"),
    "exam_seat": ("batch_id", "candidate_id", "use_id", "seats", "number"),
}


def upgrade() -> None:
    """Create the tables; what is written there ends, and is never changed or deleted."""
    # what a seat names: a candidate of this very batch
    op.create_index("uq_candidate_of_batch", "candidate", ["id", "batch_id"], unique=True)
    _create_site()
    _create_room()
    _create_use()
    _create_seat()
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table, columns in FIXED.items():
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        _refuse(
            f"{table}_stays_ended", table, "UPDATE OF ended_at", f"{table} stays ended",
            "OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL",
        )  # fmt: skip
        if not sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
        for column in columns:
            told = f"{table}.{column} never changes"
            when = f"OLD.{column} {word} NEW.{column}"
            _refuse(f"{table}_{column}_fixed", table, f"UPDATE OF {column}", told, when)


def _create_site() -> None:
    op.create_table(
        "exam_site",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("address", t.Text(), nullable=False),
        sa.Column("filed_at", t.UtcTime(), nullable=False),
        sa.Column("filed_by_person_id", t.Int64(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("length(name) > 0 AND length(address) > 0", name=op.f("ck_exam_site_told")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_exam_site_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_site")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_exam_site_name",
        "exam_site",
        ["institution_id", "name"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def _create_room() -> None:
    op.create_table(
        "exam_room",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("site_id", t.Int64(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("seats", t.Int64(), nullable=False),
        sa.Column("filed_at", t.UtcTime(), nullable=False),
        sa.Column("filed_by_person_id", t.Int64(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("kind IN ('hall','workshop')", name=op.f("ck_exam_room_kind")),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_exam_room_told")),
        sa.CheckConstraint("seats >= 1", name=op.f("ck_exam_room_seats")),
        sa.ForeignKeyConstraint(["site_id"], ["exam_site.id"], name=op.f("fk_exam_room_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_room")),
        sa.UniqueConstraint("id", "seats", name=op.f("uq_exam_room_id_seats")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_exam_room_name",
        "exam_room",
        ["site_id", "name"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def _create_use() -> None:
    op.create_table(
        "exam_room_use",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("batch_id", t.Int64(), nullable=False),
        sa.Column("room_id", t.Int64(), nullable=False),
        sa.Column("seats", t.Int64(), nullable=False),
        sa.Column("begins_at", t.UtcTime(), nullable=False),
        sa.Column("chosen_at", t.UtcTime(), nullable=False),
        sa.Column("chosen_by_person_id", t.Int64(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["exam_batch.id"], name=op.f("fk_exam_room_use_batch_id")),
        sa.ForeignKeyConstraint(
            ["room_id", "seats"], ["exam_room.id", "exam_room.seats"], name="fk_exam_room_use_room"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_room_use")),
        sa.UniqueConstraint("id", "batch_id", "seats", name=op.f("uq_exam_room_use_id_batch_id_seats")),
        sqlite_strict=True,
    )
    op.create_index("ix_exam_room_use_batch", "exam_room_use", ["batch_id"], unique=False)
    op.create_index(
        "uq_exam_room_use_moment",
        "exam_room_use",
        ["room_id", "begins_at"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def _create_seat() -> None:
    op.create_table(
        "exam_seat",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("batch_id", t.Int64(), nullable=False),
        sa.Column("candidate_id", t.Int64(), nullable=False),
        sa.Column("use_id", t.Int64(), nullable=False),
        sa.Column("seats", t.Int64(), nullable=False),
        sa.Column("number", t.Int64(), nullable=False),
        sa.Column("given_at", t.UtcTime(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("number BETWEEN 1 AND seats", name=op.f("ck_exam_seat_inside")),
        sa.ForeignKeyConstraint(
            ["candidate_id", "batch_id"],
            ["candidate.id", "candidate.batch_id"],
            name="fk_exam_seat_candidate",
        ),
        sa.ForeignKeyConstraint(
            ["use_id", "batch_id", "seats"],
            ["exam_room_use.id", "exam_room_use.batch_id", "exam_room_use.seats"],
            name="fk_exam_seat_use",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_seat")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_exam_seat_candidate",
        "exam_seat",
        ["candidate_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.create_index(
        "uq_exam_seat_number",
        "exam_seat",
        ["use_id", "number"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
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
