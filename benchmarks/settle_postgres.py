"""The steps of a quarter on a PostgreSQL of its own, and the limit of each in the same server.

The limit starts from a copy of the database as it was before the step. What the step wrote is laid into bare
tables of another schema there, outside the clock; the clock then stands over one INSERT ... SELECT per table,
constraints, triggers and indexes on, in one transaction with its commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

import psycopg
from psycopg import sql

from benchmarks.bare import Copied, list_tables
from benchmarks.batch_pages import open_pages
from benchmarks.copying import DURABLE, Started
from benchmarks.installation import check_settled, found_house, import_quarter, settle_quarter, verify_quarter
from voucher.plumbing.db import Database, Model

LAID, BLOCK = "laid", 1 << 18


def play_postgres(folder: Path, size: int, rounds: int) -> Iterator[tuple[str, float, Copied]]:
    """Yield step, seconds and limit: import and verification once, the batch in as many rounds as asked.

    Then the pages of the batch.
    """
    with closing(Started(**DURABLE)) as server:
        server.create("played")
        database = Database(server.plain_url("played"))
        house, files, wish = found_house(database, folder, size)
        steps: dict[str, tuple[Callable[[], object], int]] = {
            "imported": (lambda: import_quarter(house, files), 1),
            "verified": (lambda: verify_quarter(house, wish), 1),
            "settled": (lambda: check_settled(settle_quarter(house, wish), size), rounds),
        }
        for name, (step, times) in steps.items():
            _rest(server, database)
            server.create("before", template="played")
            for turn in range(times):
                if turn:
                    _recreate(server, "played", "before")
                _rest(server, database)
                begun = perf_counter()
                step()
                seconds = perf_counter() - begun
                database.dispose()
                server.create("bare", template="before")
                yield name, seconds, insert_bare(server, "played", "bare")
                _drop(server, "bare")
            _drop(server, "before")
        _rest(server, database)
        yield from open_pages(database, house.keyring, folder, house.at)
        database.dispose()


def insert_bare(server: Started, source: str, target: str) -> Copied:
    """Time the insertion of what one database has beyond another, which is an earlier copy of it."""
    with (
        psycopg.connect(server.plain_url(source), autocommit=True) as read,
        psycopg.connect(server.plain_url(target), autocommit=True) as written,
    ):
        written.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(LAID)))
        laid = [name for name in list_tables() if _lay(read, written, name)]
        written.execute("VACUUM ANALYZE")
        written.execute("CHECKPOINT")
        begun = perf_counter()
        with written.transaction():
            rows = sum(written.execute(_insertion(name)).rowcount for name in laid)
        seconds = perf_counter() - begun
        for name in laid:
            _check_same(read, written, name)
    return Copied(rows, seconds)


def _lay(read: psycopg.Connection, written: psycopg.Connection, name: str) -> bool:
    """Lay the rows of a table that the target lacks into a bare one; return whether there are any."""
    key = [column.name for column in Model.metadata.tables[name].primary_key]
    mark: sql.Composable = sql.SQL("true")
    if key == ["id"]:
        mark = sql.SQL("id > {}").format(sql.Literal(_newest(written, name)))
    found = read.execute(
        sql.SQL("SELECT count(*) FROM {} WHERE {}").format(sql.Identifier(name), mark)
    ).fetchone()
    if found is None or found[0] == 0:
        return False
    table, bare = sql.Identifier(name), sql.Identifier(LAID, name)
    written.execute(sql.SQL("CREATE UNLOGGED TABLE {} (LIKE {})").format(bare, table))
    out = sql.SQL("COPY (SELECT * FROM {} WHERE {}) TO STDOUT").format(table, mark)
    with (
        read.cursor() as reader,
        written.cursor() as writer,
        reader.copy(out) as taken,
        writer.copy(sql.SQL("COPY {} FROM STDIN").format(bare)) as given,
    ):
        for block in taken:
            given.write(block)
    if key != ["id"]:
        same = sql.SQL(" AND ").join(
            sql.SQL("l.{0} = t.{0}").format(sql.Identifier(column)) for column in key
        )
        written.execute(sql.SQL("DELETE FROM {} l USING {} t WHERE {}").format(bare, table, same))
    left = written.execute(sql.SQL("SELECT count(*) FROM {}").format(bare)).fetchone()
    return left is not None and left[0] > 0


def _newest(connection: psycopg.Connection, name: str) -> int:
    found = connection.execute(
        sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(sql.Identifier(name))
    ).fetchone()
    assert found is not None
    return int(found[0])


def _insertion(name: str) -> sql.Composed:
    return sql.SQL("INSERT INTO {} SELECT * FROM {}").format(sql.Identifier(name), sql.Identifier(LAID, name))


def _check_same(read: psycopg.Connection, written: psycopg.Connection, name: str) -> None:
    """Stop where the limit did not write what was measured."""
    counted = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))
    counts = [connection.execute(counted).fetchone() for connection in (read, written)]
    assert counts[0] == counts[1], f"{name}: {counts[1]} rows written of {counts[0]}"


def _rest(server: Started, database: Database) -> None:
    """Leave the server with statistics of what is there and nothing left to write."""
    database.dispose()
    with psycopg.connect(server.plain_url("played"), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _recreate(server: Started, name: str, template: str) -> None:
    _drop(server, name)
    server.create(name, template=template)


def _drop(server: Started, name: str) -> None:
    with psycopg.connect(server.plain_url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
