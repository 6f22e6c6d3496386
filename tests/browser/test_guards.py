"""Every guard of the tour sees the sin it stands against."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser.looking import PHONE, Person
from tests.browser.town import Town
from tests.browser.walking import walk

pytestmark = pytest.mark.tour

GOOD = "<html lang='zh-CN'><title>页</title><main><h1>页</h1><label for='n'>姓名</label><input id='n'></main>"
SINS = {
    "label": GOOD.replace("<label for='n'>姓名</label>", ""),
    "color-contrast": GOOD + "<p style='color:#ddd'>看不清</p>",
    "宽": GOOD + "<div style='width:900px'>宽</div>",
    "断了": GOOD + "<script>console.error('断了')</script>",
    "写错了": GOOD + "<script>throw new Error('写错了')</script>",
    "#nowhere": GOOD + "<a href='#nowhere'>去别处看一看这一页</a>",
}


@pytest.fixture
def nobody(chromium: Browser) -> Person:
    """Return somebody on a telephone whom no page was served."""
    return Person(chromium, _NO_TOWN, "", PHONE)


class _Nowhere(Town):
    def __init__(self) -> None:
        self.address, self.secrets = "http://127.0.0.1:1", {}


_NO_TOWN = _Nowhere()


def test_what_is_wrong_with_a_page_is_seen_and_a_good_one_is_not_blamed(nobody: Person) -> None:
    nobody.page.set_content(GOOD)
    assert nobody.look() == []
    for sign, page in SINS.items():
        nobody.page.set_content(page)
        found = nobody.look()
        assert len(found) == 1, (sign, found)
        assert sign in found[0]
    nobody.page.set_content(GOOD)
    assert nobody.look() == [], "a complaint is told once"
    nobody.close()


def test_a_dead_link_is_found_and_says_where_it_stands(tmp_path: Path) -> None:
    app = Flask(__name__, root_path=str(tmp_path))
    app.add_url_rule("/", "first", lambda: '<a href="/next">a</a> <a class="b" href="?page=2">b</a>')
    app.add_url_rule(
        "/next", "next", lambda: '<a href="/">a</a> <a href="/gone">b</a> <a href="/broken">c</a>'
    )
    app.add_url_rule("/broken", "broken", lambda: ("", 500))
    found, broken = walk(app, "", "", ["/"])
    assert [(each.kind, each.path) for each in found] == [
        ("first", "/"),
        ("next", "/next"),
        ("first", "/?page=2"),
    ]
    assert [(each.on, each.path, each.status) for each in broken] == [
        ("/next", "/gone", 404),
        ("/next", "/broken", 500),
    ]
