"""Complaints and inspections are duties staff open pages for; nothing is kept longer than it is read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0191"
down_revision = "0195"
branch_labels = None
depends_on = None

TABLE = "page_opening"
COLUMNS = (
    *("id", "thing", "object_id", "holder_person_id", "opened_by_person_id", "opened_by_user_id"),
    *("matter", "opened_on", "opened_at"),
)
MATTERS = "matter IN ('claim','hold','call','flag','complaint','inspection')"


def upgrade() -> None:
    """Widen the check; of the defaults that ship only those nobody has touched follow."""
    if op.get_bind().dialect.name == "sqlite":
        _on_sqlite()
    else:
        op.drop_constraint(op.f("ck_page_opening_matter"), TABLE, type_="check")
        op.create_check_constraint(op.f("ck_page_opening_matter"), TABLE, MATTERS)
    # a demand no document makes is off until somebody decides it
    op.execute(
        "UPDATE parameter SET value = '0' WHERE name = 'class_teacher_known' AND value = '1'"
        " AND since = '2027-07-01' AND confidence = 'default'"
    )
    op.execute(
        "UPDATE parameter SET value = '200' WHERE name = 'opening_kept_days' AND value = '400'"
        " AND confidence = 'default'"
    )


def _on_sqlite() -> None:
    connection = op.get_bind()
    kept = connection.execute(
        sa.text(
            "SELECT sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND tbl_name = :table"
            " AND sql IS NOT NULL ORDER BY type, name"
        ),
        {"table": TABLE},
    ).all()
    # its rows go by DROP TABLE, which fires no trigger
    rebuild(connection, TABLE, COLUMNS, _create)
    for each in kept:
        op.execute(each.sql)


def _create(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.Column("object_id", t.Int64(), nullable=False),
        sa.Column("holder_person_id", t.Int64(), nullable=True),
        sa.Column("opened_by_person_id", t.Int64(), nullable=False),
        sa.Column("opened_by_user_id", t.Int64(), nullable=False),
        sa.Column("matter", t.Text(), nullable=True),
        sa.Column("opened_on", t.Day(), nullable=False),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "thing IN ('person','voucher','claim','batch')", name=op.f("ck_page_opening_thing")
        ),
        sa.CheckConstraint(MATTERS, name=op.f("ck_page_opening_matter")),
        *(
            sa.ForeignKeyConstraint([each], ["person.id"], name=op.f(f"fk_page_opening_{each}"))
            for each in ("holder_person_id", "opened_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_opening")),
        sa.UniqueConstraint(
            "opened_by_person_id",
            "thing",
            "object_id",
            "opened_on",
            name=op.f("uq_page_opening_opened_by_person_id_thing_object_id_opened_on"),
        ),
        sqlite_strict=True,
    )
