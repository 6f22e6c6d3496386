"""What somebody who owns the database can do to the trail itself, the chain computed anew among it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from tests.stages.oversee import test_trail
from tests.stages.oversee.test_trail import COLUMNS, KEYS, TABLES, keys_of, rechain, swap
from voucher.stages.oversee.faults import Fault

# from one checkpoint to the next one that does not agree
SPANS = frozenset({"checkpoint_differs", "chain_differs_from_anchor"})
NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class TrailTampering:
    """One deed: in words, and the numbers and rows of which one must be named, alone or within a span."""

    told: str
    seqs: frozenset[int]
    rows: frozenset[int] = frozenset()

    def is_named(self, faults: Sequence[Fault]) -> bool:
        """Return whether a fault names a number or a row, or says between which numbers it lies."""
        return any(
            each.seq in self.seqs
            or each.audit_row_id in self.rows
            or (each.kind == "seq_gap" and NUMBERS.findall(each.sentence)[1] in map(str, self.seqs))
            or (each.kind in SPANS and each.seq is not None and each.seq >= min(self.seqs))
            for each in faults
        )


def _both(connection: Connection, row_id: int) -> TrailTampering:
    seq = connection.execute(
        text("SELECT seq FROM audit_seal WHERE audit_row_id = :r"), {"r": row_id}
    ).scalar_one()
    return TrailTampering("", frozenset({seq}), frozenset({row_id}))


def _of(connection: Connection, table: str, key: int, told: str) -> TrailTampering:
    if table == "audit_row":
        both = _both(connection, key)
        return TrailTampering(told, both.seqs, both.rows)
    rows = connection.execute(
        text("SELECT audit_row_id FROM audit_seal WHERE seq = :s"), {"s": key}
    ).scalars()
    return TrailTampering(told, frozenset({key}), frozenset(rows))


def edit(connection: Connection, dice: random.Random, after: int) -> TrailTampering:
    table = dice.choice([each for each in TABLES if keys_of(connection, each)[-1] > after])
    column = dice.choice(COLUMNS[table])
    key = _draw(connection, table, dice, after)
    done = _of(connection, table, key, f"{table}.{column} of {key}")
    where = f"{KEYS[table]} = :key"
    before = connection.execute(
        text(f"SELECT {column} FROM {table} WHERE {where}"), {"key": key}
    ).scalar_one()
    put = test_trail.changed(before, dice)
    connection.execute(text(f"UPDATE {table} SET {column} = :put WHERE {where}"), {"put": put, "key": key})
    return done


def delete(connection: Connection, dice: random.Random, after: int) -> TrailTampering:
    table = dice.choice([each for each in TABLES if keys_of(connection, each)[-1] > after])
    key = _draw(connection, table, dice, after)
    done = _of(connection, table, key, f"{table} without {key}")
    connection.execute(text(f"DELETE FROM {table} WHERE {KEYS[table]} = :key"), {"key": key})
    return done


def swap_two(connection: Connection, dice: random.Random, after: int) -> TrailTampering:
    table = dice.choice(TABLES[:2])
    one, other = _draw(connection, table, dice, after), 0
    while other in (0, one):
        other = _draw(connection, table, dice, after)
    mine, theirs = _of(connection, table, one, ""), _of(connection, table, other, "")
    swap(connection, table, KEYS[table], one, other)
    return TrailTampering(
        f"{table} {one} and {other} swapped", mine.seqs | theirs.seqs, mine.rows | theirs.rows
    )


def insert(connection: Connection, dice: random.Random, after: int) -> TrailTampering:
    """Put in a row and a seal of its own behind the last one."""
    last = keys_of(connection, "audit_row")[-1] + dice.randrange(1, 50)
    old = _draw(connection, "audit_row", dice, after)
    columns = ", ".join(each for each in COLUMNS["audit_row"] if each not in ("id", "content_hash"))
    connection.execute(
        text(
            f"INSERT INTO audit_row (id, content_hash, {columns}) SELECT :id, :h, {columns}"
            " FROM audit_row WHERE id = :old"
        ),
        {
            "id": last,
            "h": f"{dice.getrandbits(256):064x}",
            "old": old,
        },
    )
    return TrailTampering(f"row {last} put in", frozenset({0}), frozenset({last}))


def rehash(connection: Connection, dice: random.Random, after: int) -> TrailTampering:
    """Change a row and compute everything that follows anew; sometimes in the checkpoints, too."""
    seq = max(2, _draw(connection, "audit_seal", dice, after))
    try:
        changed = rechain(connection, from_seq=seq)
    except AssertionError:
        return rehash(connection, dice, after)
    if dice.random() < 0.5:
        connection.execute(
            text(
                "UPDATE audit_checkpoint SET chain_hash ="
                " (SELECT chain_hash FROM audit_seal s WHERE s.seq = audit_checkpoint.seq)"
            )
        )
    elif dice.random() < 0.5:
        connection.execute(text("DELETE FROM audit_checkpoint WHERE seq >= :s"), {"s": changed})
    return TrailTampering(f"everything from {changed} computed anew", frozenset({changed}))


def _draw(connection: Connection, table: str, dice: random.Random, after: int) -> int:
    """Return a key whose seal comes after a number."""
    if table == "audit_row":
        rows = connection.execute(
            text("SELECT audit_row_id FROM audit_seal WHERE seq > :a ORDER BY seq"), {"a": after}
        )
        return int(dice.choice(rows.scalars().all()))
    return dice.choice([each for each in keys_of(connection, table) if each > after])


TrailWay = Callable[[Connection, random.Random, int], TrailTampering]
TRAIL_WAYS: tuple[TrailWay, ...] = (edit, edit, edit, delete, swap_two, insert, rehash)
