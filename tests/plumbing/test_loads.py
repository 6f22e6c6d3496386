"""Rows that travel while the act goes on: what is wrong with one is told before anything counts as done."""

from __future__ import annotations

import time

import psycopg
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from tests.conftest import FOUNDED_AT
from voucher.plumbing.bulk import FEW_ROWS, LOADED_ROWS, next_ids, write_many, write_unheard
from voucher.plumbing.db import Database
from voucher.registry.standards import Parameter

# a file is written where it stands: nothing travels there
pytestmark = pytest.mark.parametrize("database", ["postgres"], indirect=True)
MANY = FEW_ROWS + 1
SAME = {
    "region_code": "", "value": "1", "unit": "", "since": FOUNDED_AT.date(), "source": "测试",
    "confidence": "default",
}  # fmt: skip


def _write(session: Session, name: str, ids: list[int]) -> None:
    write_many(session, Parameter, ("id", "name"), [(each, f"{name} {each}") for each in ids], SAME)


def _count(database: Database, name: str) -> int:
    wanted = select(func.count()).select_from(Parameter).where(Parameter.name.startswith(name))
    with database.read() as session:
        return session.scalar(wanted) or 0


def test_the_next_word_and_the_commit_wait_for_rows_on_their_way(database: Database) -> None:
    with database.open_write() as session:
        ids = next_ids(session, Parameter, 3 * MANY + 1)
        _write(session, "first", ids[:MANY])
        assert session.scalar(select(func.count()).where(Parameter.name.startswith("first"))) == MANY
        _write(session, "second", ids[MANY : 2 * MANY])
        _write(session, "third", ids[2 * MANY : 3 * MANY])
        # a write nobody waits for goes after them
        lone = Parameter(id=ids[-1], name="lone", until=None, **SAME)
        write_unheard(session, lone)
        session.commit()
    assert [_count(database, name) for name in ("first", "second", "third", "lone")] == [MANY] * 3 + [1]


@pytest.mark.parametrize("pause_seconds", [0, 0.1])
def test_a_row_refused_on_its_way_fails_the_commit_and_the_next_word(
    database: Database, pause_seconds: float
) -> None:
    with database.open_write() as session:
        ids = next_ids(session, Parameter, MANY)

        def commit() -> None:
            _write(session, "bad", ids[:-1] + ids[:1])
            time.sleep(pause_seconds)
            session.commit()

        def ask() -> None:
            _write(session, "bad", ids[:-1] + ids[:1])
            session.scalar(select(1))

        for act in (commit, ask):
            with pytest.raises(IntegrityError) as told:
                act()
            assert "pk_parameter" in str(told.value)
            session.rollback()
        # given up on its way, it leaves nothing; the connection is as good as before
        _write(session, "given up", ids[:-1] + ids[:1])
        session.rollback()
        _write(session, "good", ids)
        session.commit()
    assert [_count(database, name) for name in ("bad", "given up", "good")] == [0, 0, MANY]


def test_within_a_savepoint_it_is_told_there_and_undone_there(database: Database) -> None:
    with database.open_write() as session:
        ids = next_ids(session, Parameter, 2 * MANY)
        _write(session, "kept", ids[:MANY])
        with pytest.raises(IntegrityError), session.begin_nested():
            _write_and_fail(session, "undone", ids[MANY:] + ids[MANY:])
        with pytest.raises(AssertionError, match="not told"), session.begin_nested():
            _write_and_fail(session, "undone", ids[MANY:])
        session.commit()
    assert [_count(database, name) for name in ("kept", "undone")] == [MANY, 0]


def _write_and_fail(session: Session, name: str, ids: list[int]) -> None:
    _write(session, name, ids)
    raise AssertionError("not told where it stood")


def test_a_line_that_breaks_under_rows_is_told_as_down(database: Database) -> None:
    with database.open_write() as session:
        ids = next_ids(session, Parameter, MANY)
        _write(session, "lost", ids)
        session.scalar(select(1))
        address = database.url.set(drivername="postgresql").render_as_string()
        me = session.scalar(select(func.pg_backend_pid()))
        with psycopg.connect(address, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [me])
        _write(session, "lost too", ids)
        with pytest.raises(DBAPIError) as told:
            session.commit()
        assert told.value.connection_invalidated
    assert [_count(database, name) for name in ("lost", "lost too")] == [0, 0]


def test_more_rows_than_travel_at_once_are_written_piece_by_piece(database: Database) -> None:
    with database.open_write() as session:
        _write(session, "many", next_ids(session, Parameter, LOADED_ROWS + 1))
        session.commit()
    assert _count(database, "many") == LOADED_ROWS + 1
