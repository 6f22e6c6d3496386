"""What tests at the doors may ask for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.broken import is_broken
from tests.conftest import BACKENDS, fresh_database
from tests.doors.loop import Loop, build
from tests.doors.world import World
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.stages.oversee.invariants import find_violations


@pytest.fixture
def world(database: Database, keyring: Keyring, tmp_path: Path) -> World:
    """Return a world behind the doors."""
    return World(database, keyring, tmp_path)


@pytest.fixture(scope="session")
def built(
    templates: dict[str, str], keyring: Keyring, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], tuple[Loop, str]]]:
    """Yield what returns, per kind of database, the loop built once and the template made of it."""
    known: dict[str, tuple[Loop, str]] = {}
    opened = []

    def give(backend: str) -> tuple[Loop, str]:
        if backend not in known:
            folder = tmp_path_factory.mktemp(f"loop-{backend}")
            opening = fresh_database(backend, templates, folder, copied=True)
            made = opening.__enter__()
            opened.append(opening)
            loop = build(World(made, keyring, folder))
            loop.clients.clear()
            name = str(made.url.database)
            made.dispose()
            if backend == "sqlite":
                # whatever still lies beside the file goes into it, so that the file alone can be copied
                checkpoint = Database(f"sqlite:///{name}")
                with checkpoint.engine.connect() as connection:
                    connection.exec_driver_sql("ROLLBACK")
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                    connection.exec_driver_sql("BEGIN")
                checkpoint.dispose()
                shutil.copyfile(name, folder / "template.db")
                name = str(folder / "template.db")
            known[backend] = (loop, name)
        return known[backend]

    yield give
    for opening in opened:
        opening.__exit__(None, None, None)


@pytest.fixture(params=BACKENDS)
def loop(
    request: pytest.FixtureRequest,
    built: Callable[[str], tuple[Loop, str]],
    keyring: Keyring,
    tmp_path: Path,
) -> Iterator[Loop]:
    """Yield a copy of the built loop on each kind of database; afterwards its invariants must hold."""
    backend = str(request.param)
    first, template = built(backend)
    with fresh_database(backend, {backend: template}, tmp_path) as made:
        world = World(made, keyring, tmp_path, at=first.world.at, secrets=dict(first.world.secrets))
        yield Loop(world, ids=dict(first.ids))
        with made.read() as session:
            violations = find_violations(session) if is_broken(session) else []
        assert violations == [], violations
