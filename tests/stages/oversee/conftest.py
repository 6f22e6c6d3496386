"""A town of each kind, built once per worker; the tests roll back whatever they write into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import BACKENDS, FOUNDED_AT, fresh_database
from tests.stages.oversee.town import ANCHORS, Town, build_town
from voucher.plumbing.secrets import Keyring


@pytest.fixture(scope="session", params=BACKENDS)
def town(
    request: pytest.FixtureRequest,
    templates: dict[str, str],
    keyring: Keyring,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Town]:
    """Yield one town of each kind."""
    folder: Path = tmp_path_factory.mktemp("town")
    with fresh_database(str(request.param), templates, folder) as made:
        build_town(made, keyring, folder, FOUNDED_AT)
        yield Town(made, keyring, folder / ANCHORS)
