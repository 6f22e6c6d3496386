"""Connections whose work is undone, with the guards of some tables taken away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from voucher.plumbing.db import Database


@contextmanager
def rolled_back(database: Database, bare: tuple[str, ...] | None) -> Iterator[Connection]:
    """Yield a connection whose work is undone; with `bare`, without foreign keys and those tables' guards."""
    connection = database.engine.connect()
    try:
        if bare is not None:
            if database.is_sqlite:
                connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            else:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for table in bare:
                strip(connection, table, sqlite=database.is_sqlite)
        yield connection
    finally:
        connection.rollback()
        connection.close()


def strip(connection: Connection, table: str, *, sqlite: bool) -> None:
    """Take every constraint, index and trigger from a table."""
    if sqlite:
        # made anew and not renamed: a renaming reads every table and trigger of the schema again
        connection.exec_driver_sql(f"CREATE TEMP TABLE kept AS SELECT * FROM {table}")
        connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql(f"CREATE TABLE main.{table} AS SELECT * FROM temp.kept")
        connection.exec_driver_sql("DROP TABLE temp.kept")
        return
    constraints = connection.exec_driver_sql(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'u', 'p')",
        (table,),
    ).scalars()
    for name in constraints.all():
        connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}" CASCADE')
    indexes = connection.exec_driver_sql(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND indisunique",
        (table,),
    ).scalars()
    for name in indexes.all():
        connection.exec_driver_sql(f"DROP INDEX {name} CASCADE")
