"""What tests at the doors may ask for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.world import OPENED_AT, World
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.registry.founding import found


@pytest.fixture(scope="session")
def door_keys(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    """Return keys that live as long as the worker process."""
    return Keyring.open(tmp_path_factory.mktemp("doors") / "keys.json", create=True)


@pytest.fixture(scope="session")
def door_template(tmp_path_factory: pytest.TempPathFactory, door_keys: Keyring) -> Path:
    """Return a founded SQLite database to be copied."""
    path = tmp_path_factory.mktemp("doors") / "template.db"
    database = Database(f"sqlite:///{path}")
    found(database, door_keys, OPENED_AT)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    database.dispose()
    return path


@pytest.fixture
def world(door_template: Path, door_keys: Keyring, tmp_path: Path) -> Iterator[World]:
    """Yield a world behind the doors; it is gone after the test."""
    path = tmp_path / "voucher.db"
    shutil.copyfile(door_template, path)
    database = Database(f"sqlite:///{path}")
    yield World(database, door_keys, tmp_path)
    database.dispose()
