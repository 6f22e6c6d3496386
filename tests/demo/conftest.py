"""The demonstration's province in small, built once for every test that only looks at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import fresh_database
from tests.demo.built import Built, build
from voucher.plumbing.secrets import Keyring
from voucher.stages.oversee.invariants import find_violations


@pytest.fixture(scope="session")
def built(
    templates: dict[str, str], keyring: Keyring, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    """Yield the province as whoever opens the demonstration finds it."""
    folder = tmp_path_factory.mktemp("province")
    with fresh_database("sqlite", templates, folder) as database:
        yield build(database, keyring, folder)
        # whatever the tests tried on it was rolled back
        with database.read() as session:
            assert find_violations(session) == []
