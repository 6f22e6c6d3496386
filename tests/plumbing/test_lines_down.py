"""A database that is started anew: whoever comes next is served, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from os import dup
from pathlib import Path
from socket import SHUT_RDWR, socket

import psycopg
import pytest
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.conftest import FOUNDED_AT
from tests.doors.world import JIYUAN, World
from tests.scene import Scene
from voucher.doors.auth import door
from voucher.plumbing import trips, unit_of_work
from voucher.plumbing.bulk import next_ids, write_unheard
from voucher.plumbing.db import Database
from voucher.plumbing.lines import is_line_down, tell
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.standards import Parameter
from voucher.rules.actor import Role

# a file does not hang up
pytestmark = pytest.mark.parametrize("database", ["postgres"], indirect=True)


@pytest.fixture
def world(database: Database, keyring: Keyring, tmp_path: Path) -> World:
    """Return a world behind the doors."""
    return World(database, keyring, tmp_path)


def _end_all(database: Database) -> None:
    """End every other connection, as a database does that is started anew."""
    address = database.url.set(drivername="postgresql").render_as_string()
    with psycopg.connect(address, autocommit=True) as other:
        ended = other.execute(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> 'keeper'"
        ).fetchone()
    assert ended is not None
    assert ended[0] > 0


def _count(database: Database, name: str) -> int:
    with database.read() as session:
        wanted = select(func.count()).select_from(Parameter).where(Parameter.name == name)
        return session.scalar(wanted) or 0


def _write(work: Work, name: str) -> None:
    row = Parameter(
        id=next_ids(work.session, Parameter, 1)[0], name=name, region_code="", value="1", unit="",
        since=FOUNDED_AT.date(), source="测试", confidence="default",
    )  # fmt: skip
    write_unheard(work.session, row)


def _fill_pool(database: Database) -> None:
    """Leave three connections behind that were in use a moment ago."""
    for _ in range(2):
        with database.read() as one, database.read() as two, database.open_write() as three:
            assert [each.scalar(select(1)) for each in (one, two, three)] == [1, 1, 1]
            trips.ask(three.connection(), select(Parameter.id).limit(1), {})()


def test_acts_looks_and_questions_go_on_after_every_connection_was_ended(scene: Scene) -> None:
    database, actor = scene.database, scene.actor("operator")
    _fill_pool(database)
    _end_all(database)
    # each of the three would be lent next, and only the first is found out by whoever is lent it
    perform(database, scene.keyring, actor, scene.at, lambda work: _write(work, "first"))
    assert database.look(select(func.count()).select_from(Parameter), {})
    for _ in range(4):
        assert _count(database, "first") == 1


def test_an_act_is_run_again_whose_line_broke_before_it_was_to_be_kept(scene: Scene) -> None:
    runs: list[int] = []

    def act(work: Work) -> None:
        runs.append(len(runs))
        _write(work, "again")
        trips.settle(work.session.connection())
        if len(runs) == 1:
            _end_all(scene.database)
        _write(work, "too")
        trips.settle(work.session.connection())

    actor = scene.actor("operator")
    perform(scene.database, scene.keyring, actor, scene.at, act)
    assert (len(runs), _count(scene.database, "again"), _count(scene.database, "too")) == (2, 1, 1)


@pytest.mark.parametrize("through_session", [False, True])
def test_an_act_is_not_run_again_whose_line_broke_while_it_was_being_kept(
    scene: Scene, *, through_session: bool
) -> None:
    runs: list[int] = []

    def act(work: Work) -> None:
        runs.append(len(runs))
        _write(work, "lost")
        trips.settle(work.session.connection())
        if through_session:
            work.session.execute(text("SELECT 1"))
        _end_all(scene.database)

    actor = scene.actor("operator")
    with pytest.raises(DBAPIError) as told:
        perform(scene.database, scene.keyring, actor, scene.at, act)
    assert is_line_down(told.value)
    assert (len(runs), _count(scene.database, "lost")) == (1, 0)


def test_a_line_that_broke_while_an_act_was_being_kept_is_lent_to_nobody(scene: Scene) -> None:
    database = scene.database
    said = {
        "region_code": "",
        "unit": "",
        "since": FOUNDED_AT.date(),
        "source": "测试",
        "confidence": "default",
    }

    def act(work: Work) -> None:
        # as an ordinary scan does: the session has not joined in, and its words go out with the commit
        connection = work.session.connection()
        mine = trips.ask(connection, select(func.pg_backend_pid()), {})()[0][0]
        trips.gather(connection)
        trips.send(connection, insert(Parameter), {"name": "lost", "value": "1", **said})
        with database.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:mine, 5000)"), {"mine": mine})

    actor = scene.actor("operator")
    with pytest.raises(DBAPIError) as told:
        perform(database, scene.keyring, actor, scene.at, act)
    assert is_line_down(told.value)
    with ExitStack() as lent:
        readers = [lent.enter_context(database.read()) for _ in range(4)]
        assert [each.scalar(select(1)) for each in readers] == [1, 1, 1, 1]
    assert _count(database, "lost") == 0


def test_a_request_that_meets_it_is_told_to_try_again_and_the_next_one_is_served(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    client = world.sign_in("jiban")
    assert client.get("/budgets").status_code == 200
    _end_all(world.database)
    answers = [client.get("/budgets") for _ in range(4)]
    assert answers[0].status_code in (200, 503)
    assert [each.status_code for each in answers[1:]] == [200, 200, 200]


def test_what_is_told_says_how_to_find_out_whether_it_was_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.staff("jiban", Role.OPERATOR)
    client = world.sign_in("jiban")

    def hang_up(_door: object, *_: object, **__: object) -> None:
        with world.database.read() as session:
            session.execute(select(1))
            _end_all(world.database)
            session.execute(select(1))

    with monkeypatch.context() as patched:
        patched.setattr(door.Door, "read", hang_up)
        answer = client.get("/budgets")
    assert (answer.status_code, answer.json["code"]) == (503, "database_gone")
    assert "先看是否已经办成" in answer.json["detail"]
    assert client.get("/budgets").status_code == 200


def test_a_lock_nobody_was_given_in_time_is_told_as_many_at_once_and_when_to_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.staff("jiban", Role.OPERATOR)
    client = world.sign_in("jiban")
    act, tries = door.Door.perform_as, list[int]()

    def wait(work: Work) -> None:
        tries.append(len(tries))
        work.session.execute(text("SET LOCAL lock_timeout = '5ms'"))
        work.session.execute(HELD)

    monkeypatch.setattr(unit_of_work, "_wait", lambda _attempt: None)
    monkeypatch.setattr(door.Door, "perform_as", lambda door, actor, *_, **__: act(door, actor, wait))
    with world.database.open_write() as holder:
        holder.execute(HELD)
        answer = client.post("/budgets", BUDGET)
        page = client.http.post("/budgets", data={"csrf_token": client.token})
    assert (answer.status_code, answer.json["code"]) == (503, "database_busy")
    assert (answer.json["title"], answer.headers["Retry-After"]) == (
        "现在很多人在办同一件事，本次没有办理",
        "30",
    )
    assert "请过一会儿再试" in answer.json["detail"]
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "现在很多人在办同一件事，本次没有办理" in page.text
    assert "请过一会儿回到上一页再试" in page.text
    assert len(tries) == 2 * unit_of_work.ATTEMPTS


BUDGET = {"region_code": JIYUAN, "year": 2024, "source": "employment_subsidy", "amount_fen": 100}
HELD = select(Parameter.id).order_by(Parameter.id).limit(1).with_for_update()
ASKED: dict[str, Callable[[Session], object]] = {
    "by the driver": lambda session: session.execute(HELD).all(),
    "on the wire": lambda session: trips.ask(session.connection(), HELD, {})(),
}
both_ways = pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)


def _line_of(session: Session) -> PGconn:
    driver = session.connection().connection.driver_connection
    assert driver is not None
    line: PGconn = driver.pgconn
    return line


@both_ways
def test_a_lock_waited_for_too_long_is_no_broken_line(
    database: Database, ask: Callable[[Session], object]
) -> None:
    with database.open_write() as holder, database.open_write() as waiting:
        holder.execute(HELD)
        waiting.execute(text("SET LOCAL lock_timeout = '20ms'"))
        with pytest.raises(DBAPIError) as told:
            ask(waiting)
    assert getattr(told.value.orig, "sqlstate", None) == "55P03"
    assert not is_line_down(told.value)


@both_ways
def test_a_mistake_of_ours_without_a_state_is_told_as_one_and_not_run_again(
    scene: Scene, ask: Callable[[Session], object]
) -> None:
    runs: list[int] = []

    def act(work: Work) -> None:
        runs.append(len(runs))
        # in the middle of another question
        _line_of(work.session).send_query(b"SELECT 1")
        ask(work.session)

    with pytest.raises(DBAPIError) as told:
        perform(scene.database, scene.keyring, scene.actor("operator"), scene.at, act)
    assert isinstance(told.value.orig, psycopg.OperationalError)
    assert told.value.orig.sqlstate is None
    assert not is_line_down(told.value), "who is told to look again would find the same mistake"
    assert len(runs) == 1
    assert _count(scene.database, "first") == 0, "whoever is lent the line next is served"


@both_ways
def test_a_line_that_breaks_without_a_word_is_down(
    database: Database, ask: Callable[[Session], object]
) -> None:
    with database.open_write() as session:
        ask(session)
        trips.settle(session.connection())
        with socket(fileno=dup(_line_of(session).socket)) as line:
            line.shutdown(SHUT_RDWR)
        with pytest.raises(DBAPIError) as told:
            ask(session)
        with suppress(DBAPIError):
            session.rollback()
    assert getattr(told.value.orig, "sqlstate", None) is None
    assert is_line_down(told.value)
    assert _count(database, "first") == 0, "whoever comes next is lent another one"


def test_a_server_s_answer_without_a_state_leaves_the_line_as_it_was(database: Database) -> None:
    with database.read() as session:
        answer = error_from_result(_line_of(session).make_empty_result(ExecStatus.FATAL_ERROR))
        assert answer.sqlstate is None
        assert not is_line_down(tell(session.connection().dialect, answer))


def test_a_database_nobody_answers_at_is_a_line_that_is_down(database: Database, tmp_path: Path) -> None:
    nobody = Database(f"postgresql://nobody@/nothing?host={tmp_path}")
    with pytest.raises(DBAPIError) as told, nobody.read() as session:
        session.execute(select(1))
    assert is_line_down(told.value)
    with pytest.raises(DBAPIError) as looked:
        nobody.look(select(1), {})
    assert is_line_down(looked.value)
    assert database.look(select(1), {})
