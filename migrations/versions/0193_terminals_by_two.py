"""A public terminal is one by two hands and until a day; those named so far wait for the second."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0193"
down_revision = "0194"
branch_labels = None
depends_on = None

TERMINAL = "public_terminal"
TERMINALS = (
    *("id", "region_code", "name", "browser", "named_at", "named_by_person_id", "ended_at"),
    "ended_by_person_id",
)
LENGTH = ("browser_length", "length(browser) = 64")
ENDED = ("ended_by", "(ended_at IS NULL) = (ended_by_person_id IS NULL)")
BY_TWO = (
    ("confirmed_by", "(confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)"),
    ("lapses", "(confirmed_at IS NULL) = (lapses_at IS NULL)"),
    ("two_people", "confirmed_by_person_id <> named_by_person_id"),
)
NAMED = ("region_code", "name", "browser", "named_at", "named_by_person_id")
SETTLED = ("confirmed_at", "confirmed_by_person_id", "lapses_at", "ended_at", "ended_by_person_id")
TOLD = "what a public terminal was named, confirmed and ended as stays"


def upgrade() -> None:
    """Ask for the second hand, by which those named so far wait for one; nothing said once is said anew."""
    if op.get_bind().dialect.name == "sqlite":
        _on_sqlite()
    else:
        op.add_column(TERMINAL, sa.Column("confirmed_at", t.UtcTime(), nullable=True))
        op.add_column(TERMINAL, sa.Column("confirmed_by_person_id", t.Int64(), nullable=True))
        op.add_column(TERMINAL, sa.Column("lapses_at", t.UtcTime(), nullable=True))
        for name, said in BY_TWO:
            op.create_check_constraint(op.f(f"ck_{TERMINAL}_{name}"), TERMINAL, said)
    op.create_index("ix_public_terminal_browser", TERMINAL, ["browser"], unique=False)
    _keep_what_was_said()


def _on_sqlite() -> None:
    connection = op.get_bind()
    kept = connection.execute(
        sa.text(
            "SELECT sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND tbl_name = :table"
            " AND sql IS NOT NULL ORDER BY type, name"
        ),
        {"table": TERMINAL},
    ).all()
    # its rows go by DROP TABLE, which fires no trigger
    rebuild(connection, TERMINAL, TERMINALS, _create)
    for each in kept:
        op.execute(each.sql)


def _create(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("browser", t.Text(), nullable=False),
        sa.Column("named_at", t.UtcTime(), nullable=False),
        sa.Column("named_by_person_id", t.Int64(), nullable=False),
        sa.Column("confirmed_at", t.UtcTime(), nullable=True),
        sa.Column("confirmed_by_person_id", t.Int64(), nullable=True),
        sa.Column("lapses_at", t.UtcTime(), nullable=True),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("ended_by_person_id", t.Int64(), nullable=True),
        *(
            sa.CheckConstraint(said, name=op.f(f"ck_{TERMINAL}_{each}"))
            for each, said in (LENGTH, ENDED, *BY_TWO)
        ),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_public_terminal_region_code")
        ),
        sa.ForeignKeyConstraint(
            ["named_by_person_id"], ["person.id"], name=op.f("fk_public_terminal_named_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_terminal")),
        sqlite_strict=True,
    )


def _keep_what_was_said() -> None:
    """Let no update change a name, nor a confirmation or an end that was said before."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    differs = "IS NOT" if is_sqlite else "IS DISTINCT FROM"
    changed = " OR ".join(
        [
            *(f"OLD.{each} {differs} NEW.{each}" for each in NAMED),
            *(f"(OLD.{each} IS NOT NULL AND OLD.{each} {differs} NEW.{each})" for each in SETTLED),
        ]
    )
    if is_sqlite:
        op.execute(
            f"CREATE TRIGGER {TERMINAL}_stays BEFORE UPDATE ON {TERMINAL} WHEN {changed} "
            f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TERMINAL}_stays BEFORE UPDATE ON {TERMINAL} FOR EACH ROW WHEN ({changed}) "
        f"EXECUTE FUNCTION refuse_change('{TOLD}')"
    )
