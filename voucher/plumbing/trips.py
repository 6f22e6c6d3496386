"""Round trips: on PostgreSQL a write nobody waits for travels with the next word somebody waits for.

Measured: of a scan's time two thirds went into waking the other side up, statement by statement. Writes whose
answer says nothing (a step of a trail, a state under its lock) are sent at once and heard of together, at the
latest with the commit, which still fails when one of them does. SQLite is in the same process: there each is
written where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from functools import lru_cache
from time import monotonic
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Dialect, Engine, Insert, Update, event
from sqlalchemy.exc import DBAPIError, DisconnectionError

_TRIP, _RESTED = "trip", "rested_since"
# a connection that was in use a moment ago is not asked whether it still stands
RESTED_SECONDS = 1.0
_Trip = AbstractContextManager[psycopg.Pipeline]
Convert = Callable[[Any], Any]


def install(engine: Engine) -> None:
    """Let an engine of PostgreSQL send what nobody waits for together, and ask rested connections only."""
    _install_trips(engine)
    _install_pings(engine)


def _install_trips(engine: Engine) -> None:
    @event.listens_for(engine, "after_cursor_execute")
    def _after(
        connection: Connection, _cursor: object, _said: str, _values: object, _context: Any, _many: bool
    ) -> None:
        open_trip = connection.info.get(_TRIP)
        if open_trip is not None:
            try:
                open_trip[1].sync()
            except psycopg.Error as error:
                raise _told(connection, error) from error

    @event.listens_for(engine, "commit")
    def _commit(connection: Connection) -> None:
        if _TRIP in connection.info:
            # said inside the pipeline, so that writes and commit are one trip; the driver finds nothing left
            try:
                _driver_of(connection).execute("COMMIT")
            except psycopg.Error as error:
                # of a write sent before, heard of just now
                raise _told(connection, error) from error
            settle(connection)

    @event.listens_for(engine, "rollback")
    def _rollback(connection: Connection) -> None:
        if _TRIP in connection.info:
            _give_up(connection.info)


def _install_pings(engine: Engine) -> None:
    @event.listens_for(engine, "reset")
    def _reset(_driver: object, record: Any, _how: object) -> None:
        # a commit that failed leaves its trip open; the pool rolls back after this
        _give_up(record.info)

    @event.listens_for(engine, "checkin")
    def _checkin(_driver: object, record: Any) -> None:
        record.info[_RESTED] = monotonic()

    @event.listens_for(engine, "checkout")
    def _checkout(driver: Any, record: Any, _fairy: object) -> None:
        if monotonic() - record.info.get(_RESTED, monotonic()) < RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(driver)
        except psycopg.Error as error:
            raise DisconnectionError from error


def send(connection: Connection, statement: Insert | Update, values: Mapping[str, Any]) -> None:
    """Write one row and wait for nothing; the statement is one that is made once and kept.

    Measured: of a write whose answer nobody reads SQLAlchemy's reading of the answer is the larger part, so
    PostgreSQL's driver is told directly, in the words SQLAlchemy has compiled once. Raises DBAPIError of a
    write sent before.
    """
    if connection.dialect.name != "postgresql":
        connection.execute(statement, values)
        return
    words, converts, rest = _spell(statement, connection.dialect, tuple(values))
    said = {**rest, **values}
    for name, convert in converts:
        said[name] = convert(said[name])
    _say(connection, words, said)


def send_words(connection: Connection, words: str, values: Sequence[Any]) -> None:
    """Write one row, spelled in the driver's own words and values, and wait for nothing."""
    if connection.dialect.name != "postgresql":
        connection.exec_driver_sql(words, tuple(values))
        return
    _say(connection, words.encode(), values)


def _say(connection: Connection, words: bytes, values: Mapping[str, Any] | Sequence[Any]) -> None:
    if _TRIP not in connection.info:
        _set_out(connection)
    try:
        _driver_of(connection).execute(words, values)
    except psycopg.Error as error:
        raise _told(connection, error) from error


@lru_cache(maxsize=256)
def _spell(
    statement: Insert | Update, dialect: Dialect, names: tuple[str, ...]
) -> tuple[bytes, tuple[tuple[str, Convert], ...], dict[str, Any]]:
    """Return a statement in PostgreSQL's words, how its values are kept, and those it brings along itself."""
    compiled: Any = statement.compile(dialect=dialect, column_keys=sorted(names))
    if compiled.insert_prefetch or compiled.update_prefetch:
        raise ValueError("a write nobody waits for has all its values")
    converts = []
    for name, bound in compiled.binds.items():
        convert = bound.type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            converts.append((name, convert))
    rest = {name: bound.value for name, bound in compiled.binds.items() if name not in names}
    return compiled.string.encode(), tuple(converts), rest


def settle(connection: Connection) -> None:
    """Hear of everything sent so far, where anything was. Raises DBAPIError of the first that failed."""
    trip: tuple[_Trip, psycopg.Pipeline] | None = connection.info.pop(_TRIP, None)
    if trip is None:
        return
    try:
        trip[0].__exit__(None, None, None)
    except psycopg.Error as error:
        raise _told(connection, error) from error


def _give_up(info: dict[Any, Any]) -> None:
    """End a trip of a connection, where there is one: what failed is told already, or of no interest."""
    trip: tuple[_Trip, psycopg.Pipeline] | None = info.pop(_TRIP, None)
    if trip is not None:
        with suppress(psycopg.Error):
            trip[0].__exit__(None, None, None)


def _set_out(connection: Connection) -> None:
    manager: _Trip = _driver_of(connection).pipeline()
    connection.info[_TRIP] = (manager, manager.__enter__())


def _driver_of(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def _told(connection: Connection, error: psycopg.Error) -> DBAPIError:
    """Return the driver's error in SQLAlchemy's words, so that a race still becomes a refusal."""
    told = DBAPIError.instance(
        None, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
    )
    return cast(DBAPIError, told)
