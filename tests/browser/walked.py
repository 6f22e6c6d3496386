"""The town walked through: every page somebody reached by links, and looking at each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, ViewportSize

from tests.browser.looking import PHONE, Person
from tests.browser.peopled import OF_WORKERS, begin_elsewhere, find_logins, people_town
from tests.browser.town import Town, make_app, serve
from tests.browser.walking import BETWEEN, Broken, Found, choose, choose_variants, walk


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
    elsewhere, known = list(begin_elsewhere(town)), set[str]()
    for login, start in find_logins(town).items():
        made.cookies[login] = town.open_session(login) if login else ""
        starts = [start, *(path for who, path in elsewhere if who == login)]
        one_of_many = start == OF_WORKERS
        found, broken = walk(app, login, made.cookies[login], starts, known if one_of_many else ())
        made.found += found
        if one_of_many:
            # anybody's pages say the same to every worker; what is a worker's own differs
            known |= {each.path for each in found if each.kind.startswith("web.public.")}
        made.broken += broken
    with serve(town, app):
        yield made


@dataclass
class Looked:
    """What somebody found wrong with the pages they looked at, and which those were."""

    wrong: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    refused: set[tuple[str, int]] = field(default_factory=set)

    def note(self, person: Person, where: str, *, again: bool = False) -> None:
        """Look at the page on somebody's screen, perhaps again in other letters, and keep a picture of it."""
        self.wrong += [f"{where} {person.page.url}: {each}" for each in person.look(again=again)]
        self.shown.add(person.shown)
        if person.status >= 400:
            self.refused.add((person.shown, person.status))
        person.shoot(where)


def look_at_all(walked: Walked, chromium: Browser, size: ViewportSize) -> Looked:
    """Look at the fullest page of every view at one width.

    On a telephone, look as well at large letters, and at every word of a view that has a page for each.
    """
    looked, people = Looked(), _People(walked, chromium, size)
    width, seen = size["width"], choose(walked.found)
    for each in seen:
        person = people.open(each, looked)
        for large in (False, True) if size == PHONE else (False,):
            person.enlarge(large=large)
            looked.note(person, f"{_name(each)}-{width}{'-large' if large else ''}", again=large)
    for each in choose_variants(walked.found) if size == PHONE else []:
        if each not in seen:
            looked.note(people.open(each, looked), f"{_name(each)}-{width}")
    people.close()
    return looked


class _People:
    """Everybody who looks, each at a browser of their own."""

    def __init__(self, walked: Walked, chromium: Browser, size: ViewportSize) -> None:
        self._walked, self._chromium, self._size = walked, chromium, size
        self._people: dict[str, Person] = {}

    def open(self, page: Found, looked: Looked) -> Person:
        """Return whoever found a page, with the page on the screen."""
        if page.login not in self._people:
            person = Person(self._chromium, self._walked.town, page.login, self._size)
            self._people[page.login] = person
            if page.login:
                person.enter_with(self._walked.cookies[page.login])
        person = self._people[page.login]
        status = person.go(page.path)
        if status != 200:
            looked.wrong.append(f"{page.kind} {page.path} {status}")
        return person

    def close(self) -> None:
        """Close every window."""
        for person in self._people.values():
            person.close()


def _name(page: Found) -> str:
    return f"{page.kind.removeprefix('web.').replace(BETWEEN, '-')}-{page.login or 'anybody'}"
