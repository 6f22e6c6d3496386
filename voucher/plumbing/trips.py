"""Round trips: on PostgreSQL a write nobody waits for travels with the next word somebody waits for.

Measured: of a scan's time two thirds went into waking the other side up, statement by statement. Writes whose
answer says nothing (a step of a trail, a state under its lock) are sent at once and heard of together, at the
latest with the commit, which still fails when one of them does. SQLite is in the same process: there each is
written where it stands.

    send, send_words    write one row and wait for nothing
    ask                 ask now what is heard later, with whatever else is on its way
    look                ask one thing, and nothing else, past everything that makes a transaction
    gather              from here on writes wait for one another and leave as one statement
    settle              hear of everything sent so far
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

import psycopg
from psycopg.errors import InFailedSqlTransaction, InvalidSqlStatementName
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Dialect, Engine, Executable, Insert, Update, event
from sqlalchemy.exc import DBAPIError, DisconnectionError

from voucher.plumbing.driver_words import (
    join_writes,
    list_readings,
    number_marks,
    read_all,
    spell_out,
)
from voucher.plumbing.lines import install_reaching, tell
from voucher.plumbing.loads import land, let_go
from voucher.plumbing.wire import COMMIT, Answer, Row, Said, Wire, write_values

_WIRE, _RESTED, _GATHERED = "wire", "rested_since", "gathered"
# a connection that was in use a moment ago is not asked whether it still stands
RESTED_SECONDS = 1.0
# hears what was asked
Answers = Callable[[], list[Row]]


def install(engine: Engine) -> None:
    """Let an engine of PostgreSQL send what nobody waits for together, and ask rested connections only."""
    _install_trips(engine)
    _install_pings(engine)
    install_reaching(engine)


def _install_trips(engine: Engine) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def _before(
        connection: Connection, _cursor: object, _said: str, _values: object, _context: Any, _many: bool
    ) -> None:
        settle(connection)

    @event.listens_for(engine, "commit")
    def _commit(connection: Connection) -> None:
        # asked for once: it lies two calls deep
        info = connection.info
        land(connection, info)
        if _GATHERED in info:
            _leave(connection)
        wire: Wire | None = info.get(_WIRE)
        if wire is not None and wire.is_open:
            # said on the wire, so that writes and commit are one trip; the driver finds nothing left
            _say(connection, COMMIT, ())
            settle(connection)

    @event.listens_for(engine, "rollback")
    def _rollback(connection: Connection) -> None:
        # whose line is down has nothing left to give up, and says so to whoever asks it
        if not connection.invalidated:
            _give_up(connection.info)

    @event.listens_for(engine, "rollback_savepoint")
    def _rollback_savepoint(connection: Connection, _name: str, _context: object) -> None:
        # the driver takes it for the end of a transaction, and lets everything prepared be forgotten
        wire: Wire | None = connection.info.get(_WIRE)
        if wire is not None:
            wire.forget()


def _install_pings(engine: Engine) -> None:
    broke_at = 0.0

    @event.listens_for(engine, "invalidate")
    def _invalidate(_driver: object, _record: object, _error: object) -> None:
        # where one line is down the others of the pool may be too: each is asked before it is lent again
        nonlocal broke_at
        broke_at = monotonic()

    @event.listens_for(engine, "reset")
    def _reset(driver: Any, record: Any, _how: object) -> None:
        # a commit that failed leaves its trip open; whoever is lent the connection next begins anew
        _give_up(record.info)
        if driver.pgconn.transaction_status != TransactionStatus.IDLE:
            driver.rollback()

    @event.listens_for(engine, "checkin")
    def _checkin(_driver: object, record: Any) -> None:
        record.info[_RESTED] = monotonic()

    @event.listens_for(engine, "checkout")
    def _checkout(driver: Any, record: Any, _fairy: object) -> None:
        rested: float | None = record.info.get(_RESTED)
        # one that is new has not rested yet
        if rested is None or (rested > broke_at and monotonic() - rested < RESTED_SECONDS):
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
    _write(connection, *_spell(connection.dialect, statement, values))


def ask(connection: Connection, statement: Executable, values: Mapping[str, Any]) -> Answers:
    """Ask now, and return what hears the rows once they are needed; the statement is made once and kept.

    Everything asked before is on its way meanwhile, each with a view of its own of what is committed. Raises
    DBAPIError there, of whatever was sent before.
    """
    if connection.dialect.name != "postgresql":
        rows = [tuple(row) for row in connection.execute(statement, values)]
        return lambda: rows
    answer = _say(connection, *_spell(connection.dialect, statement, values))
    read = list_readings(statement, connection.dialect)

    meant: list[Row] | None = None

    def hear() -> list[Row]:
        nonlocal meant
        if meant is not None:
            # asked for once more: it is what it was, and turned into values already
            return meant
        # an answer that has come says that every earlier one has
        if answer.rows is None:
            try:
                _wire_of(connection).hear()
            except psycopg.Error as error:
                raise _told_on(connection, error) from error
        if answer.rows is None:
            raise _told_on(connection, InFailedSqlTransaction("what was sent before it has failed"))
        meant = read_all(answer.rows, read)
        return meant

    return hear


def look(engine: Engine, statement: Executable, values: Mapping[str, Any]) -> list[Row]:
    """Return the rows of one question that needs no transaction around it. Raises DBAPIError."""
    if engine.dialect.name != "postgresql":
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(statement, values)]
    words, said = _spell(engine.dialect, statement, values)
    try:
        rows = _look(engine, words, said)
    except DBAPIError as error:
        if not isinstance(error.orig, InvalidSqlStatementName | psycopg.OperationalError):
            raise
        # what was prepared is gone, or the database was started anew: it only reads, so it asks again
        rows = _look(engine, words, said)
    return read_all(rows, list_readings(statement, engine.dialect))


def _look(engine: Engine, words: bytes, said: tuple[Said, ...]) -> list[Row]:
    try:
        pooled = engine.raw_connection()
    except psycopg.Error as error:
        raise tell(engine.dialect, error, is_down=True) from error
    try:
        wire = _lay(pooled.info, pooled.driver_connection)
        answer = wire.send(words, said, begins=False)
        wire.settle()
    except psycopg.Error as error:
        told = tell(engine.dialect, error, is_down=wire.is_down)
        # whoever is lent it next is lent a new one
        pooled.invalidate(error)
        raise told from error
    finally:
        pooled.close()
    return answer.rows or []


def gather(connection: Connection) -> None:
    """Let writes nobody waits for leave as one statement, with the next word or the commit.

    For acts whose writes do not look at one another: none changes a row twice, or reads what another wrote.
    """
    if connection.dialect.name == "postgresql":
        connection.info.setdefault(_GATHERED, [])


def _leave(connection: Connection) -> None:
    """Send what was gathered as one statement; what follows is sent by itself."""
    gathered: list[tuple[bytes, tuple[Said, ...]]] = connection.info.pop(_GATHERED)
    if gathered:
        words = join_writes(tuple([each for each, _ in gathered]))
        _say(connection, words, tuple([value for _, said in gathered for value in said]))


def send_words(connection: Connection, words: str, values: Sequence[Any]) -> None:
    """Write one row, spelled in the driver's own words and values, and wait for nothing."""
    if connection.dialect.name != "postgresql":
        connection.exec_driver_sql(words, tuple(values))
        return
    try:
        said = write_values(values)
    except psycopg.Error as error:
        raise _told_on(connection, error) from error
    _write(connection, number_marks(words), said)


