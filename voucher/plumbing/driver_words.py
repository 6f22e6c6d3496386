"""Statements of SQLAlchemy in the words of PostgreSQL's driver: compiled once, values in and out by type.

Measured: of a statement with one row SQLAlchemy's own handling of it is the larger part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from psycopg.types.numeric import Int8
from sqlalchemy import Dialect

Convert = Callable[[Any], Any]
Row = tuple[Any, ...]
_NAMED = re.compile(rb"%\((\w+)\)s")


def spell_out(dialect: Dialect, statement: Any, values: Mapping[str, Any]) -> tuple[bytes, Mapping[str, Any]]:
    """Return a statement in PostgreSQL's words and its values as the driver takes them."""
    words, converts, rest = _spell(statement, dialect, tuple(values))
    said = {**rest, **values}
    for name, convert in converts:
        said[name] = convert(said[name])
    return words, said


@lru_cache(maxsize=256)
def _spell(
    statement: Any, dialect: Dialect, names: tuple[str, ...]
) -> tuple[bytes, tuple[tuple[str, Convert], ...], dict[str, Any]]:
    """Return a statement in PostgreSQL's words, how its values are kept, and those it brings along itself."""
    compiled: Any = statement.compile(dialect=dialect, column_keys=sorted(names))
    if statement.is_dml and (compiled.insert_prefetch or compiled.update_prefetch):
        raise ValueError("a write nobody waits for has all its values")
    converts = []
    for name, bound in compiled.binds.items():
        convert = bound.type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            converts.append((name, convert))
    rest = {name: bound.value for name, bound in compiled.binds.items() if name not in names}
    return compiled.string.encode(), tuple(converts), rest


@lru_cache(maxsize=256)
def name_marks(words: str) -> bytes:
    """Return words whose values stand in their order with the values named by it."""
    first, *others = words.split("%s")
    return "".join([first, *(f"%(v{place})s{rest}" for place, rest in enumerate(others))]).encode()


@lru_cache(maxsize=256)
def join_writes(several: tuple[bytes, ...]) -> bytes:
    """Return several writes as one statement; the values of each are told by its place."""
    if len(several) == 1:
        return _NAMED.sub(rb"%(\1_0)s", several[0])
    named = [_NAMED.sub(rb"%%(\1_%d)s" % place, words) for place, words in enumerate(several)]
    parts = b", ".join(b"w%d AS (%s)" % each for each in enumerate(named))
    return b"WITH " + parts + b" SELECT"


def fix_size(value: Any) -> Any:
    """Return a number as one of 64 bits, whatever its size: one statement is prepared once, not per size."""
    return Int8(value) if type(value) is int else value


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
