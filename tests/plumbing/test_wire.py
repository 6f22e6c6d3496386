"""The wire: what is prepared is found again whatever the driver does in between, and errors are told."""

from __future__ import annotations

from datetime import UTC, date, datetime

import psycopg
import pytest
from sqlalchemy import BigInteger, Date, DateTime, LargeBinary, bindparam, cast, select, text
from sqlalchemy import Text as SqlText
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import DetachedInstanceError

from voucher.plumbing import trips
from voucher.plumbing.bulk import know
from voucher.plumbing.db import Database
from voucher.plumbing.driver_words import join_writes, number_marks
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.plumbing.wire import write_values
from voucher.registry.standards import Parameter
from voucher.rules.actor import Actor

_KINDS = (
    ("whole", BigInteger(), 2**62),
    ("words", SqlText(), "赵“六”\\' %s $1"),
    ("bytes", LargeBinary(), b"\0\\x\xff"),
    ("day", Date(), date(2024, 2, 29)),
    ("moment", DateTime(timezone=True), datetime(2024, 2, 29, 1, 2, 3, 4, UTC)),
    ("none", SqlText(), None),
)
GIVEN = {name: value for name, _, value in _KINDS}
_SAID = select(*(cast(bindparam(name, type_=kind), kind).label(name) for name, kind, _ in _KINDS))
NOBODY = Actor(user_id=0, login="nobody", person_id=0, grants=())


def _postgres(database: Database) -> Database:
    if database.is_sqlite:
        pytest.skip("a file has no wire")
    return database


def test_values_come_back_as_they_were_sent(database: Database) -> None:
    wanted = [tuple(GIVEN.values())]
    assert _postgres(database).look(_SAID, GIVEN) == wanted
    with database.open_write() as session:
        assert trips.ask(session.connection(), _SAID, GIVEN)() == wanted


def test_what_was_prepared_is_prepared_anew_once_the_driver_has_let_it_be_forgotten(
    database: Database,
) -> None:
    wanted = [tuple(GIVEN.values())]
    assert _postgres(database).look(_SAID, GIVEN) == wanted
    with database.open_write() as session:
        connection = session.connection()
        assert trips.ask(connection, _SAID, GIVEN)() == wanted
        session.execute(text("DEALLOCATE ALL"))
        with pytest.raises(DBAPIError) as told:
            trips.ask(connection, _SAID, GIVEN)()
        # an act that meets this is run again
        assert getattr(told.value.orig, "sqlstate", None) == "26000"
        session.rollback()
        assert trips.ask(session.connection(), _SAID, GIVEN)() == wanted
        session.execute(text("DEALLOCATE ALL"))
        session.commit()
    assert database.look(_SAID, GIVEN) == wanted


def test_a_rollback_lets_nothing_prepared_be_forgotten(database: Database) -> None:
    with _postgres(database).open_write() as session:
        for _ in range(7):
            session.execute(text("SELECT 1"))
        prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE '\\_pg3%'")
        trips.ask(session.connection(), _SAID, GIVEN)()
        before = session.scalar(prepared)
        session.rollback()
        assert before
        assert session.scalar(prepared) == before


def test_a_savepoint_undone_takes_nothing_prepared_from_what_comes_after(database: Database) -> None:
    wanted = [tuple(GIVEN.values())]
    with _postgres(database).open_write() as session:
        for _ in range(7):
            session.execute(text("SELECT 1"))
        connection = session.connection()
        assert trips.ask(connection, _SAID, GIVEN)() == wanted
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text("SELECT 1 / 0"))
        assert trips.ask(connection, _SAID, GIVEN)() == wanted


def test_a_dry_run_tells_what_its_last_write_came_to(database: Database, keyring: Keyring) -> None:
    def act(work: Work) -> None:
        trips.send_words(work.session.connection(), "INSERT INTO role_grant (id) VALUES (%s)", [1])

    with pytest.raises(IntegrityError):
        perform(_postgres(database), keyring, NOBODY, datetime(2024, 2, 29, tzinfo=UTC), act, keep=False)


def test_a_zero_character_is_refused_and_not_cut_off() -> None:
    with pytest.raises(psycopg.DataError):
        write_values(["before\0after"])


def test_it_is_refused_as_every_error_of_the_database_is(database: Database) -> None:
    with _postgres(database).open_write() as session, pytest.raises(DBAPIError):
        trips.send_words(session.connection(), "INSERT INTO role_grant (role) VALUES (%s)", ["before\0after"])


def test_writes_are_joined_with_their_values_in_order() -> None:
    first, second = b"INSERT INTO a VALUES ($1, $2, $1)", number_marks("INSERT INTO b VALUES (%s, %s)")
    assert join_writes((first,)) == first
    joined = b"WITH w0 AS (" + first + b"), w1 AS (INSERT INTO b VALUES ($3, $4)) SELECT"
    assert join_writes((first, second)) == joined


def test_what_was_not_read_of_a_row_is_refused() -> None:
    row = know(Parameter, {"id": 7, "name": "known"})
    assert (row.id, row.name) == (7, "known")
    with pytest.raises(DetachedInstanceError):
        _ = row.value
