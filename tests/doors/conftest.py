"""What tests at the doors may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doors.world import World
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring


@pytest.fixture
def world(database: Database, keyring: Keyring, tmp_path: Path) -> World:
    """Return a world behind the doors."""
    return World(database, keyring, tmp_path)
