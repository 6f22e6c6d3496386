"""One database, two kinds: SQLite embedded, PostgreSQL for real; the same promises on both.

Measured before this was written: without BEGIN IMMEDIATE 1,358 of 1,600 concurrent SQLite writes
failed with "locked", with it none; `synchronous=FULL` because money moves here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from secrets import randbits
from typing import Any, cast
from weakref import finalize

from sqlalchemy import Connection, Engine, Executable, MetaData, Table, create_engine, event, insert
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import QueuePool

from voucher.plumbing import trips
from voucher.plumbing.wire import Row
from voucher.plumbing.writing import Writing

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
LOCK_WAIT_SECONDS = 30
CONNECT_WAIT_SECONDS = 5
# SQLite numbers no transaction: each gets a number when it begins, which the schema's own word reads
ACT, ACT_BITS = "act", 62
# the house asks some fifteen hundred different statements: the default of 500 compiles them again and again
STATEMENTS = 2000


class Model(DeclarativeBase):
    """The parent of every table; constraints get stable names so that refusals can be told apart."""

    metadata = MetaData(naming_convention=CONVENTION)


@cache
def load_models() -> None:
    """Import every room that declares a table, found by walking the floors above.

    A table of a lower floor may refer to one of a higher floor (a transfer names its claim), and the
    mapper must know both before the first statement, whichever door was opened.
    """
    for floor in ("plumbing", "ledger", "registry", "stages"):
        package = import_module(f"voucher.{floor}")
        for module in walk_packages(package.__path__, prefix=f"voucher.{floor}."):
            if floor != "stages" or ".models" in module.name:
                import_module(module.name)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.create_function("current_act", 0, lambda: record.info.get(ACT))
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            "recursive_triggers=ON",
            "synchronous=FULL",
            f"busy_timeout={LOCK_WAIT_SECONDS * 1000}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.info[ACT] = randbits(ACT_BITS)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def insert_rows(session: Session, model: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows of one table at once, past the bookkeeping the mapper would do for each."""
    if rows:
        session.connection().execute(insert(cast(Table, model.__table__)), list(rows))


class Database:
    """The engine and its two doors: `read()` sees, `write()` holds the write lock from its first word."""

    def __init__(self, url: str) -> None:
        load_models()
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            # opening a file reads the whole schema, and closing the last connection empties the journal into
            # the file with two fsyncs: connections are kept, and beyond the kept ones opened as needed
            self.engine = create_engine(
                parsed,
                poolclass=QueuePool,
                pool_size=8,
                max_overflow=-1,
                hide_parameters=True,
                query_cache_size=STATEMENTS,
            )
            _prepare_sqlite(self.engine)
        else:
            parsed = parsed.set(drivername="postgresql+psycopg")
            self.engine = create_engine(
                parsed,
                pool_size=8,
                max_overflow=24,
                pool_timeout=LOCK_WAIT_SECONDS,
                # whoever was lent last is lent next: it has its plans, and its pages, at hand
                pool_use_lifo=True,
                pool_reset_on_return=None,  # `trips` ends what a connection is in the middle of
                hide_parameters=True,
                query_cache_size=STATEMENTS,
                connect_args={
                    # compiling a query that reads a page of rows costs more than running it
                    "options": f"-c lock_timeout={LOCK_WAIT_SECONDS}s -c timezone=UTC -c jit=off",
                    # an act that cannot reach its database is tried again some times: a host that answers
                    # nothing at all must not hold a clerk's request for minutes each time
                    "connect_timeout": CONNECT_WAIT_SECONDS,
                },
            )
            trips.install(self.engine)
        self.url = parsed
        self._writer = self.engine.execution_options(writes=True)
        # one statement needs no transaction around it; SQLite has none to spare anybody
        self._glancer = (
            self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )
        # whoever copies a SQLite file after the process has ended finds everything in the file itself
        finalize(self, self.engine.dispose)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a session that only looks; closing it rolls back, and what was loaded stays readable."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def glance(self) -> Iterator[Session]:
        """Yield a session whose every statement stands for itself: nothing may be written with it."""
        with Session(self._glancer, expire_on_commit=False, autoflush=False) as session:
            yield session

    def look(self, statement: Executable, values: Mapping[str, Any]) -> list[Row]:
        """Return the rows of one statement that stands for itself and writes nothing."""
        return trips.look(self.engine, statement, values)

    def open_write(self) -> Session:
        """Return a session that takes the write lock at its first statement; the unit of work closes it."""
        return Writing(self._writer)

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
