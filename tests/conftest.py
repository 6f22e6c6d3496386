"""What every test may ask for: a fresh, founded database of either kind, keys, people who act.

One PostgreSQL per run: the controlling process starts it and tells the workers where it is.
After every test that used a database, the invariants must return no row.
"""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings
from psycopg import sql

from tests.broken import is_broken
from tests.lending import borrow, borrow_kept, give_back, give_back_kept
from tests.postgres import Server
from tests.scene import Scene
from tests.warm import copy_of, drop, housekeeper, postgres_url
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.registry.founding import found
from voucher.stages.oversee.invariants import find_violations

FOUNDED_AT = datetime(2023, 9, 1, 1, 0, tzinfo=UTC)
BACKENDS = ("sqlite", "postgres")
# a disk makes the four hundred files of one PostgreSQL database twenty times as slowly
# a process that lives as long as a run need not look for a few hundred lost objects a thousand times a second
SELDOM = (50_000, 20, 20)
MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 4 * 1024**3  # noqa: S108 — every test has a folder of its own in it


# nothing here may fail by chance or because a machine is slow: the same examples every run, however long they
# take; who looks for new ones says --hypothesis-profile=default
settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.load_profile("steady")


def pytest_configure(config: pytest.Config) -> None:
    """Look for garbage seldom; start the one PostgreSQL of this run, in the controlling process only."""
    gc.set_threshold(*SELDOM)
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    keep_in_memory()
    server = Server()
    config.stash[SERVER] = server
    os.environ["VOUCHER_TEST_POSTGRES"] = str(server.folder / "socket")


def keep_in_memory() -> None:
    """Keep databases and files of tests in memory where there is room: nothing here has to survive."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES:
        tempfile.tempdir = os.environ["TMPDIR"] = str(MEMORY)


def pytest_collection_finish() -> None:
    """Leave what was read to begin with out of every search for garbage: it never becomes any."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the PostgreSQL again."""
    server = config.stash.get(SERVER, None)
    if server is not None:
        server.stop()


SERVER = pytest.StashKey[Server]()


@pytest.fixture(scope="session")
def keyring(shared: Path) -> Keyring:
    """Return the keys of this run; what is founded once is sealed with them for every worker process."""
    path = shared / "keys.json"
    with alone(path):
        return Keyring.open(path, create=not path.exists())


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder all worker processes of this run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep the other worker processes from a file until it is made."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def templates(shared: Path, keyring: Keyring) -> dict[str, str]:
    """Return a founded template database of each kind, made once per run.

    Every second worker begins with the other kind, so that two make one each.
    """
    made: dict[str, str] = {}
    kinds = [("sqlite", _found_sqlite), ("postgres", _found_postgres)]
    if os.environ.get("PYTEST_XDIST_WORKER", "gw0")[-1] in "13579":
        kinds.reverse()
    for kind, make in kinds:
        told = shared / f"template.{kind}"
        with alone(told):
            if not told.exists():
                told.write_text(make(shared, keyring), encoding="utf-8")
        made[kind] = told.read_text(encoding="utf-8")
    return made


def _found_sqlite(folder: Path, keyring: Keyring) -> str:
    path = folder / "template.db"
    sqlite = Database(f"sqlite:///{path}")
    found(sqlite, keyring, FOUNDED_AT)
    with sqlite.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    sqlite.dispose()
    return str(path)


def _found_postgres(_folder: Path, keyring: Keyring) -> str:
    name = f"template_{uuid4().hex}"
    housekeeper().execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    postgres = Database(postgres_url(name))
    found(postgres, keyring, FOUNDED_AT)
    postgres.dispose()
    return name


@contextmanager
def fresh_database(
    backend: str, templates: dict[str, str], folder: Path, *, copied: bool = False
) -> Iterator[Database]:
    """Yield a copy of the founded template of a kind; afterwards its rows are gone.

    One that is to be `copied` itself is nobody's before and after: no connection may rest in it.
    """
    if backend == "sqlite":
        path = folder / "voucher.db"
        shutil.copyfile(templates["sqlite"], path)
        made = borrow(backend, f"sqlite:///{path}")
        try:
            yield made
        finally:
            give_back(backend, made)
    elif copied:
        name = copy_of(templates["postgres"])
        made = borrow(backend, postgres_url(name))
        try:
            yield made
        finally:
            give_back(backend, made)
            drop(name)
    else:
        made = borrow_kept(templates["postgres"])
        try:
            yield made
        finally:
            give_back_kept(made)


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest, templates: dict[str, str], tmp_path: Path) -> Iterator[Database]:
    """Yield a fresh founded database of each kind; afterwards its invariants must hold."""
    copied = request.node.get_closest_marker("new_copy") is not None
    with fresh_database(str(request.param), templates, tmp_path, copied=copied) as made:
        yield made
        if request.node.get_closest_marker("plants_violation") is None:
            with made.read() as session:
                violations = find_violations(session) if is_broken(session) else []
            assert violations == [], violations


@pytest.fixture
def scene(database: Database, keyring: Keyring, tmp_path: Path) -> Scene:
    """Return a small world to act in: a database, keys, and people with roles."""
    return Scene(database, keyring, tmp_path, FOUNDED_AT)
