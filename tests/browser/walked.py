"""The town walked through: every page somebody reached by links, and looking at each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser

from tests.browser.looking import Person
from tests.browser.peopled import asked_by_number, find_logins, people_town
from tests.browser.town import Town, make_app, serve
from tests.browser.walking import Broken, Found, choose, walk


@dataclass
class Walked:
    """A served town and every page somebody reached in it."""

    town: Town
    app: Flask
    found: list[Found]
    broken: list[Broken]
    cookies: dict[str, str]


@contextmanager
def walk_everywhere(folder: Path) -> Iterator[Walked]:
    """Yield the served town after everybody followed every link."""
    town = people_town(folder)
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


def look_at_all(walked: Walked, chromium: Browser, size: dict[str, int]) -> list[str]:
    """Return what is wrong with the fullest page of every kind at one width, in both sizes of letters."""
    wrong: list[str] = []
    people: dict[str, Person] = {}
    for each in choose(walked.found):
        if each.login not in people:
            people[each.login] = Person(chromium, walked.town, each.login, size)
            if each.login:
                people[each.login].enter_with(walked.cookies[each.login])
        wrong += _look_at(people[each.login], each, size["width"])
    for person in people.values():
        person.close()
    return wrong


def _look_at(person: Person, page: Found, width: int) -> Iterator[str]:
    status = person.go(page.path)
    if status != 200:
        yield f"{page.kind} {page.path} {status}"
    for large in (False, True):
        person.enlarge(large=large)
        where = (
            f"{page.kind.removeprefix('web.')}-{page.login or 'anybody'}-{width}{'-large' if large else ''}"
        )
        yield from (f"{where} {page.path}: {each}" for each in person.look())
        person.shoot(where)
