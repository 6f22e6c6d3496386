"""Statements of SQLAlchemy in the words of PostgreSQL's driver: compiled once, values in and out by type.

Measured: of a statement with one row SQLAlchemy's own handling of it is the larger part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect

Convert = Callable[[Any], Any]
Row = tuple[Any, ...]
_NAMED = re.compile(r"%\((\w+)\)s|%%")
_PLACED = re.compile(rb"\$(\d+)")


def spell_out(dialect: Dialect, statement: Any, values: Mapping[str, Any]) -> tuple[bytes, list[Any]]:
    """Return a statement in PostgreSQL's words and its values in the order in which they are placed."""
    words, placed = _spell(statement, dialect, tuple(values))
    return words, [
        own if name is None else values[name] if convert is None else convert(values[name])
        for name, convert, own in placed
    ]


@lru_cache(maxsize=256)
def _spell(
    statement: Any, dialect: Dialect, names: tuple[str, ...]
) -> tuple[bytes, tuple[tuple[str | None, Convert | None, Any], ...]]:
    """Return a statement in PostgreSQL's words; of each value its name and how it is kept, or itself."""
    compiled: Any = statement.compile(dialect=dialect, column_keys=sorted(names))
    if statement.is_dml and (compiled.insert_prefetch or compiled.update_prefetch):
        raise ValueError("a write nobody waits for has all its values")
    places: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        name = found.group(1)
        return "%" if name is None else f"${places.setdefault(name, len(places) + 1)}"

    words = _NAMED.sub(place, compiled.string)
    placed: list[tuple[str | None, Convert | None, Any]] = []
    for name in places:
        bound = compiled.binds[name]
        convert = bound.type.dialect_impl(dialect).bind_processor(dialect)
        if name in names:
            placed.append((name, convert, None))
        else:
            placed.append((None, None, bound.value if convert is None else convert(bound.value)))
    return words.encode(), tuple(placed)


@lru_cache(maxsize=256)
def number_marks(words: str) -> bytes:
    """Return words whose values stand in their order with the values numbered."""
    first, *others = words.split("%s")
    return "".join([first, *(f"${place}{rest}" for place, rest in enumerate(others, 1))]).encode()


@lru_cache(maxsize=256)
def join_writes(several: tuple[bytes, ...]) -> bytes:
    """Return several writes as one statement; the values of each follow those of the one before."""
    if len(several) == 1:
        return several[0]
    parts, before = [], 0
    for place, words in enumerate(several):
        pieces = _PLACED.split(words)
        marks = [int(each) for each in pieces[1::2]]
        pieces[1::2] = [b"$%d" % (each + before) for each in marks]
        parts.append(b"w%d AS (%s)" % (place, b"".join(pieces)))
        before += max(marks, default=0)
    return b"WITH " + b", ".join(parts) + b" SELECT"


@lru_cache(maxsize=256)
def list_readings(statement: Any, dialect: Dialect) -> tuple[Convert | None, ...]:
    """Return how each column of an answer is read, None where the driver's own reading is meant."""
    return tuple(
        column.type.dialect_impl(dialect).result_processor(dialect, None)
        for column in statement.exported_columns
    )


def read_all(rows: list[Row], read: Sequence[Convert | None]) -> list[Row]:
    """Return the rows of an answer as the types of its columns mean them."""
    return [tuple(at(value) if at else value for at, value in zip(read, row, strict=True)) for row in rows]
