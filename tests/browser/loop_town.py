"""The people of the whole loop, each at a browser of their own, and the clock they share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.looking import DESK, PHONE, Person
from tests.browser.town import Town, make_app, open_town, serve
from voucher.demo.house import moment
from voucher.demo.province.cast import MAIN_WORKER, list_codes
from voucher.demo.province.singles import open_account_of

BEGUN, TODAY = date(2024, 3, 1), date(2024, 3, 4)
WORKER = "worker-001"
NINE = {
    "worker": WORKER,
    "institution": "institution",
    "evaluator": "evaluator",
    "first reviewer": "first-review",
    "second reviewer": "second-review",
    "approver": "approver",
    "maker": "maker",
    "checker": "checker",
    "releaser": "releaser",
}


@dataclass
class Loop:
    """The town of one voucher; everybody signs in again when the clock has jumped."""

    town: Town
    browser: Browser
    people: dict[str, Person] = field(default_factory=dict)
    signed_in: set[str] = field(default_factory=set)

    def at(self, login: str) -> Person:
        """Return somebody at their browser, signed in through the pages."""
        if login not in self.people:
            size = PHONE if login == WORKER else DESK
            self.people[login] = Person(self.browser, self.town, login, size)
        person = self.people[login]
        if login not in self.signed_in:
            person.sign_in()
            self.signed_in.add(login)
        return person

    def anybody(self) -> Person:
        """Return somebody on a telephone who is not signed in."""
        return self.people.setdefault("", Person(self.browser, self.town, "", PHONE))

    def turn_to(self, day: str, hour: int = 10) -> None:
        """Jump to an hour of a Shanghai day."""
        at: datetime = moment(date.fromisoformat(day), hour)
        self.town.clock.turn_to(at)
        self.town.stage.house.at = at
        self.signed_in.clear()

    def is_fine(self, login: str) -> None:
        """Check the page somebody has on the screen, as it stands."""
        found = self.people[login].look()
        assert found == [], (self.people[login].page.url, found)


@contextmanager
def open_loop(folder: Path, browser: Browser) -> Iterator[Loop]:
    """Serve a town with money and programmes, and one worker who has an account and nothing else."""
    town = open_town(folder, TODAY, BEGUN)
    assert open_account_of(town.stage, MAIN_WORKER) == WORKER
    with serve(town, make_app(town, demo=False)):
        loop = Loop(town, browser)
        loop.turn_to(TODAY.isoformat(), 9)
        town.give_password(WORKER)
        yield loop
        for person in loop.people.values():
            person.close()


def code_of(body: str) -> str:
    """Return the 统一社会信用代码 of an organisation by the play's short name."""
    return next(code for each, code in list_codes() if each.key == body)
