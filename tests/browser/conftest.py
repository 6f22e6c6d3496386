"""What tests in a browser may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import open_browser
from tests.browser.walked import Walked, walk_everywhere


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Yield a running browser; whoever looks opens a window of their own in it."""
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    """Yield the served town after everybody followed every link."""
    with walk_everywhere(tmp_path_factory.mktemp("town")) as made:
        yield made
