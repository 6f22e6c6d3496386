"""Guards that read the sources stay together."""

from __future__ import annotations

import pytest

from tests.house import source


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every guard that reads the rooms to one worker, which parses the thousand of them once."""
    for item in items:
        if isinstance(item, pytest.Function) and getattr(item.module, "rooms", None) is source.rooms:
            item.add_marker(pytest.mark.xdist_group("sources"))
