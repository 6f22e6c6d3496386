"""Round trips: on PostgreSQL a write nobody waits for travels with the next word somebody waits for.

Measured: of a scan's time two thirds went into waking the other side up, statement by statement. Writes whose
answer says nothing (a step of a trail, a state under its lock) are sent at once and heard of together, at the
latest with the commit, which still fails when one of them does. SQLite is in the same process: there each is
written where it stands.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from time import monotonic
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError

# the execution option of a write whose answer nobody reads
LATER: dict[str, Any] = {"later": True}
_TRIP, _RESTED = "trip", "rested_since"
# a connection that was in use a moment ago is not asked whether it still stands
RESTED_SECONDS = 1.0
_Trip = AbstractContextManager[psycopg.Pipeline]


def install(engine: Engine) -> None:
    """Let an engine of PostgreSQL send what nobody waits for together, and ask rested connections only."""
    _install_trips(engine)
    _install_pings(engine)


def _install_trips(engine: Engine) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def _before(
        connection: Connection, _cursor: object, _said: str, _values: object, context: Any, many: bool
    ) -> None:
        if not many and context.execution_options.get("later") and _TRIP not in connection.info:
            _set_out(connection)

    @event.listens_for(engine, "after_cursor_execute")
    def _after(
        connection: Connection, _cursor: object, _said: str, _values: object, context: Any, _many: bool
    ) -> None:
        open_trip = connection.info.get(_TRIP)
        if open_trip is not None and not context.execution_options.get("later"):
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
