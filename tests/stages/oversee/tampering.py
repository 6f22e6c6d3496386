"""What somebody who owns the database can do to it: rows of the house and of the trail, without any guard.

Every way returns what it did and what a verification must name. `draw` is seeded, so a run can be repeated.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Inspector, inspect, text

from voucher.ledger.binding import key_of
from voucher.ledger.watching import list_watched
from voucher.stages.oversee.faults import Fault

# keys of a table by its name, as the database itself tells them
Targets = Mapping[str, tuple[str, ...]]
Row = dict[str, Any]
# how often a change of a column puts something where nothing stood, in a row that has such a place
OF_EMPTY = 0.5


@dataclass(frozen=True, slots=True)
class Tampering:
    """One deed: in words, and the table and keys of which at least one must be named."""

    told: str
    table: str
    keys: tuple[str, ...]

    def is_named(self, faults: Sequence[Fault]) -> bool:
        """Return whether a fault says the table and one of the rows."""
        return any(
            f"表 {self.table} 主键 {key} 的行" in each.sentence for each in faults for key in self.keys
        )


def targets_of(connection: Connection) -> Targets:
    """Return every table whose rows are bound, with its keys: one that is made tomorrow is among them."""
    inspector = inspect(connection)
    return {
        table: tuple(inspector.get_pk_constraint(table)["constrained_columns"])
        for table in list_watched(inspector)
    }


def fill(connection: Connection, targets: Targets, rows: int = 3) -> list[str]:
    """Put rows into the tables that have none, as an act would touch them, and return those tables."""
    inspector = inspect(connection)
    empty = [table for table in targets if not rows_of(connection, table)]
    for table in empty:
        for number in range(1, rows + 1):
            made = make_up(inspector, table, number)
            if number == rows:
                # the last one says nothing it need not say: something may be put there as well
                free = {each["name"] for each in inspector.get_columns(table) if each["nullable"]}
                made |= dict.fromkeys(free - set(targets[table]))
            put_in(connection, table, made)
            put_in(
                connection,
                "row_touch",
                {
                    "table_name": table,
                    "key_columns": ",".join(targets[table]),
                    "row_key": key_of(made, targets[table]),
                    "transaction_id": None,
                },
            )
    return empty


def list_untouched(connection: Connection, targets: Targets) -> list[str]:
    """Put a row into each table that has none, past every guard, and return where no trigger noticed it."""
    inspector, sqlite = inspect(connection), connection.dialect.name == "sqlite"
    empty = [table for table in targets if not rows_of(connection, table)]
    for table in empty:
        let_in(connection, table, sqlite=sqlite)
        put_in(connection, table, make_up(inspector, table, 1))
    if sqlite:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints=OFF")
    touched = set(connection.exec_driver_sql("SELECT DISTINCT table_name FROM row_touch").scalars())
    assert empty
    return sorted(set(empty) - touched)


def let_in(connection: Connection, table: str, *, sqlite: bool) -> None:
    """Take away what keeps a made-up row out of a table, but not what notices it."""
    if sqlite:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        guards = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
            " AND sql LIKE '% INSERT ON %' AND name <> ?",
            (table, f"{table}_touch_insert"),
        ).scalars()
        for name in guards.all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        return
    # the other triggers and the foreign keys are off: this connection plays a replica
    connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_touch_insert")
    checks = connection.exec_driver_sql(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", (table,)
    ).scalars()
    for name in checks.all():
        connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def make_up(inspector: Inspector, table: str, number: int) -> Row:
    """Return a row that says something in every column."""
    return {each["name"]: made_up(str(each["type"]), number) for each in inspector.get_columns(table)}


def made_up(kind: str, number: int) -> Any:
    """Return something that may stand in a column of a kind of the database's."""
    if kind in ("BIGINT", "INTEGER"):
        return number
    if kind == "BOOLEAN":
        return bool(number % 2)
    if kind == "DATE":
        return date(2024, 1, number)
    if kind == "TIMESTAMP":
        return datetime(2024, 1, number, tzinfo=UTC)
    if kind in ("BYTEA", "BLOB"):
        return bytes([number])
    return f"{number}"


def put_in(connection: Connection, table: str, row: Row) -> None:
    names = ", ".join(row)
    connection.execute(
        text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{each}' for each in row)})"), row
    )


def unused(value: Any, taken: Sequence[Any], dice: random.Random) -> Any:
    """Return a key like this one that no row has."""
    if isinstance(value, int):
        return max(taken) + dice.randrange(1, 1000)
    if isinstance(value, date):
        return max(taken) + timedelta(days=dice.randrange(1, 1000))
    return f"{max(taken)}{dice.randrange(1, 1000)}"


