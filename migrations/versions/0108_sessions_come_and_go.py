"""A change of a timetable also adds sessions and lets some fall away; what fell away stays in its row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0108"
down_revision = "0107"
branch_labels = None
depends_on = None

TABLE = "session_change"
SIDES = ("starts_at", "ends_at", "hours", "teacher", "place")
FORMER = " AND ".join(f"former_{name} IS NOT NULL" for name in SIDES)
NO_FORMER = " AND ".join(f"former_{name} IS NULL" for name in SIDES)
NEW, NO_NEW = FORMER.replace("former_", ""), NO_FORMER.replace("former_", "")
CHECKS = {
    "kind": "kind IN ('change','add','drop')",
    "session": "(kind = 'add') = (session_id IS NULL)",
    "former": f"CASE kind WHEN 'add' THEN {NO_FORMER} ELSE {FORMER} END",
    "new": f"CASE kind WHEN 'drop' THEN {NO_NEW} ELSE {NEW} END",
}
OLD_CHECKS = {"moments": "ends_at > starts_at", "hours": "hours > 0"}
FILLED = {
    "kind": "'change'",
    "mode": "(SELECT s.mode FROM class_session s WHERE s.id = session_change.session_id)",
    "topic": "(SELECT s.topic FROM class_session s WHERE s.id = session_change.session_id)",
}
COLUMNS = (
    *("id", "change_id", "kind", "session_id", "position", "mode", "topic"),
    *(f"former_{name}" for name in SIDES),
    *SIDES,
)


def upgrade() -> None:
    """Say of each row what it does, let either side be empty, and let a session that has gone be named."""
    if op.get_bind().dialect.name == "sqlite":
        _on_sqlite()
        return
    op.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER {TABLE}_no_update")
    _fill()
    op.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER {TABLE}_no_update")
    for name in FILLED:
        op.alter_column(TABLE, name, nullable=False)
    op.drop_constraint(op.f(f"fk_{TABLE}_session_id"), TABLE, type_="foreignkey")
    for name in ("session_id", *(f"former_{each}" for each in SIDES), *SIDES):
        op.alter_column(TABLE, name, nullable=True)
    for name, words in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{TABLE}_{name}"), TABLE, words)
    op.create_unique_constraint(op.f(f"uq_{TABLE}_change_id_position"), TABLE, ["change_id", "position"])


def _on_sqlite() -> None:
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"),
        {"table": TABLE},
    ).all()
    for each in triggers:
        op.execute(f"DROP TRIGGER {each.name}")
    _fill()
    rebuild(connection, TABLE, COLUMNS, _create)
    for each in triggers:
        op.execute(each.sql)


def _fill() -> None:
    for name, words in FILLED.items():
        op.add_column(TABLE, sa.Column(name, t.Text(), nullable=True))
        op.execute(f"UPDATE {TABLE} SET {name} = {words}")  # noqa: S608 — names of our own schema


def _create(name: str) -> None:
    kinds = {"starts_at": t.UtcTime, "ends_at": t.UtcTime, "hours": t.Int64}
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("change_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("session_id", t.Int64(), nullable=True),
        sa.Column("position", t.Int64(), nullable=False),
        sa.Column("mode", t.Text(), nullable=False),
        sa.Column("topic", t.Text(), nullable=False),
        *(
            sa.Column(f"{side}{each}", kinds.get(each, t.Text)(), nullable=True)
            for side in ("former_", "")
            for each in SIDES
        ),
        *(
            sa.CheckConstraint(words, name=op.f(f"ck_{TABLE}_{key}"))
            for key, words in (CHECKS | OLD_CHECKS).items()
        ),
        sa.ForeignKeyConstraint(["change_id"], ["timetable_change.id"], name=op.f(f"fk_{TABLE}_change_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("change_id", "session_id", name=op.f(f"uq_{TABLE}_change_id_session_id")),
        sa.UniqueConstraint("change_id", "position", name=op.f(f"uq_{TABLE}_change_id_position")),
        sqlite_strict=True,
    )
