"""Every page, as somebody who may enter it, on a telephone, in both sizes of letters; no link is dead.

Pictures of all of them lie in .run/shots for people to look at.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import PHONE
from tests.browser.walked import Walked, look_at_all
from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.entries import Entry

pytestmark = pytest.mark.tour

# steps of signing in, which nobody reaches who is in
STEPS_IN = frozenset({"web.entrance.code", "web.entrance.enrolment", "web.entrance.who"})
NO_PAGES = frozenset(
    {
        *("static", "web.public.appearance", "web.public.figures_file"),
        *("web.worker.code_state", "web.worker.service_worker", "web.worker.no_network"),
        "web.finance.download",
        # files, and the way to another house's sign-in and back
        *("web.worker.paper", "web.office.paper", "web.office.refusals_csv", "web.office.refusals_xlsx"),
        *("web.entrance.sign_on", "web.entrance.sign_on_back"),
    }
)
# nothing of the kind stands in this town: test_applying_pages and test_office_tariffs walk them
NOT_IN_TOWN = frozenset(
    {
        *("web.worker.application", "web.worker.new_application", "web.office.application"),
        "web.office.tariff",
    }
)


def test_every_page_can_be_reached_by_links_and_no_link_is_dead(walked: Walked) -> None:
    dead = sorted({f"{each.status} {each.path} on {each.on} ({each.login})" for each in walked.broken})
    assert dead == [], "\n".join(dead)
    reached = {each.kind.partition("-")[0] for each in walked.found} | STEPS_IN | NO_PAGES | NOT_IN_TOWN
    pages = {
        rule.endpoint
        for rule in walked.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint.startswith("web.")
    }
    assert sorted(pages - reached) == []
    assert all(MATRIX[each].who in (Entry.HALF_WAY, Entry.PUBLIC) for each in STEPS_IN)


def test_every_page_is_clean_on_a_telephone(walked: Walked, chromium: Browser) -> None:
    wrong = look_at_all(walked, chromium, PHONE)
    assert wrong == [], "\n".join(wrong)
