"""Films of online lessons are uploaded by their institution and kept in parts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

TABLES = ("lesson_video", "lesson_video_part")


def upgrade() -> None:
    """Create the tables: what has been added is neither changed nor deleted."""
    op.create_table(
        "lesson_video",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("session_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("size_bytes", t.Int64(), nullable=False),
        sa.Column("seconds", t.Int64(), nullable=False),
        sa.Column("sha256", t.Text(), nullable=False),
        sa.Column("added_at", t.UtcTime(), nullable=False),
        sa.Column("added_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("kind IN ('mp4','webm')", name=op.f("ck_lesson_video_kind")),
        sa.CheckConstraint("size_bytes > 0 AND seconds > 0", name=op.f("ck_lesson_video_counts")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_lesson_video_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_video")),
        sqlite_strict=True,
    )
    op.create_table(
        "lesson_video_part",
        sa.Column("video_id", t.Int64(), nullable=False),
        sa.Column("position", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("content", t.Bytes(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["lesson_video.id"], name=op.f("fk_lesson_video_part_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", "position", name=op.f("pk_lesson_video_part")),
        sqlite_strict=True,
    )
    for table in TABLES:
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        _refuse(f"{table}_no_update", table, "UPDATE", f"{table} is append only")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )


def _refuse(name: str, table: str, timing: str, told: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {table} BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
