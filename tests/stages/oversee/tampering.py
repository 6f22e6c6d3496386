"""What somebody who owns the database can do to it: rows of the house and of the trail, without any guard.

Every way returns what it did and what a verification must name. `draw` is seeded, so a run can be repeated.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from voucher.ledger.binding import key_of
from voucher.stages.oversee.faults import Fault

# where money, people and proofs stand; what is planted there is what an insider would plant
TARGETS: Mapping[str, tuple[str, ...]] = {
    "claim": ("id",),
    "claim_hand": ("claim_id", "person_id"),
    "payment": ("id",),
    "payee_account": ("id",),
    "transfer": ("id",),
    "account": ("id",),
    "budget": ("id",),
    "voucher": ("id",),
    "entitlement": ("id",),
    "certificate": ("id",),
    "verification": ("id",),
    "attendance": ("id",),
    "exam_result": ("id",),
    "redemption": ("id",),
    "state_event": ("id",),
    "signature": ("id",),
    "person": ("id",),
    "role_grant": ("id",),
    "parameter": ("id",),
    "standard": ("id",),
    "register_entry": ("id",),
}
Row = dict[str, Any]


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


def changed(value: Any, dice: random.Random) -> Any:
    """Return something else that could stand in the same column."""
    if value is None:
        return None
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


def change_column(connection: Connection, table: str, rows: list[Row], dice: random.Random) -> Tampering:
    keys = TARGETS[table]
    row = dice.choice(rows)
    column = dice.choice([each for each in row if each not in keys and row[each] is not None])
    where, told = where_of(row, keys)
    after = changed(row[column], dice)
    connection.execute(text(f"UPDATE {table} SET {column} = :after WHERE {where}"), {**told, "after": after})
    return Tampering(f"{table}.{column}: {row[column]!r} -> {after!r}", table, (key_of(row, keys),))


def delete_row(connection: Connection, table: str, rows: list[Row], dice: random.Random) -> Tampering:
    row = dice.choice(rows)
    where, told = where_of(row, TARGETS[table])
    connection.execute(text(f"DELETE FROM {table} WHERE {where}"), told)
    return Tampering(f"{table} without one row", table, (key_of(row, TARGETS[table]),))


def insert_row(connection: Connection, table: str, rows: list[Row], dice: random.Random) -> Tampering:
    keys = TARGETS[table]
    row = dict(dice.choice(rows))
    row[keys[0]] = max(each[keys[0]] for each in rows) + dice.randrange(1, 1000)
    names = ", ".join(row)
    connection.execute(
        text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{each}' for each in row)})"), row
    )
    return Tampering(f"{table} with one more row", table, (key_of(row, keys),))


def swap_rows(connection: Connection, table: str, rows: list[Row], dice: random.Random) -> Tampering:
    keys = TARGETS[table]
    if len(rows) < 2:
        return delete_row(connection, table, rows, dice)
    one, other = dice.sample(rows, 2)
    for row, takes in ((one, other), (other, one)):
        where, told = where_of(row, keys)
        values = {name: value for name, value in takes.items() if name not in keys}
        connection.execute(
            text(f"UPDATE {table} SET {', '.join(f'{each} = :{each}' for each in values)} WHERE {where}"),
            {**told, **values},
        )
    return Tampering(f"two rows of {table} swapped", table, (key_of(one, keys), key_of(other, keys)))


def renumber(connection: Connection, table: str, rows: list[Row], dice: random.Random) -> Tampering:
    keys = TARGETS[table]
    row = dice.choice(rows)
    where, told = where_of(row, keys)
    after = max(each[keys[0]] for each in rows) + dice.randrange(1, 1000)
    connection.execute(text(f"UPDATE {table} SET {keys[0]} = :after WHERE {where}"), {**told, "after": after})
    return Tampering(f"{table} renumbered", table, (key_of(row, keys),))


Way = Callable[[Connection, str, list[Row], random.Random], Tampering]
WAYS: tuple[Way, ...] = (
    change_column, change_column, change_column, change_column,
    delete_row, insert_row, swap_rows, renumber,
)  # fmt: skip


def tamper(connection: Connection, seed: int, spared: Collection[str] = ()) -> Tampering:
    """Do one thing, drawn from the seed, to a table that is not spared."""
    dice = random.Random(seed)
    tables = sorted(TARGETS.keys() - set(spared))
    while True:
        table = dice.choice(tables)
        rows = rows_of(connection, table)
        if not rows:
            continue
        done = dice.choice(WAYS)(connection, table, rows, dice)
        # two equal rows swapped are nothing done
        if rows_of(connection, table) != rows:
            return done