def changed(value: Any, kind: str, dice: random.Random) -> Any:
    """Return something else that could stand in the same column of a kind of the database's."""
    if value is None:
        # who released, paid, confirmed or disabled nothing says afterwards that it was done
        return made_up(kind, 1)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + dice.choice((1, 7, 1_000_000))
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if isinstance(value, date):
        return value + timedelta(days=1)
    if isinstance(value, bytes | memoryview):
        taken = bytearray(bytes(value))
        taken[dice.randrange(len(taken))] ^= 1 << dice.randrange(8)
        return bytes(taken)
    if value == "":
        return "x"
    place = dice.randrange(len(value))
    other = dice.choice([each for each in "0123456789abcdef县" if each != value[place]])
    return value[:place] + other + value[place + 1 :]


def rows_of(connection: Connection, table: str) -> list[Row]:
    """Return every row of a table as the database holds it."""
    return [dict(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()]


def where_of(row: Row, keys: Sequence[str]) -> tuple[str, Row]:
    """Return the condition that means one row, with its values."""
    return " AND ".join(f"{each} = :key_{each}" for each in keys), {f"key_{each}": row[each] for each in keys}


def change_column(
    connection: Connection, table: str, keys: Sequence[str], rows: list[Row], dice: random.Random
) -> Tampering:
    row = dice.choice(rows)
    columns = [each for each in row if each not in keys]
    if not columns:
        return renumber(connection, table, keys, rows, dice)
    empty = [each for each in columns if row[each] is None]
    column = dice.choice(empty if empty and dice.random() < OF_EMPTY else columns)
    return put_something(connection, table, keys, row, column, dice)


def put_something(
    connection: Connection, table: str, keys: Sequence[str], row: Row, column: str, dice: random.Random
) -> Tampering:
    """Put something else into one column of a row."""
    kinds = {each["name"]: str(each["type"]) for each in inspect(connection).get_columns(table)}
    where, told = where_of(row, keys)
    after = changed(row[column], kinds[column], dice)
    connection.execute(text(f"UPDATE {table} SET {column} = :after WHERE {where}"), {**told, "after": after})
    return Tampering(f"{table}.{column}: {row[column]!r} -> {after!r}", table, (key_of(row, keys),))


def delete_row(
    connection: Connection, table: str, keys: Sequence[str], rows: list[Row], dice: random.Random
) -> Tampering:
    row = dice.choice(rows)
    where, told = where_of(row, keys)
    connection.execute(text(f"DELETE FROM {table} WHERE {where}"), told)
    return Tampering(f"{table} without one row", table, (key_of(row, keys),))


def insert_row(
    connection: Connection, table: str, keys: Sequence[str], rows: list[Row], dice: random.Random
) -> Tampering:
    row = dict(dice.choice(rows))
    row[keys[0]] = unused(row[keys[0]], [each[keys[0]] for each in rows], dice)
    put_in(connection, table, row)
    return Tampering(f"{table} with one more row", table, (key_of(row, keys),))


def swap_rows(
    connection: Connection, table: str, keys: Sequence[str], rows: list[Row], dice: random.Random
) -> Tampering:
    if len(rows) < 2 or not rows[0].keys() - set(keys):
        return delete_row(connection, table, keys, rows, dice)
    one, other = dice.sample(rows, 2)
    for row, takes in ((one, other), (other, one)):
        where, told = where_of(row, keys)
        values = {name: value for name, value in takes.items() if name not in keys}
        connection.execute(
            text(f"UPDATE {table} SET {', '.join(f'{each} = :{each}' for each in values)} WHERE {where}"),
            {**told, **values},
        )
    return Tampering(
        f"two rows of {table} swapped: {one} and {other}", table, (key_of(one, keys), key_of(other, keys))
    )


def renumber(
    connection: Connection, table: str, keys: Sequence[str], rows: list[Row], dice: random.Random
) -> Tampering:
    row = dice.choice(rows)
    where, told = where_of(row, keys)
    after = unused(row[keys[0]], [each[keys[0]] for each in rows], dice)
    connection.execute(text(f"UPDATE {table} SET {keys[0]} = :after WHERE {where}"), {**told, "after": after})
    return Tampering(f"{table} renumbered", table, (key_of(row, keys),))


Way = Callable[[Connection, str, Sequence[str], list[Row], random.Random], Tampering]
WAYS: tuple[Way, ...] = (
    change_column, change_column, change_column, change_column,
    delete_row, insert_row, swap_rows, renumber,
)  # fmt: skip


def tamper(connection: Connection, table: str, keys: Sequence[str], seed: int) -> Tampering:
    """Do one thing, drawn from the seed, to a table that has rows."""
    dice = random.Random(seed)
    while True:
        rows = rows_of(connection, table)
        done = dice.choice(WAYS)(connection, table, keys, rows, dice)
        # two equal rows swapped are nothing done, though the database may tell them in another order
        after = rows_of(connection, table)
        if len(after) != len(rows) or any(each not in rows for each in after):
            return done
