"""Every page, as somebody who may enter it, on a telephone and on a desk, in both sizes of letters.

Pictures of all of them lie in .run/shots for people to look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser.looking import DESK, PHONE, Person
from tests.browser.peopled import asked_by_number, find_logins, people_town
from tests.browser.town import Town, make_app, serve
from tests.browser.walking import Broken, Found, choose, walk
from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.entries import Entry

pytestmark = pytest.mark.tour

# steps of signing in, which nobody reaches who is in
STEPS_IN = frozenset({"web.entrance.code", "web.entrance.enrolment"})
NO_PAGES = frozenset({"static", "web.public.appearance", "web.worker.code_state", "web.finance.download"})


@dataclass
class Walked:
    """A served town and every page somebody reached in it."""

    town: Town
    app: Flask
    found: list[Found]
    broken: list[Broken]
    cookies: dict[str, str]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    """Yield the served town after everybody followed every link."""
    town = people_town(tmp_path_factory.mktemp("town"))
    app = make_app(town, demo=True)
    made = Walked(town, app, [], [], {})
    typed = list(asked_by_number(town))
    for login, start in find_logins(town).items():
        made.cookies[login] = town.open_session(login) if login else ""
        starts = [start, *(path for who, path in typed if who == login)]
        found, broken = walk(app, login, made.cookies[login], starts)
        made.found += found
        made.broken += broken
    with serve(town, app):
        yield made


def test_every_page_can_be_reached_by_links_and_no_link_is_dead(walked: Walked) -> None:
    dead = sorted({f"{each.status} {each.path} on {each.on} ({each.login})" for each in walked.broken})
    assert dead == [], "\n".join(dead)
    reached = {each.kind.partition("-")[0] for each in walked.found} | STEPS_IN | NO_PAGES
    pages = {
        rule.endpoint
        for rule in walked.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint.startswith("web.")
    }
    assert sorted(pages - reached) == []
    assert all(MATRIX[each].who in (Entry.HALF_WAY, Entry.PUBLIC) for each in STEPS_IN)


def test_every_page_is_clean_on_a_telephone_and_on_a_desk(walked: Walked, chromium: Browser) -> None:
    wrong: list[str] = []
    people: dict[str, Person] = {}
    for each in choose(walked.found):
        if each.login not in people:
            people[each.login] = Person(chromium, walked.town, each.login)
            if each.login:
                people[each.login].enter_with(walked.cookies[each.login])
        wrong += look_everywhere(people[each.login], each)
    for person in people.values():
        person.close()
    assert wrong == [], "\n".join(wrong)


def look_everywhere(person: Person, page: Found) -> Iterator[str]:
    """Yield what is wrong with a page, at both widths and in both sizes of letters."""
    status = person.go(page.path)
    if status != 200:
        yield f"{page.kind} {page.path} {status}"
    for size in (PHONE, DESK):
        person.page.set_viewport_size(size)  # type: ignore[arg-type]
        for large in (False, True):
            person.enlarge(large=large)
            where = f"{page.kind.removeprefix('web.')}-{page.login or 'anybody'}-{size['width']}"
            where += "-large" if large else ""
            yield from (f"{where} {page.path}: {each}" for each in person.look())
            if large == (size is PHONE):
                person.shoot(where)
