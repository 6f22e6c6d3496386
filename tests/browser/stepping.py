"""Stepping on: the pages no link leads to, because a button does, or a refusal; each is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from playwright.sync_api import Browser
from sqlalchemy import select

from tests.browser.looking import PHONE, Person
from tests.browser.town import Town
from tests.browser.walked import Looked, Walked
from voucher.config import SignOn
from voucher.ledger.holds import select_held
from voucher.ledger.vouchers import Voucher
from voucher.rules.lifecycle import Thing

MISSING = 999_999
SEND_ANYHOW = "() => document.querySelectorAll('form').forEach(each => { each.noValidate = true; })"


class Stepping:
    """Everybody who steps on through the pages, each at a telephone of their own, and what they saw."""

    def __init__(self, walked: Walked, chromium: Browser) -> None:
        self.town: Town = walked.town
        self.looked = Looked()
        self._walked, self._chromium = walked, chromium
        self._people: dict[str, Person] = {}

    def at(self, login: str, path: str) -> Person:
        """Return somebody who is signed in, at a page."""
        if login not in self._people:
            person = self._people[login] = Person(self._chromium, self.town, login, PHONE)
            if login:
                person.enter_with(self._walked.cookies.get(login) or self.town.open_session(login))
        self._people[login].go(path)
        return self._people[login]

    @contextmanager
    def another_house(self) -> Iterator[None]:
        """Let the town know of a house where people may sign in as well; nobody goes there."""
        app = self._walked.app
        door = app.extensions["voucher"]
        elsewhere = SignOn("http://127.0.0.1:1", "voucher", "a secret", "豫事办", "identity_number")
        app.extensions["voucher"] = replace(door, config=replace(door.config, sign_on=elsewhere))
        yield
        app.extensions["voucher"] = door

    def holder(self, state: str, *about: Any) -> tuple[str, int]:
        """Return a login with a voucher in this state, and the voucher."""
        with self.town.database.read() as session:
            rows = session.execute(
                select(Voucher.holder_person_id, Voucher.id)
                .where(Voucher.state == state, *about, Voucher.id.not_in(select_held(Thing.VOUCHER)))
                .order_by(Voucher.id)
            ).all()
        workers = self.town.stage.workers
        found = [(workers[person_id], voucher_id) for person_id, voucher_id in rows if person_id in workers]
        login, voucher_id = found[0]
        self.town.give_password(login)
        return login, voucher_id

    def find(self, model: Any, *about: Any) -> int:
        """Return the id of the first row of which all of this holds."""
        with self.town.database.read() as session:
            found: int = session.scalars(select(model.id).where(*about).order_by(model.id)).first() or 0
        assert found, (model, about)
        return found

    def note(self, person: Person, name: str, template: str) -> None:
        """Look at the page a step led to, which has to be this one, and keep a picture."""
        assert person.shown == template, (name, person.page.url, person.status, person.shown)
        assert person.status >= 400 or not name.endswith("refused"), (name, person.page.url)
        refusal = f"the server responded with a status of {person.status}"
        if person.status >= 400:
            # the browser mentions every refused page
            person.complaints = [each for each in person.complaints if refusal not in each]
        self.looked.note(person, f"step-{name}-{PHONE['width']}")

    def close(self) -> None:
        """Close every window."""
        for person in self._people.values():
            person.close()


def push(person: Person, action: str, *, empty: bool = False) -> None:
    """Push the button of the form that is sent to such an address; empty, where the browser would not."""
    if empty:
        person.page.evaluate(SEND_ANYHOW)
    with person.page.expect_navigation():
        person.page.locator(f"form[method=post][action$='{action}'] button").first.click()


def look_everywhere(walked: Walked, chromium: Browser, parts: Sequence[Any]) -> Looked:
    """Take every step there is and return what was seen."""
    steps = Stepping(walked, chromium)
    for part in parts:
        part(steps)
    steps.close()
    return steps.looked
