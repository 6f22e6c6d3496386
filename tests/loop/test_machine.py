"""Thousands of ways through the tables, played by the real acts: whatever is tried, the books stay right.

pytest tests/loop/test_machine.py               a few fixed plays on each database
MACHINE_PLAYS=500 MACHINE_SEED=7 MACHINE_STEPS=40 pytest -s -m storm tests/loop/test_machine.py
                                                as many others as there is time for
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import BACKENDS, FOUNDED_AT, fresh_database
from tests.loop.machine_money import Province
from tests.loop.playing import Playground, Playing, set_the_table
from tests.loop.watching import WATCHED, Seen, Start
from tests.scene import Scene
from voucher.plumbing.secrets import Keyring
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
    max_examples=int(os.environ.get("MACHINE_PLAYS", "6")),
    stateful_step_count=int(os.environ.get("MACHINE_STEPS", "30")),
)
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
    with ExitStack() as kept:
        folder = tmp_path_factory.mktemp("set")
        database = kept.enter_context(fresh_database(backend, templates, folder))
        scene = Scene(database, keyring, folder, FOUNDED_AT)
        where = set_the_table(scene)
        if backend == "sqlite":
            with database.engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")
        set_up = {"sqlite": str(folder / "voucher.db"), "postgres": str(database.engine.url.database)}
        database.dispose()
        plays = count()
        actors: dict[str, Actor] = {}

        def begin() -> tuple[Playing, Callable[[], None]]:
            opened = ExitStack()
            mine = _folder(folder, f"play-{next(plays)}")
            opened.callback(shutil.rmtree, mine)
            copied = opened.enter_context(fresh_database(backend, set_up, mine))
            played = Playground(copied, keyring, mine, scene.at, scene.serials, actors=actors)
            return Playing(played, **where), opened.close

        yield begin


def _folder(parent: Path, name: str) -> Path:
    made = parent / name
    made.mkdir()
    return made


def run(start: Start, profile: settings) -> Seen:
    """Play as often as a profile says, always the same plays, and return what they met."""
    seen = Seen()
    machine = type("Play", (Province,), {"start": staticmethod(start), "seen": seen})
    seed(SEED)(machine)
    try:
        run_state_machine_as_test(machine, settings=profile)
    finally:
        sys.stdout.write(f"\n{seen}\n")
    return seen


def test_the_tables_hold_whatever_people_try(start: Start) -> None:
    assert run(start, QUICK).steps > 0


@pytest.mark.storm
def test_the_tables_hold_whatever_people_try_for_a_long_time(start: Start) -> None:
    seen = run(start, LONG)
    assert len(seen.missing(WATCHED)) < 60
