"""Rows written by COPY, on their way while the act goes on: PostgreSQL writes, Python makes the next ones.

One at a time on a connection, each in a thread of its own that only waits for the line. There is no pool of
threads: an act whose rows waited there behind another's, which waits for a row the first has locked, would
wait where PostgreSQL sees no deadlock. What is wrong with rows on their way is told with the next word that
is waited for, at the latest with the commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from threading import Thread
from typing import Any

import psycopg
from psycopg.pq import ConnStatus
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from voucher.plumbing.lines import tell

_LOAD = "load"


class _Load:
    """A COPY that has been begun; nobody says another word on its connection before it has landed."""

    def __init__(self, driver: psycopg.Connection[Any], statement: str, lines: str) -> None:
        self.driver = driver
        self._failed: Exception | None = None
        self._thread = Thread(target=self._put, args=(statement, lines), name="load")
        self._thread.start()

    def land(self, info: dict[Any, Any]) -> None:
        self._thread.join()
        # whoever is interrupted while waiting leaves it under way, for the rollback to wait for
        del info[_LOAD]
        if self._failed is not None:
            raise self._failed

    def _put(self, statement: str, lines: str) -> None:
        try:
            _put(self.driver, statement, (lines,))
        except Exception as error:  # noqa: BLE001 — told to whoever waits for it
            self._failed = error


def load(connection: Connection, statement: str, lines: str) -> None:
    """Write rows and wait for nothing, on a connection that is in the middle of nothing.

    Within a savepoint they are waited for, so that what is wrong with them is told there. Raises DBAPIError.
    """
    if connection.in_nested_transaction():
        load_now(connection, statement, (lines,))
    else:
        connection.info[_LOAD] = _Load(_driver_of(connection), statement, lines)


def load_now(connection: Connection, statement: str, pieces: Iterable[str]) -> None:
    """Write rows, each piece made when it is its turn, and wait until all are written. Raises DBAPIError."""
    driver = _driver_of(connection)
    try:
        _put(driver, statement, pieces)
    except psycopg.Error as error:
        raise _told(connection, driver, error) from error


def land(connection: Connection, info: dict[Any, Any]) -> None:
    """Wait for rows that are on their way, where any are: `info` is what the connection keeps.

    Raises DBAPIError where one of them is refused.
    """
    under_way: _Load | None = info.get(_LOAD)
    if under_way is not None:
        try:
            under_way.land(info)
        except psycopg.Error as error:
            raise _told(connection, under_way.driver, error) from error


def let_go(info: dict[Any, Any]) -> None:
    """Wait for rows that are on their way and will be undone: what is wrong with them is of no interest."""
    under_way: _Load | None = info.get(_LOAD)
    if under_way is not None:
        with suppress(psycopg.Error):
            under_way.land(info)


def _put(driver: psycopg.Connection[Any], statement: str, pieces: Iterable[str]) -> None:
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for each in pieces:
            copy.write(each)


def _driver_of(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _told(connection: Connection, driver: psycopg.Connection[Any], error: psycopg.Error) -> DBAPIError:
    # what goes past SQLAlchemy is told in its words, so that a race still becomes a refusal
    return tell(connection.dialect, error, is_down=driver.pgconn.status == ConnStatus.BAD)
