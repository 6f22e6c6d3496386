"""Changing a table that others refer to, on a database whose ALTER TABLE cannot: SQLite's own recipe.

A new table is made beside the old one, filled from it, and put in its place; foreign keys are off while the
schema is upgraded (`voucher.plumbing.schema`) and checked before the upgrade is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

BESIDE = "_new_"


def rebuild(
    connection: Connection, table: str, columns: Sequence[str], create: Callable[[str], None]
) -> None:
    """Replace a SQLite table by the one `create` makes under the name it is given.

    `columns` are those that both have; indexes and triggers of the old table go with it and are the
    caller's to make again.
    """
    create(f"{BESIDE}{table}")
    listed = ", ".join(columns)
    connection.exec_driver_sql(f"INSERT INTO {BESIDE}{table} ({listed}) SELECT {listed} FROM {table}")  # noqa: S608 — names of our own schema
    connection.exec_driver_sql(f"DROP TABLE {table}")
    # while it is away, a trigger of another table may name it: only the name of this one changes
    connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
    connection.exec_driver_sql(f"ALTER TABLE {BESIDE}{table} RENAME TO {table}")
    connection.exec_driver_sql("PRAGMA legacy_alter_table=OFF")


@contextmanager
def without_trigger(connection: Connection, table: str, trigger: str) -> Iterator[None]:
    """Let an upgrade write what a trigger of a table refuses to everybody; it stands again afterwards."""
    if connection.dialect.name == "sqlite":
        made = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?", (trigger,)
        ).scalar_one()
        connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        yield
        connection.exec_driver_sql(made)
    else:
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        yield
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
