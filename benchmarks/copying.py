"""The bare limit on PostgreSQL: the same rows by COPY into the same tables of the same database as it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from time import perf_counter

import psycopg
from psycopg import sql

from tests.postgres import Server

DURABLE = {
    "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on",
    "shared_buffers": "512MB", "max_wal_size": "8GB",
}  # fmt: skip


class Started(Server):
    """A server of this run, on which databases are made."""

    def create(self, name: str, template: str = "template1") -> None:
        """Create a database, as a copy of another where told."""
        with psycopg.connect(self.plain_url("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )

    def close(self) -> None:
        """Stop it and remove its files."""
        self.stop()


def read_marks(connection: psycopg.Connection, tables: Iterable[str]) -> dict[str, int]:
    """Return the newest id of each table, in the order in which they are written."""
    return {name: _last_id(connection, name) for name in tables}


def _last_id(connection: psycopg.Connection, table: str) -> int:
    found = connection.execute(
        sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(sql.Identifier(table))
    ).fetchone()
    assert found is not None
    return int(found[0])


def copy_bare(
    server: Started, source: str, target: str, folder: Path, marks: Mapping[str, int]
) -> tuple[int, float]:
    """Copy what was written after the marks to files, and time putting it into the database as it was before.

    Constraints, triggers and indexes are on; one transaction, its commit included.
    """
    files = {name: folder / f"{name}.copy" for name in marks}
    with psycopg.connect(server.plain_url(source)) as connection, connection.cursor() as cursor:
        for name, path in files.items():
            told = sql.SQL("COPY (SELECT * FROM {} WHERE id > {} ORDER BY id) TO STDOUT").format(
                sql.Identifier(name), sql.Literal(marks[name])
            )
            with path.open("wb") as out, cursor.copy(told) as copy:
                for block in copy:
                    out.write(block)
    rows = 0
    with psycopg.connect(server.plain_url(target), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        begun = perf_counter()
        with connection.transaction(), connection.cursor() as cursor:
            for name, path in files.items():
                statement = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))
                with path.open("rb") as taken, cursor.copy(statement) as copy:
                    while block := taken.read(1 << 18):
                        copy.write(block)
                rows += cursor.rowcount
        return rows, perf_counter() - begun
