"""Statements of SQLAlchemy in the words of PostgreSQL's driver: compiled once, values in and out by type.

Measured: of a statement with one row SQLAlchemy's own handling of it is the larger part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.types import TypeEngine

from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.wire import Row, Said, write_text, write_value

Convert = Callable[[Any], Any]
Write = Callable[[Any], Said]
_NAMED = re.compile(r"%\((\w+)\)s|%%")
_PLACED = re.compile(rb"\$(\d+)")


def spell_out(dialect: Dialect, statement: Any, values: Mapping[str, Any]) -> tuple[bytes, tuple[Said, ...]]:
    """Return a statement in PostgreSQL's words and its values as text, in the order in which they are placed.

    Raises psycopg.DataError of a value it could not keep.
    """
    words, placed = _spell(statement, dialect, tuple(values))
    return words, tuple([own if name is None else write(values[name]) for name, write, own in placed])


@lru_cache(maxsize=256)
def _spell(
    statement: Any, dialect: Dialect, names: tuple[str, ...]
) -> tuple[bytes, tuple[tuple[str | None, Write, Said], ...]]:
    """Return a statement in PostgreSQL's words; of each value its name and how it is written, or itself."""
    compiled: Any = statement.compile(dialect=dialect, column_keys=sorted(names))
    if statement.is_dml and (compiled.insert_prefetch or compiled.update_prefetch):
        raise ValueError("a write nobody waits for has all its values")
    places: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        name = found.group(1)
        return "%" if name is None else f"${places.setdefault(name, len(places) + 1)}"

    words = _NAMED.sub(place, compiled.string)
    placed: list[tuple[str | None, Write, Said]] = []
    for name in places:
        bound = compiled.binds[name]
        write = _writer_of(bound.type, dialect)
        placed.append((name, write, None) if name in names else (None, write, write(bound.value)))
    return words.encode(), tuple(placed)


def _writer_of(kind: TypeEngine[Any], dialect: Dialect) -> Write:
    """Return what writes values of a type; whole numbers and words, nearly all there are, in one step."""
    convert = find_converter(kind, dialect)
    if convert is None:
        return write_value

    def write(value: Any) -> Said:
        return write_value(convert(value))

    def write_whole(value: Any) -> Said:
        if type(value) is int:
            return b"%d" % value
        return None if value is None else write(value)

    def write_words(value: Any) -> Said:
        if type(value) is str:
            return write_text(value)
        return None if value is None else write(value)

    # what they do to a value of their own kind is nothing
    own: dict[type, Write] = {Int64: write_whole, Text: write_words, UtcTime: write_moment}
    return own.get(type(kind), write)


@lru_cache(maxsize=256)
def write_moment(moment: datetime | None) -> Said:
    """Return a moment as PostgreSQL reads it; that of an act stands in nearly all it writes.

    Raises ValueError for one without a zone.
    """
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC).isoformat().encode()


def find_converter(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    """Return what turns a value of a type into what is kept of it, None where that is the value itself."""
    return kind.dialect_impl(dialect).bind_processor(dialect)


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
def list_readings(statement: Any, dialect: Dialect) -> tuple[tuple[int, Convert], ...]:
    """Return the places of an answer that are not meant as the driver reads them, and how they are read."""
    read = (
        each.type.dialect_impl(dialect).result_processor(dialect, None) for each in statement.exported_columns
    )
    return tuple((place, convert) for place, convert in enumerate(read) if convert is not None)


def read_all(rows: list[Row], readings: Sequence[tuple[int, Convert]]) -> list[Row]:
    """Return the rows of an answer as the types of its columns mean them."""
    if not readings:
        return rows
    meant = [list(row) for row in rows]
    for row in meant:
        for place, convert in readings:
            if row[place] is not None:
                row[place] = convert(row[place])
    return [tuple(row) for row in meant]
