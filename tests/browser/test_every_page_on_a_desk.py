"""Every page, as somebody who may enter it, on a desk, in both sizes of letters.

Apart from the telephone's so that two browsers look at the same time.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import DESK
from tests.browser.walked import Walked, look_at_all

pytestmark = pytest.mark.tour


def test_every_page_is_clean_on_a_desk(walked: Walked, chromium: Browser) -> None:
    wrong = look_at_all(walked, chromium, DESK).wrong
    assert wrong == [], "\n".join(wrong)
