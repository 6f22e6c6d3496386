"""What has to be looked at, read from the house itself, and which of it nobody has looked at."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TypeVar

from flask import Flask

from tests.browser.walking import BETWEEN, WORD

TEMPLATES = Path(__file__).parents[2] / "voucher" / "doors" / "web" / "templates"
# what a page is made of and is none by itself
USED = re.compile(r"""{%-?\s*(?:extends|from|import|include)\s+["']([^"']+)["']""")
ASKS = re.compile(r'<form\b[^>]*method="post"|m\.(?:confirm|button_form)\(')
ERRORS = frozenset({("error.html", 403), ("error.html", 404), ("error.html", 409)})
Each = TypeVar("Each", str, tuple[str, int])


def list_pages(folder: Path = TEMPLATES) -> set[str]:
    """Return every template nobody extends, imports or includes: each is shown as a page."""
    written = dict(_read(folder))
    return set(written) - {used for text in written.values() for used in USED.findall(text)}


def list_refusing_folders(folder: Path = TEMPLATES) -> set[str]:
    """Return the folders with a page that asks for something, and may be shown again with a refusal."""
    pages = list_pages(folder)
    asking = {name for name, text in _read(folder) if name in pages and ASKS.search(text)}
    return {name.partition("/")[0] for name in asking if "/" in name}


def list_deeds(app: Flask) -> set[str]:
    """Return view and word of every deed: a view with a word in its address keeps its words in DEEDS."""
    return {
        f"{rule.endpoint}{BETWEEN}{word}"
        for rule in app.url_map.iter_rules()
        if WORD in rule.arguments and "GET" in (rule.methods or ())
        for word in sys.modules[app.view_functions[rule.endpoint].__module__].DEEDS
    }


def list_missing(wanted: Collection[Each], seen: Collection[Each]) -> list[Each]:
    """Return what was not seen, in order."""
    return sorted(set(wanted) - set(seen))


def _read(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.html")):
        yield path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8")
