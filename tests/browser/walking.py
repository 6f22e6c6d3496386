"""Finding every page: whoever may sign in follows the links of a served house, and says what lies where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

LINK = re.compile(r'<a\b[^>]*?\shref="([^"]+)"')
# as many pages of one kind are opened for their links, those to begin at aside
OPENED = 5
# one view has a page for every word that may stand in its address
WORD, BETWEEN = "word", ":"


@dataclass(frozen=True, slots=True)
class Found:
    """A page somebody reached: its kind is the endpoint, with the word where one view has many forms."""

    kind: str
    path: str
    login: str
    length: int  # nought where the page only leads on to another one


@dataclass(frozen=True, slots=True)
class Broken:
    """A link that leads nowhere."""

    login: str
    on: str
    path: str
    status: int


def walk(
    app: Flask, login: str, cookie: str, starts: Sequence[str], known: Collection[str] = ()
) -> tuple[list[Found], list[Broken]]:
    """Follow the links somebody sees, from the first pages on, and return the pages and the dead links.

    What is `known` was opened by somebody who sees the same there, and is not opened again.
    """
    client = app.test_client()
    if cookie:
        client.set_cookie("voucher", cookie)
    addresses = app.url_map.bind("localhost")
    waiting, opened = [(start, start) for start in starts], Counter[str]()
    seen = {*starts, *known}
    found: list[Found] = []
    broken: list[Broken] = []
    while waiting:
        on, path = waiting.pop(0)
        kind = _kind(addresses, path)
        if kind is None or (opened[kind] >= OPENED and path not in starts):
            if kind is None:
                broken.append(Broken(login, on, path, 404))
            continue
        opened[kind] += 1
        status, html = _open(client, path)
        if status >= 400:
            broken.append(Broken(login, on, path, status))
        if status in (302, 303):
            found.append(Found(kind, path, login, 0))
            if html not in seen:
                seen.add(html)
                waiting.append((path, html))
        if status != 200 or not html:
            continue
        found.append(Found(kind, path, login, len(html)))
        for link in _links(html, path):
            if link not in seen:
                seen.add(link)
                waiting.append((path, link))
    return found, broken


def _kind(addresses: MapAdapter, path: str) -> str | None:
    try:
        endpoint, values = addresses.match(path.partition("?")[0], method="GET")
    except HTTPException:
        return None
    return f"{endpoint}{BETWEEN}{values[WORD]}" if WORD in values else endpoint


def _open(client: FlaskClient, path: str) -> tuple[int, str]:
    answer = client.get(path)
    if answer.location is not None:
        return answer.status_code, answer.location
    return answer.status_code, answer.text if answer.mimetype == "text/html" else ""


def _links(html: str, path: str) -> Iterator[str]:
    for link in LINK.findall(html):
        address = unescape(link).partition("#")[0]
        if address.startswith("?"):
            address = path.partition("?")[0] + address
        if address.startswith("/") and not address.startswith(("/static", "/api")):
            yield address


def choose(found: list[Found]) -> list[Found]:
    """Return of every view the fullest page."""
    return _fullest(found, lambda each: each.kind.partition(BETWEEN)[0])


def choose_variants(found: list[Found]) -> list[Found]:
    """Return of every word of a view the fullest page, where the view has pages for several words."""
    return _fullest([each for each in found if BETWEEN in each.kind], lambda each: each.kind)


def _fullest(found: list[Found], kind: Callable[[Found], str]) -> list[Found]:
    fullest: dict[str, Found] = {}
    for each in found:
        if each.length > (fullest[kind(each)].length if kind(each) in fullest else 0):
            fullest[kind(each)] = each
    return [fullest[each] for each in sorted(fullest)]
