"""A telephone carried about: its browser keeps its profile, its line can be cut, its screen is filmed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.line import Line, lay_line
from tests.browser.looking import DESK, FLAGS, HERE, PHONE, Person, named_browser
from tests.browser.loop_town import WORKER, Loop, open_loop

# as a real telephone has it, so that a filmed code is not blurred
SHARPNESS = 2
FILMED = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
PRESS_KEYS = """codes => codes.forEach(code => document.activeElement.dispatchEvent(
  new KeyboardEvent('keydown', {code, key: code.slice(-1), bubbles: true, cancelable: true})))"""
CODE = "[data-picture][data-code]"


@dataclass
class Carried:
    """The town, one telephone in it, the line the telephone hangs on, and the counter with its camera."""

    loop: Loop
    line: Line
    browser: Browser
    folder: Path
    film: Path

    @property
    def phone(self) -> Person:
        """Return the worker's telephone."""
        return self.loop.people[WORKER]

    def open_phone(self, profile: str) -> Person:
        """Open the browser of a telephone on one of the profiles that were kept."""
        context = self.browser.browser_type.launch_persistent_context(
            self.folder / profile,
            executable_path=named_browser(),
            args=[*FLAGS, "--password-store=basic"],
            base_url=self.line.address,
            viewport=PHONE,
            device_scale_factor=SHARPNESS,
            **HERE,
        )
        return Person(self.browser, self.loop.town, WORKER, PHONE, context)

    def open_counter(self) -> Person:
        """Open the counter's browser: its camera sees what was filmed last, and nobody has to allow it."""
        context = self.browser.browser_type.launch_persistent_context(
            self.folder / "counter",
            executable_path=named_browser(),
            args=[*FLAGS, *FILMED, f"--use-file-for-fake-video-capture={self.film}"],
            base_url=self.loop.town.address,
            viewport=DESK,
            **HERE,
        )
        return Person(self.browser, self.loop.town, "scanner", DESK, context)

    def copy_profile(self, name: str) -> None:
        """Copy what the telephone keeps, keys and cookies and all; it is closed meanwhile."""
        self.phone.close()
        shutil.copytree(
            self.folder / "phone", self.folder / name, ignore=shutil.ignore_patterns("Singleton*")
        )
        self.loop.people[WORKER] = self.open_phone("phone")

    def show(self, person: Person, voucher_id: int = 1) -> str:
        """Show the code of a voucher on a telephone and return its digits."""
        person.page.goto(f"/my/vouchers/{voucher_id}/code")
        return read_code(person)

    def film_phone(self, person: Person) -> None:
        """Let the counter's camera see what is on a telephone's screen now."""
        self.film.write_bytes(person.page.screenshot(type="jpeg", quality=92))


def read_code(person: Person) -> str:
    """Wait for a code on a telephone and return its digits."""
    expect(person.page.locator(CODE)).to_be_visible()
    return person.page.locator(CODE).get_attribute("data-code") or ""


def next_code(person: Person, last: str) -> str:
    """Wait until the code on a telephone is another one, and return it."""
    expect(person.page.locator(CODE)).not_to_have_attribute("data-code", last, timeout=25_000)
    return read_code(person)


def scan_by_gun(counter: Person, digits: str) -> None:
    """Let a gun write a code: key after key, and Enter, all within a moment however busy the machine is."""
    counter.page.locator("input[data-scan]").focus()
    counter.page.wait_for_load_state("load")  # a gun writes into nothing before the page listens
    counter.page.evaluate(PRESS_KEYS, [f"Digit{each}" for each in digits] + ["Enter"])


def fill_in_card(counter: Person, last4: str) -> None:
    """Type the last four of the card at the counter and redeem."""
    counter.page.get_by_label("证件后四位").fill(last4)
    counter.press("核销", counter.page.locator("#scan-board"))


@contextmanager
def carry(folder: Path, browser: Browser) -> Iterator[Carried]:
    """Yield a town in which the worker's telephone keeps its profile and the counter has a camera."""
    with open_loop(folder, browser) as loop, lay_line(loop.town.address) as line:
        carried = Carried(loop, line, browser, folder, folder / "film.mjpeg")
        loop.people[WORKER] = carried.open_phone("phone")
        loop.people["scanner"] = carried.open_counter()
        yield carried
