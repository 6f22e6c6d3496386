"""Writes nobody waits for: what is wrong with one is told all the same, before anything counts as done."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest
from sqlalchemy import Select, bindparam, func, literal_column, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from tests.conftest import FOUNDED_AT
from voucher.plumbing import trips
from voucher.plumbing.bulk import FEW_ROWS, next_ids, write_many, write_unheard
from voucher.plumbing.db import Database
from voucher.registry.standards import Parameter

DAY = FOUNDED_AT.date()


def _row(row_id: int | None, name: str, *, until: object = None) -> Parameter:
    return Parameter(
        id=row_id, name=name, region_code="", value="1", unit="", since=DAY, until=until,
        source="测试", confidence="default",
    )  # fmt: skip


def _count(database: Database, name: str) -> int:
    with database.read() as session:
        wanted = select(func.count()).select_from(Parameter).where(Parameter.name == name)
        return session.scalar(wanted) or 0


def _write_twice(session: Session, taken: int, free: int, pause_seconds: float) -> None:
    """Write an id twice, and commit: SQLite says so at once, PostgreSQL with the commit."""
    write_unheard(session, _row(taken, "bad"))
    write_unheard(session, _row(free, "after"))
    # after a pause PostgreSQL has answered, and the commit hears of it before it is sent
    time.sleep(pause_seconds)
    session.commit()


def test_what_nobody_waited_for_is_there_for_the_next_word_and_after_the_commit(database: Database) -> None:
    with database.open_write() as session:
        row_id = next_ids(session, Parameter, 1)[0]
        row = _row(row_id, "unheard")
        write_unheard(session, row)
        assert session.get(Parameter, row_id) is row
        assert session.scalar(select(Parameter.value).where(Parameter.name == "unheard")) == "1"
        session.commit()
    assert _count(database, "unheard") == 1


@pytest.mark.parametrize("pause_seconds", [0, 0.1])
def test_a_write_that_fails_unheard_fails_the_commit_and_nothing_stays(
    database: Database, pause_seconds: float
) -> None:
    with database.open_write() as session:
        first, second = next_ids(session, Parameter, 2)
        write_unheard(session, _row(first, "good"))
        with pytest.raises(IntegrityError):
            _write_twice(session, first, second, pause_seconds)
        session.rollback()
    assert [_count(database, name) for name in ("good", "bad", "after")] == [0, 0, 0]
    # the connection is as good as before
    with database.open_write() as session:
        write_unheard(session, _row(next_ids(session, Parameter, 1)[0], "good"))
        session.commit()
    assert _count(database, "good") == 1


def test_a_write_that_fails_unheard_fails_the_next_word_that_is_waited_for(database: Database) -> None:
    def act(session: Session) -> int | None:
        first = next_ids(session, Parameter, 1)[0]
        write_unheard(session, _row(first, "good"))
        write_unheard(session, _row(first, "bad"))
        return session.scalar(select(func.count()).select_from(Parameter))

    with database.open_write() as session, pytest.raises(IntegrityError):
        act(session)
    assert _count(database, "good") == 0


def test_what_is_given_up_leaves_nothing_and_many_rows_follow_one(database: Database) -> None:
    with database.open_write() as session:
        write_unheard(session, _row(next_ids(session, Parameter, 1)[0], "given up"))
        session.rollback()
        write_unheard(session, _row(next_ids(session, Parameter, 1)[0], "one"))
        same = {
            "region_code": "",
            "value": "1",
            "unit": "",
            "since": DAY,
            "source": "测试",
            "confidence": "default",
        }
        write_many(session, Parameter, ("name",), [(f"many {n}",) for n in range(FEW_ROWS + 1)], same)
        session.commit()
    assert [_count(database, name) for name in ("given up", "one", f"many {FEW_ROWS}")] == [0, 1, 1]


def test_a_connection_that_died_while_it_rested_is_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.is_sqlite:
        pytest.skip("a file does not hang up")
    monkeypatch.setattr(trips, "RESTED_SECONDS", 0.0)
    assert _count(database, "anything") == 0
    with psycopg.connect(
        database.url.set(drivername="postgresql").render_as_string(), autocommit=True
    ) as other:
        ended = other.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> 'keeper'"
        ).fetchone()
    assert ended is not None
    assert ended[0] > 0
    assert _count(database, "anything") == 0


WANTED = select(Parameter.value, Parameter.since).where(Parameter.name == bindparam("name"))


def test_what_is_asked_ahead_is_heard_later_and_sees_what_was_written_before(database: Database) -> None:
    with database.open_write() as session:
        connection = session.connection()
        write_unheard(session, _row(next_ids(session, Parameter, 1)[0], "asked"))
        first, none = (trips.ask(connection, WANTED, {"name": name}) for name in ("asked", "nobody"))
        write_unheard(session, _row(next_ids(session, Parameter, 1)[0], "later"))
        later = trips.ask(connection, WANTED, {"name": "later"})
        assert (later(), none(), first()) == ([("1", DAY)], [], [("1", DAY)])
        # asked for once more it is not turned into values again
        assert later() is later()
        session.commit()
    assert database.look(WANTED, {"name": "later"}) == [("1", DAY)]


def test_whoever_hears_is_told_what_failed_before_it(database: Database) -> None:
    def act(session: Session) -> object:
        first = next_ids(session, Parameter, 1)[0]
        write_unheard(session, _row(first, "good"))
        write_unheard(session, _row(first, "bad"))
        return trips.ask(session.connection(), WANTED, {"name": "good"})()

    with database.open_write() as session, pytest.raises(IntegrityError):
        act(session)
    assert database.look(WANTED, {"name": "good"}) == []


def test_gathered_writes_are_there_together_or_not_at_all(database: Database) -> None:
    def act(session: Session, names: list[str], ids: list[int]) -> None:
        trips.gather(session.connection())
        for row_id, name in zip(ids, names, strict=True):
            write_unheard(session, _row(row_id, name))
        session.commit()

    with database.open_write() as session:
        ids = next_ids(session, Parameter, 3)
        act(session, ["one", "two"], ids[:2])
    with database.open_write() as session, pytest.raises(IntegrityError):
        act(session, ["three", "bad"], [ids[2], ids[0]])
    with database.open_write() as session:
        trips.gather(session.connection())
        write_unheard(session, _row(ids[2], "given up"))
        session.rollback()
        # the next act on this connection sends its own writes one by one again, and the next word sees them
        act(session, ["four"], [ids[2]])
        assert session.scalar(select(Parameter.value).where(Parameter.name == "four")) == "1"
    counts = [_count(database, name) for name in ("one", "two", "three", "bad", "given up", "four")]
    assert counts == [1, 1, 0, 0, 0, 1]


def test_a_look_over_a_connection_that_broke_fails_and_the_next_one_is_good(database: Database) -> None:
    broken: Select[Any] = select(literal_column("1 / 0" if not database.is_sqlite else "nonsense(1)"))
    with pytest.raises(DBAPIError):
        database.look(broken, {})
    assert database.look(WANTED, {"name": "nobody"}) == []
    assert _count(database, "nobody") == 0
