"""Every guard of the tour sees the sin it stands against."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser.leaving_out import list_deeds, list_missing, list_pages, list_refusing_folders
from tests.browser.looking import PHONE, Person
from tests.browser.town import Town
from tests.browser.walking import choose, choose_variants, walk

pytestmark = pytest.mark.tour

GOOD = "<html lang='zh-CN'><title>页</title><main><h1>页</h1><label for='n'>姓名</label><input id='n'></main>"
SINS = {
    "label": GOOD.replace("<label for='n'>姓名</label>", ""),
    "color-contrast": GOOD + "<p style='color:#ddd'>看不清</p>",
    "宽": GOOD + "<div style='width:900px'>宽</div>",
    "断了": GOOD + "<script>console.error('断了')</script>",
    "写错了": GOOD + "<script>throw new Error('写错了')</script>",
    "#nowhere": GOOD + "<a href='#nowhere'>去别处看一看这一页</a>",
    "target-size": GOOD
    + "<div><button style='font-size:8px;padding:0;border:0;height:10px;width:10px'>甲</button>"
    "<button style='font-size:8px;padding:0;border:0;height:10px;width:10px'>乙</button></div>",
}
GROWN = ("宽", "target-size")


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
    for sign in GROWN:
        nobody.page.set_content(SINS[sign])
        found = nobody.look(again=True)
        assert [sign in each for each in found] == [True], "larger letters show it as well"
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


def test_a_page_a_deed_and_a_folder_nobody_looked_at_are_told(tmp_path: Path) -> None:
    (tmp_path / "layout.html").write_text("<main></main>")
    (tmp_path / "side").mkdir()
    (tmp_path / "side" / "parts.html").write_text("{% macro one() %}{% endmacro %}")
    (tmp_path / "side" / "page.html").write_text(
        '{% extends \'layout.html\' %}{%- from "side/parts.html" import one %}<form method="post">'
    )
    (tmp_path / "quiet").mkdir()
    (tmp_path / "quiet" / "told.html").write_text('{% extends "layout.html" %}<form method="get">')
    assert list_pages(tmp_path) == {"side/page.html", "quiet/told.html"}
    assert list_refusing_folders(tmp_path) == {"side"}
    assert list_missing(list_pages(tmp_path), {"side/page.html"}) == ["quiet/told.html"]
    app = Flask(__name__)
    app.add_url_rule("/things/<int:thing_id>/<word>", "deed", deed)
    assert list_deeds(app) == {"deed:stop", "deed:go-on"}
    found, _ = walk(app, "", "", ["/things/1/stop", "/things/1/go-on", "/things/2/stop"])
    assert {each.kind for each in found} == {"deed:stop", "deed:go-on"}
    assert list_missing(list_deeds(app), {each.kind for each in found[:1]}) == ["deed:go-on"]
    assert [each.path for each in choose(found)] == ["/things/1/go-on"]
    assert [each.kind for each in choose_variants(found)] == ["deed:go-on", "deed:stop"]


DEEDS = {"stop": "停", "go-on": "继续办理"}


def deed(thing_id: int, word: str) -> str:
    """Show the page of a deed, the longer word on the fuller one."""
    return f"{thing_id} {DEEDS[word]}"
