"""A person at a browser of their own, and what may be said against the page on the screen."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)
from playwright.sync_api import TimeoutError as NeverCame

from tests.browser.town import SHOWN, Town
from voucher.demo.staff import PASSWORD

ROOT = Path(__file__).parents[2]
AXE = ROOT / "static" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = ROOT / ".run" / "shots"
PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1440, "height": 900}
PATIENCE_MS = 30_000
GROWS_AT_MOST = 5
FLAGS = (
    "--no-sandbox",  # the pages are ours, and inside a container there is none to have
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
# where every browser of ours stands
HERE: dict[str, Any] = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "reduced_motion": "reduce"}
ACCESSIBLE = ("wcag2a", "wcag2aa", "wcag21aa", "wcag22aa")
# what letters of another size can change; what a page says and its colours stay as they were
OF_SIZE = ("target-size", "scrollable-region-focusable")
ASK_AXE = """async ([type, values]) => {
  const found = await axe.run(document, {runOnly: {type, values}, resultTypes: ['violations']});
  return found.violations.map(each => each.id + ': ' + each.nodes.slice(0, 4).map(
    node => node.target.join(' ') + ' ' + node.html.slice(0, 160)
      + ' (' + (node.any[0] ? node.any[0].message : '') + ')').join(' | '));
}"""
# what sticks out of the page to the right, where the page as a whole can be pushed aside
ASK_WIDTH = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= window.innerWidth) return [];
  const out = [...document.querySelectorAll('body *')].filter(
    each => each.getBoundingClientRect().right > window.innerWidth + 1
      && getComputedStyle(each).position !== 'fixed');
  return [`${page.scrollWidth} > ${window.innerWidth}: ` + out.slice(-4).map(
    each => each.tagName.toLowerCase() + '.' + each.className + ' ' + each.textContent.trim().slice(0, 30)
  ).join(' | ')];
}"""
# links within the page that lead to nothing on it
ASK_ANCHORS = """() => [...document.querySelectorAll('a[href^="#"]')]
  .map(each => each.getAttribute('href'))
  .filter(each => each.length > 1 && !document.getElementById(each.slice(1)))
  .map(each => `${each} leads nowhere on this page`)"""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start the machine's Chromium; VOUCHER_CHROMIUM names another one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=named_browser(), args=list(FLAGS))
        yield browser
        browser.close()


def named_browser() -> str:
    """Return the path of the browser to look with."""
    return find_browser(os.environ.get("VOUCHER_CHROMIUM") or "chromium")


def find_browser(name: str) -> str:
    """Return the path of a browser that may be named as on the command line."""
    places = [Path(name), *(Path(each) / name for each in os.environ.get("PATH", "").split(os.pathsep))]
    for place in places:
        if place.is_absolute() and place.is_file():
            return str(place)
    raise FileNotFoundError(f"{name}: apt-get install chromium fonts-noto-cjk")


expect.set_options(timeout=PATIENCE_MS)


