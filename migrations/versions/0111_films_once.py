"""A film that several sessions play is kept once: the later ones name the first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0111"
down_revision = "0110"
branch_labels = None
depends_on = None

TABLE, INDEX = "lesson_video", "ix_lesson_video_content"
COLUMNS = (
    *("id", "session_id", "kind", "size_bytes", "seconds", "sha256", "added_at", "added_by_person_id"),
)


def upgrade() -> None:
    """Add the name of the film whose parts are played, and find films by their content."""
    if op.get_bind().dialect.name == "sqlite":
        _on_sqlite()
    else:
        op.add_column(TABLE, sa.Column("same_as_id", t.Int64(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{TABLE}_same_as_id"), TABLE, TABLE, ["same_as_id"], ["id"])
    op.create_index(INDEX, TABLE, ["sha256"])


def _on_sqlite() -> None:
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"),
        {"table": TABLE},
    ).all()
    rebuild(connection, TABLE, COLUMNS, _create)
    for each in triggers:
        op.execute(each.sql)


def _create(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("session_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("size_bytes", t.Int64(), nullable=False),
        sa.Column("seconds", t.Int64(), nullable=False),
        sa.Column("sha256", t.Text(), nullable=False),
        sa.Column("same_as_id", t.Int64(), nullable=True),
        sa.Column("added_at", t.UtcTime(), nullable=False),
        sa.Column("added_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("kind IN ('mp4','webm')", name=op.f(f"ck_{TABLE}_kind")),
        sa.CheckConstraint("size_bytes > 0 AND seconds > 0", name=op.f(f"ck_{TABLE}_counts")),
        sa.ForeignKeyConstraint(["session_id"], ["class_session.id"], name=op.f(f"fk_{TABLE}_session_id")),
        sa.ForeignKeyConstraint(["same_as_id"], [f"{TABLE}.id"], name=op.f(f"fk_{TABLE}_same_as_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sqlite_strict=True,
    )
