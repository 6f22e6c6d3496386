"""Many rows at once: written by COPY on PostgreSQL, by one prepared statement on SQLite; found by one array.

Measured: the mapper's own bookkeeping costs more per row than PostgreSQL does. Values of `rows` are handed
over as the database keeps them (whole numbers, text, bytes, None); whatever needs a type, such as a moment,
is the same for all rows of one act and goes into `same`, which is converted once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Insert,
    ScalarSelect,
    Table,
    any_,
    bindparam,
    func,
    insert,
    inspect,
    literal_column,
    select,
    text,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.orm import InstrumentedAttribute, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import DetachedInstanceError

from voucher.plumbing.db import Model
from voucher.plumbing.driver_words import Convert, find_converter
from voucher.plumbing.loads import load, load_now
from voucher.plumbing.trips import send, send_words, settle
from voucher.plumbing.types import Int64

Known = TypeVar("Known", bound=Model)
Stored = int | str | bytes | None
PIECE_ROWS = 1000
FEW_ROWS = 50  # so many are sooner inserted than a COPY is begun and ended
LOADED_ROWS = 5000  # so many travel while the act goes on; more are spelled out piece by piece
_NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def write_many(
    session: Session,
    model: type[Model],
    columns: Sequence[str],
    rows: Sequence[tuple[Stored, ...]],
    same: Mapping[str, Any],
) -> None:
    """Insert rows of one table in their order; `same` holds the columns that are alike in all of them."""
    if not rows:
        return
    table = cast(Table, model.__table__)
    connection = session.connection()
    names, statement, keep = _words_of(table, tuple(same), tuple(columns), connection.dialect)
    head = tuple(
        [
            value if convert is None else convert(value)
            for convert, value in zip(keep, same.values(), strict=True)
        ]
    )
    if connection.dialect.name == "postgresql" and len(rows) > FEW_ROWS:
        _copy(connection, table, names, head, rows)
        return
    if len(rows) == 1:
        send_words(connection, statement, head + rows[0])
        return
    connection.exec_driver_sql(statement, [head + row for row in rows])


def write_unheard(session: Session, row: Model) -> None:
    """Insert one row and, where its id is known, wait for nothing; the session has it as if it had been read.

    What is wrong with it is told with the next word that is waited for, at the latest with the commit.
    """
    if row.__dict__.get("id") is None:
        session.add(row)
        session.flush()
        return
    table = cast(Table, row.__table__)
    for column in table.c:
        if column.key not in row.__dict__:
            setattr(row, column.key, None)
    values = {column.key: getattr(row, column.key) for column in table.c}
    send(session.connection(), _insert_of(table), values)
    make_transient_to_detached(row)
    session.add(row)


def write_one(session: Session, model: type[Known], values: Mapping[str, Any]) -> Known:
    """Insert one row and return it; columns not named are empty.

    Where its id is known nothing is waited for, as with `write_unheard`, and it belongs to no session: what
    an act writes once and hands on is not looked up again.
    """
    if values["id"] is None:
        row = model(**values)
        write_unheard(session, row)
        return row
    table = cast(Table, model.__table__)
    written = {**_empty_row(table), **values}
    send(session.connection(), _insert_of(table), written)
    return know(model, written)


def know(model: type[Known], values: dict[str, Any]) -> Known:
    """Return a row of which these columns have been read, which are its own now; it belongs to no session.

    Measured: making an object of a session's out of what has been read costs four times as much. Whatever
    has not been read is refused: DetachedInstanceError.
    """
    row = object.__new__(_plain_of(model))
    row.__dict__ = values
    return cast(Known, row)


def bring_up(row: Model, **values: Any) -> None:
    """Bring a row up to what was just written of it, without writing it again."""
    if isinstance(row, Model):
        for name, value in values.items():
            set_committed_value(row, name, value)
    else:
        row.__dict__.update(values)


@cache
def _empty_row(table: Table) -> dict[str, Any]:
    return dict.fromkeys(table.c.keys())


@cache
def _plain_of(model: type[Model]) -> type[Any]:
    """Return a class with what a model has beside its columns: of these a row holds what was read.

    Measured: asking a column of a model's is four calls, asking a value that lies there none, and a scan
    asks eighty.
    """
    columns = frozenset(inspect(model).attrs.keys())

    def refuse(_row: object, name: str) -> Any:
        if name in columns:
            raise DetachedInstanceError(f"{model.__name__}.{name} has not been read")
        raise AttributeError(name)

    own = {
        name: each
        for kind in reversed(model.__mro__)
        if kind not in Model.__mro__
        for name, each in vars(kind).items()
        if name not in columns and name not in ("__dict__", "__weakref__") and not name.startswith("_sa_")
    }
    return type(model.__name__, (), {**own, "__getattr__": refuse})


@cache
def _insert_of(table: Table) -> Insert:
    """Return the insert of one row with all its columns, its id among them, so that nothing comes back."""
    return insert(table).inline()


def select_next_id(model: type[Model], dialect: str) -> ScalarSelect[int]:
    """Return the id of the next row of a table as an expression; on SQLite the caller must hold the lock."""
    table = cast(Table, model.__table__)
    if dialect == "postgresql":
        # by its name: looking up which sequence is a column's costs as much as two joins; and spelled out, so
        # that the name is looked up when the statement is prepared, not each time it is asked
        following: ColumnElement[int] = literal_column(f"nextval('{table.name}_id_seq'::regclass)")
        return select(following).scalar_subquery()
    return select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()


def next_ids(session: Session, model: type[Model], count: int) -> list[int]:
    """Return as many ids of a table as are asked for, rising; nobody else is given them.

    On SQLite the caller holds the only write lock, so what follows the last row is free.
    """
    if count == 0:
        return []
    table = cast(Table, model.__table__)
    if session.connection().dialect.name == "postgresql":
        # a select of its own is answered once, and not for every single id
        own = "(SELECT CAST(pg_get_serial_sequence(:name, 'id') AS regclass))"
        sequence = text(f"SELECT nextval({own}) FROM generate_series(1, :count)")  # noqa: S608 — our own words
        return sorted(session.scalars(sequence, {"name": table.name, "count": count}))
    last = session.scalar(select(table.c.id).order_by(table.c.id.desc()).limit(1)) or 0
    return list(range(last + 1, last + 1 + count))


def among(
    session: Session, column: InstrumentedAttribute[Any] | ColumnElement[Any], values: Collection[int | str]
) -> ColumnElement[bool]:
    """Return the condition that a column is one of many values, handed over as a single array."""
    ordered = sorted(set(values))
    if session.connection().dialect.name == "postgresql":
        kind = BigInteger() if isinstance(column.type, Int64) else SqlText()
        return column == any_(bindparam(None, ordered, type_=ARRAY(kind)))
    listed = func.json_each(json.dumps(ordered)).table_valued("value")
    return column.in_(select(listed.c.value))


@lru_cache(maxsize=256)
def _words_of(
    table: Table, same: tuple[str, ...], columns: tuple[str, ...], dialect: Dialect
) -> tuple[str, str, tuple[Convert | None, ...]]:
    """Return the names of columns, the insert of one row, and how what is alike in all rows is kept."""
    quote = dialect.identifier_preparer.quote
    names = ",".join([quote(name) for name in same + columns])
    marks = ",".join(["%s" if dialect.name == "postgresql" else "?"] * (len(same) + len(columns)))
    statement = f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})"  # noqa: S608 — the models' own names
    return names, statement, tuple(find_converter(table.c[name].type, dialect) for name in same)


def _copy(
    connection: Connection,
    table: Table,
    names: str,
    head: tuple[Any, ...],
    rows: Sequence[tuple[Stored, ...]],
) -> None:
    statement = f"COPY {connection.dialect.identifier_preparer.quote(table.name)} ({names}) FROM STDIN"
    start = "".join(f"{_written(value)}\t" for value in head)
    pieces = (_lines_of(start, rows[first : first + PIECE_ROWS]) for first in range(0, len(rows), PIECE_ROWS))
    settle(connection)  # a COPY is no word of a pipeline
    if len(rows) <= LOADED_ROWS:
        load(connection, statement, "".join(pieces))
    else:
        load_now(connection, statement, pieces)


def _lines_of(start: str, rows: Sequence[tuple[Stored, ...]]) -> str:
    lines = [start + "\t".join([_written(value) for value in row]) for row in rows]
    lines.append("")
    return "\n".join(lines)


def _written(value: Any) -> str:
    """Return a value in COPY's text form."""
    if value is None:
        return _NULL
    if type(value) is int:
        return str(value)
    if type(value) is str:
        return value.translate(_ESCAPES) if "\\" in value or not value.isprintable() else value
    if type(value) is bytes:
        return "\\\\x" + value.hex()
    return str(value)