class Person:
    """Somebody at a browser; what the browser complains about is kept until somebody looks."""

    def __init__(
        self,
        browser: Browser,
        town: Town,
        login: str = "",
        size: ViewportSize | None = None,
        context: BrowserContext | None = None,
    ) -> None:
        self.town, self.login = town, login
        self.context: BrowserContext = context or browser.new_context(
            base_url=town.address,
            viewport=size or DESK,
            **HERE,
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.status, self.shown = 0, ""
        self.page.on("response", self._see)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _see(self, answer: Response) -> None:
        """Remember how the page on the screen was answered, and from which template it was made."""
        if answer.request.is_navigation_request() and answer.frame == self.page.main_frame:
            self.status, self.shown = answer.status, answer.headers.get(SHOWN.lower(), "")

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    @classmethod
    def beside(cls, other: Person) -> Person:
        """Return somebody else at another browser of the same kind, who is not signed in."""
        browser = other.context.browser
        assert browser is not None
        return cls(browser, other.town, "", other.page.viewport_size)

    # ---- coming in

    def sign_in(self) -> None:
        """Sign in through the pages, with what this person's telephone shows."""
        # no page that is still asking for something brings a session back; the cookie of the forms stays, as
        # it does in anybody's browser: without it a page fetched in the background would bring another one
        # while the form is filled in, and the form would be refused
        self.page.goto("about:blank")
        self.context.clear_cookies(name="voucher")
        self.page.goto("/login")
        self.page.get_by_label("账号", exact=True).fill(self.login)
        self.page.get_by_label("密码", exact=True).fill(PASSWORD)
        self.page.locator("main button").first.click()
        if self.login in self.town.secrets:
            self.page.get_by_label("六位动态口令").fill(self.town.code(self.login))
            self.press("登录")
        with self._told_why("nobody is let in"):
            self.page.wait_for_url(re.compile(r"/(desk|my|institution|evaluator|$)"))
        if self.login in self.town.secrets:
            self.town.let_sign(self.login)

    def enter_with(self, cookie: str) -> None:
        """Come in with a session that is open already."""
        self.context.add_cookies([{"name": "voucher", "value": cookie, "url": self.town.address}])

    def enlarge(self, *, large: bool) -> None:
        """Read the page on the screen in large letters, or in those of everybody, as the cookie has it."""
        self.page.evaluate("on => document.documentElement.classList.toggle('large', on)", large)

    # ---- doing

    def go(self, path: str) -> int:
        """Open an address and return its status."""
        answer = self.page.goto(path)
        assert answer is not None, path
        return answer.status

    def follow(self, words: str) -> None:
        """Follow the first link that says this."""
        self.page.get_by_role("link", name=words).first.click()

    def press(self, words: str, within: Locator | None = None) -> None:
        """Press the first button that says this."""
        (within or self.page.locator("main, body").first).get_by_role("button", name=words).first.click()

    def fill(self, **values: str) -> None:
        """Fill fields by their names; a choice by its code."""
        for name, value in values.items():
            field = self.page.locator(f"main [name='{name}']:not([type=hidden])").first
            if field.evaluate("each => each.tagName") == "SELECT":
                field.select_option(value)
            elif field.get_attribute("type") in ("checkbox", "radio"):
                self.page.locator(f"main [name='{name}'][value='{value}']").check()
            else:
                field.fill(value)

    def reads(self, words: str) -> None:
        """Wait until the page says this."""
        with self._told_why(f"{words} is not said"):
            self.page.get_by_text(words).filter(visible=True).first.wait_for()

    @contextmanager
    def _told_why(self, what: str) -> Iterator[None]:
        """Tell what the page says where it is not what was waited for."""
        try:
            yield
        except NeverCame as never:
            said = self.page.locator("body").inner_text()
            raise AssertionError(f"{what} on {self.page.url}, which says: {said}") from never

    # ---- looking

    def look(self, *, axe: bool = True, again: bool = False) -> list[str]:
        """Return what is wrong with the page on the screen: too wide, not accessible, complained about.

        A page looked at before, with letters of another size now, is asked for what their size can change.
        """
        # a link just followed may still be bringing its page: there is nothing to measure yet
        self.page.wait_for_function("() => document.readyState === 'complete'")
        # what lies half under the bar on top would be called too small to touch
        self.page.evaluate("() => window.scrollTo(0, 0)")
        wrong: Sequence[str] = self.page.evaluate(ASK_WIDTH)
        found = [*wrong, *self.page.evaluate(ASK_ANCHORS), *self.complaints]
        self.complaints.clear()
        if axe:
            found += self._ask_axe(("rule", OF_SIZE) if again else ("tag", ACCESSIBLE))
        return found

    def _ask_axe(self, about: tuple[str, Sequence[str]]) -> list[str]:
        """Return what axe finds by such rules; asked again where the page grew meanwhile."""
        told: list[str] = []
        for _ in range(GROWS_AT_MOST):
            with self._unrolled():
                self._bring_axe()
                told = self.page.evaluate(ASK_AXE, [about[0], list(about[1])])
                grown = self.page.evaluate("() => document.documentElement.scrollHeight > window.innerHeight")
            if not grown:
                break
        return told

    @contextmanager
    def _unrolled(self) -> Iterator[None]:
        """Make the window as high as the page: the bar at the bottom then covers what it always covers."""
        size = self.page.viewport_size or PHONE
        high = self.page.evaluate("() => document.documentElement.scrollHeight")
        self.page.set_viewport_size({"width": size["width"], "height": max(high, size["height"])})
        yield
        self.page.set_viewport_size({"width": size["width"], "height": size["height"]})

    def _bring_axe(self) -> None:
        # evaluated, not added as a tag: the page's own policy lets no foreign script in
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page for people to look at, where they want one."""
        if os.environ.get("TOUR_PICTURES") == "no":
            return
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    def close(self) -> None:
        """Close the browser's window."""
        self.context.close()
