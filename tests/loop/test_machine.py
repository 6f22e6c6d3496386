"""Thousands of ways through the tables, played by the real acts: whatever is tried, the books stay right.

pytest tests/loop/test_machine.py               a few fixed plays on each database
MACHINE_PLAYS=500 MACHINE_SEED=7 MACHINE_STEPS=40 pytest -s -m storm tests/loop/test_machine.py
                                                as many others as there is time for
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import BACKENDS, FOUNDED_AT, fresh_database
from tests.loop.machine_money import Province
from tests.loop.machine_tour import CERTIFIED, FROM_CERTIFIED, FROM_NOTHING, NOT_WALKED, Step
from tests.loop.playing import DIRECTED, Playground, Playing, set_the_table
from tests.loop.watching import WATCHED, Seen, Start
from tests.scene import Scene
from tests.stages.oversee.stripping import strip
from voucher.ledger import budget
from voucher.ledger.postings import Line
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Actor

QUICK = settings(
    max_examples=2,
    stateful_step_count=12,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
LONG = settings(
    QUICK,
    max_examples=int(os.environ.get("MACHINE_PLAYS", "1")),
    stateful_step_count=int(os.environ.get("MACHINE_STEPS", "20")),
)
# by hand on one database, unless there is time; chance plays on both
TOURED = BACKENDS if "MACHINE_PLAYS" in os.environ else BACKENDS[:1]
SEED = int(os.environ.get("MACHINE_SEED", "1"))


@pytest.fixture(scope="module", params=BACKENDS)
def start(
    request: pytest.FixtureRequest,
    templates: dict[str, str],
    keyring: Keyring,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Start]:
    """Yield what opens a fresh world with the table set: set once, copied for every play."""
    backend = str(request.param)
    folder = tmp_path_factory.mktemp("set")
    with fresh_database(backend, templates, folder, copied=True) as database:
        scene = Scene(database, keyring, folder, FOUNDED_AT)
        where = set_the_table(scene)
        yield copies_of(Playing(scene, **where), {})


def copies_of(play: Playing, actors: dict[str, Actor]) -> Start:
    """Return what opens a copy of a world as it stands; nobody may be in it meanwhile."""
    scene = play.scene
    engine = scene.database.engine
    backend = "sqlite" if scene.database.is_sqlite else "postgres"
    if backend == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
    scene.database.dispose()
    source = {backend: str(scene.database.url.database)}
    at, serials, plays = scene.at, scene.serials, count()

    def begin() -> tuple[Playing, Callable[[], None]]:
        opened = ExitStack()
        folder = _folder(scene.folder, f"play-{next(plays)}")
        opened.callback(shutil.rmtree, folder)
        copied = opened.enter_context(fresh_database(backend, source, folder))
        played = Playground(copied, scene.keyring, folder, at, serials, scene.evaluators, everybody=actors)
        return replace(play, scene=played, told=Counter()), opened.close

    return begin


def _folder(parent: Path, name: str) -> Path:
    made = parent / name
    made.mkdir()
    return made


def machine(start: Start, seen: Seen) -> type[Province]:
    """Return the machine that plays in such worlds and writes down what it meets."""
    return type("Play", (Province,), {"start": staticmethod(start), "seen": seen})


def run(start: Start, profile: settings) -> Seen:
    """Play as often as a profile says, always the same plays, and return what they met."""
    seen = Seen()
    playing = machine(start, seen)
    seed(SEED)(playing)
    try:
        run_state_machine_as_test(playing, settings=profile)
    finally:
        sys.stdout.write(f"\n{seen}\n")
    return seen


def test_the_tables_hold_whatever_people_try(start: Start) -> None:
    assert run(start, QUICK).steps > 0


@pytest.mark.storm
def test_the_tables_hold_whatever_people_try_for_a_long_time(start: Start) -> None:
    run(start, LONG)


@pytest.mark.storm
@pytest.mark.parametrize("start", TOURED, indirect=True)
def test_nearly_every_square_of_six_tables_is_walked(start: Start) -> None:
    seen = Seen()
    first = machine(start, seen)()
    try:
        walk(first, (CERTIFIED,))
        further = copies_of(first.play, {})
        for begin, scripts in ((start, FROM_NOTHING), (further, FROM_CERTIFIED)):
            for script in scripts:
                play = machine(begin, seen)()
                walk(play, script)
                play.teardown()
    finally:
        first.close()
    sys.stdout.write(f"\n{seen}\n")
    assert set(seen.missing(WATCHED)) == set(NOT_WALKED)


def walk(play: Province, script: Sequence[Step]) -> None:
    """Play what is set down by hand, and look after every step."""
    for rule, given in script:
        getattr(play, rule)(**given)
        play.every_object_stands_where_the_tables_led_it()
        play.money_sums()
        play.steps += 1


def test_money_kept_twice_is_seen_by_the_first_play(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    once = budget.reserve

    def twice(work: Work, budget_id: int, lines: Sequence[Line]) -> None:
        once(work, budget_id, lines)
        once(work, budget_id, lines)

    monkeypatch.setattr(budget, "reserve", twice)
    with pytest.raises(AssertionError, match="reserved and spent"):
        run(start, QUICK)


def test_money_that_drifts_and_a_state_past_the_tables_are_seen(start: Start) -> None:
    play = machine(start, Seen())()
    try:
        play.advance_somebody(who=0, what=DIRECTED, which=0, goal="accepted")
        play.money_sums()
        play.every_object_stands_where_the_tables_led_it()
        plant(play, "UPDATE voucher SET reserved_fen = reserved_fen - 100")
        with pytest.raises(AssertionError, match="reserved and spent"):
            play.money_sums()
        with pytest.raises(AssertionError, match="violated"):
            play.ask_everything()
        play.every_object_stands_where_the_tables_led_it()
        plant(play, "UPDATE voucher SET state = 'settled'")
        with pytest.raises(AssertionError, match="stands elsewhere"):
            play.every_object_stands_where_the_tables_led_it()
    finally:
        play.close()


def plant(play: Province, sin: str) -> None:
    """Write past every guard of the table of vouchers."""
    database = play.play.scene.database
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        strip(connection, "voucher", sqlite=database.is_sqlite)
        connection.exec_driver_sql(sin)
        connection.commit()
