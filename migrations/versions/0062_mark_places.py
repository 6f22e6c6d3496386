"""Marks say how far from the room they were made, rooms where they lie; a case may be about either."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

CASE = (
    *("id", "session_id", "kind", "opened_at", "closed_at"),
    *("closed_by_person_id", "outcome", "conclusion"),
)
KINDS = "kind IN ('shared_device','impossible_speed','far_away','no_position')"


def upgrade() -> None:
    """Add the columns and widen the kinds of cases."""
    for column in ("latitude_e6", "longitude_e6"):
        op.add_column("filing_room", sa.Column(column, t.Int64(), nullable=True))
    for column in ("distance_m", "accuracy_m"):
        op.add_column("attendance_mark", sa.Column(column, t.Int64(), nullable=True))
    op.add_column("attendance_mark", sa.Column("no_position", t.Text(), nullable=True))
    _widen_case()


def _widen_case() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_attendance_case_kind"), "attendance_case", type_="check")
        op.create_check_constraint(op.f("ck_attendance_case_kind"), "attendance_case", KINDS)
        return
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'attendance_case'")
    )
    kept = [row.sql for row in triggers]
    rebuild(connection, "attendance_case", CASE, _create_case)
    op.create_index(
        "uq_attendance_case_open",
        "attendance_case",
        ["session_id", "kind"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    for trigger in kept:
        op.execute(trigger)


def _create_case(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("session_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.Column("closed_at", t.UtcTime(), nullable=True),
        sa.Column("closed_by_person_id", t.Int64(), nullable=True),
        sa.Column("outcome", t.Text(), nullable=True),
        sa.Column("conclusion", t.Text(), nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_attendance_case_kind")),
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
