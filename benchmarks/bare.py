"""The bare limit of writing: the same rows put into the same tables by INSERT ... SELECT, nothing else.

Same file format, constraints, triggers, indexes and durability as the program's own connection; one
transaction, foreign keys on, tables in the order in which they refer to each other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from voucher.ledger.binding import RowTouch
from voucher.plumbing.db import Model

PRAGMAS = ("journal_mode=WAL", "recursive_triggers=ON", "synchronous=FULL")


@dataclass(frozen=True, slots=True)
class Copied:
    """How many rows were put in, and how long that took with the commit."""

    rows: int
    seconds: float


def list_tables() -> list[str]:
    """Return every table, each after those it refers to; what triggers write is left to the triggers."""
    return [table.name for table in Model.metadata.sorted_tables if table.name != RowTouch.__tablename__]


def open_bare(path: Path) -> sqlite3.Connection:
    """Open a database past the program, with the program's durability."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.create_function("current_act", 0, lambda: 1)
    for pragma in (*PRAGMAS, "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def copy_rows(source: Path, target: Path, tables: Collection[str] | None = None) -> Copied:
    """Time the insertion of what `source` has beyond `target`, which is an earlier copy of it.

    With `tables` only their rows are timed; what they refer to elsewhere is put in before the clock starts.
    """
    timed = [name for name in list_tables() if tables is None or name in tables]
    before = [name for name in list_tables() if name not in timed]
    with closing(open_bare(target)) as connection:
        connection.execute("ATTACH ? AS measured", (str(source),))
        marks = {name: _last_row(connection, name) for name in list_tables()}
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("BEGIN IMMEDIATE")
        for name in before:
            _insert(connection, name, marks[name])
        connection.execute("COMMIT")
        connection.execute("PRAGMA main.wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA foreign_keys=ON")
        begun = perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        rows = sum(_insert(connection, name, marks[name]) for name in timed)
        connection.execute("COMMIT")
        seconds = perf_counter() - begun
        _check_same(connection)
    return Copied(rows, seconds)


# A table's name cannot be a parameter; the names below are those of the program's own models.
def _last_row(connection: sqlite3.Connection, table: str) -> int:
    found = connection.execute(f"SELECT coalesce(max(rowid), 0) FROM main.{table}").fetchone()
    return int(found[0])


def _insert(connection: sqlite3.Connection, table: str, mark: int) -> int:
    statement = f"INSERT INTO main.{table} SELECT * FROM measured.{table} WHERE rowid > ? ORDER BY rowid"
    return connection.execute(statement, (mark,)).rowcount


def _check_same(connection: sqlite3.Connection) -> None:
    """Stop where the limit did not write what was measured, or wrote what the constraints forbid."""
    for table in list_tables():
        counts = [
            connection.execute(f"SELECT count(*) FROM {schema}.{table}").fetchone()[0]
            for schema in ("main", "measured")
        ]
        assert counts[0] == counts[1], f"{table}: {counts[0]} rows copied of {counts[1]}"
    broken = connection.execute("PRAGMA main.foreign_key_check").fetchall()
    assert not broken, f"{len(broken)} foreign keys point nowhere"
