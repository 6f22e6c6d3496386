"""A browser for tests: it follows links, fills forms as they stand, reads what a person sees."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient

from tests.doors.world import World
from tests.scene import STAFF, Scene

FIELDS = frozenset({"input", "select", "textarea"})
VOID = frozenset({"input", "meta", "link", "br", "img", "hr", "path", "circle"})


@dataclass
class Form:
    """A form of a page: where it goes, what it carries, and the words on its buttons."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[dict[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """One page taken apart: its forms, links, fields, labels and visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        # fields that stand in no label
        self.bare_fields: list[dict[str, str]] = []
        self._open: list[str] = []
        self._form: Form | None = None
        self._button: dict[str, str] | None = None
        self._field: tuple[str, str] | None = None
        self._words: list[str] = []
        self.feed(html)

    @property
    def text(self) -> str:
        """Return what a person reads, in one line."""
        return re.sub(r"\s+", " ", "".join(self._words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append((tag, values))
        if tag in FIELDS and "label" not in self._open:
            self.bare_fields.append(values)
        if tag not in VOID:
            self._open.append(tag)
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if tag == "form":
            self._form = Form(values.get("action", ""), values.get("method", "get"))
            self.forms.append(self._form)
        elif tag == "button" and self._form is not None:
            self._button = {**values, "words": ""}
            self._form.buttons.append(self._button)
        elif tag == "input" and self._form is not None and values.get("name"):
            if values.get("type") not in ("checkbox", "radio", "file"):
                self._form.values.append((values["name"], values.get("value", "")))
        elif tag == "textarea":
            self._field = (values.get("name", ""), "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "form":
            self._form = None
        elif tag == "button":
            self._button = None
        elif tag == "textarea" and self._field is not None:
            if self._form is not None:
                self._form.values.append(self._field)
            self._field = None

    def handle_data(self, data: str) -> None:
        if not {"script", "style", "title"} & set(self._open):
            self._words.append(data)
        if self._button is not None:
            self._button["words"] += data
        if self._field is not None:
            self._field = (self._field[0], self._field[1] + data)

    def form(self, words: str) -> tuple[Form, dict[str, str]]:
        """Return the form with a button that says this, and the button."""
        for form in self.forms:
            for button in form.buttons:
                if words in button["words"]:
                    return form, button
        raise AssertionError(
            f"no button {words!r} among {[b['words'] for f in self.forms for b in f.buttons]}"
        )


class Browser:
    """Somebody at the pages; `page` is what is on the screen."""

    def __init__(self, http: FlaskClient) -> None:
        self.http = http
        self.answer: Any = None
        self.page = Page("")

    def go(self, path: str) -> Page:
        """Open an address and follow where it leads."""
        return self._show(self.http.get(path, follow_redirects=True))

    def press(self, says: str, /, **typed: Any) -> Page:
        """Press the button that says this, with these fields typed over what the form holds."""
        form, button = self.page.form(says)
        data: dict[str, Any] = {}
        for name, value in form.values:
            data.setdefault(name, []).append(value)
        if button.get("name"):
            data[button["name"]] = button.get("value", "")
        data.update(typed)
        action = button.get("formaction") or form.action
        return self._show(self.http.post(action, data=data, follow_redirects=True))

    def _show(self, answer: Any) -> Page:
        self.answer = answer
        self.page = Page(answer.text if answer.mimetype == "text/html" else "")
        return self.page


class Office:
    """The people of one settlement, each at a browser of their own."""

    def __init__(self, scene: Scene, world: World) -> None:
        self.scene, self.world = scene, world
        scene.hire_everybody()
        for login in ("operator", *(login for login, _, _ in STAFF)):
            world.enable(login)
        self._browsers: dict[str, Browser] = {}

    def at(self, login: str) -> Browser:
        """Return somebody's browser, signed in."""
        if login not in self._browsers:
            self._browsers[login] = Browser(self.world.sign_in(login).http)
        return self._browsers[login]

    def anybody(self) -> Browser:
        """Return a browser nobody has signed in with."""
        return Browser(self.world.app.test_client())

    def pass_days(self, days: int) -> None:
        """Let days pass; every session has ended by then."""
        self.world.later(days=days)
        self.scene.at = self.world.at
        self._browsers.clear()