def _write(connection: Connection, words: bytes, said: tuple[Said, ...]) -> None:
    gathered = connection.info.get(_GATHERED)
    if gathered is None:
        _say(connection, words, said)
    else:
        gathered.append((words, said))


def _spell(
    dialect: Dialect, statement: Executable, values: Mapping[str, Any]
) -> tuple[bytes, tuple[Said, ...]]:
    try:
        return spell_out(dialect, statement, values)
    except psycopg.Error as error:
        raise tell(dialect, error) from error


def _say(connection: Connection, words: bytes, said: tuple[Said, ...]) -> Answer:
    info = connection.info
    land(connection, info)
    try:
        wire: Wire | None = info.get(_WIRE)
        return (wire or _wire_of(connection)).send(words, said)
    except psycopg.Error as error:
        raise _told_on(connection, error) from error


def settle(connection: Connection) -> None:
    """Hear of everything sent so far, where anything was. Raises DBAPIError of the first that failed."""
    info = connection.info
    land(connection, info)
    if _GATHERED in info:
        _leave(connection)
    wire: Wire | None = info.get(_WIRE)
    if wire is not None and wire.is_open:
        try:
            wire.settle()
        except psycopg.Error as error:
            raise _told_on(connection, error) from error


def _give_up(info: dict[Any, Any]) -> None:
    """End what a connection is in the middle of: what failed is told already, or of no interest."""
    info.pop(_GATHERED, None)
    let_go(info)
    wire: Wire | None = info.get(_WIRE)
    if wire is not None:
        with suppress(psycopg.Error):
            wire.roll_back()


def _wire_of(connection: Connection) -> Wire:
    info = connection.info
    wire: Wire | None = info.get(_WIRE)
    return wire if wire is not None else _lay(info, connection.connection.driver_connection)


def _lay(info: dict[Any, Any], driver: Any) -> Wire:
    wire: Wire | None = info.get(_WIRE)
    if wire is None:
        wire = info[_WIRE] = Wire(driver)
    return wire


def _told_on(connection: Connection, error: psycopg.Error) -> DBAPIError:
    wire: Wire | None = connection.info.get(_WIRE)
    return tell(connection.dialect, error, is_down=wire is not None and wire.is_down)
