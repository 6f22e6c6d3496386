"""What every page owes its reader: no full number, a label on each field, one heading, enough contrast."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.web.browser import Browser, Office, Page
from tests.doors.web.test_whole_way import settle
from tests.scene import LI_SI, STAFF, SUN_BA, ZHANG_SAN, staff_number
from voucher.rules.approval import Step
from voucher.stages.settle import notice, review

ROOT = Path(__file__).parents[3]
FRONTEND = ROOT / "static"
TOKENS = FRONTEND / "src" / "tokens.css"
TEMPLATES = ROOT / "voucher" / "doors" / "web" / "templates"
ACCOUNT = "41050100363600000123"
UNSENT = re.compile(r"<select\b[^>]*\brequired\b[^>]*>\s*<option value=\"\"[^>]*>(?!请选择)([^<]*)")
IDENTITY = re.compile(r"(?<![0-9A-Za-z*])[1-9]\d{16}[\dXx](?![0-9A-Za-z])")
PAIRS = (
    *(("ink", "paper"), ("ink", "ground"), ("ink-soft", "paper"), ("ink-soft", "ground")),
    *(("blue", "paper"), ("blue", "blue-tint"), ("blue-deep", "blue-tint"), ("paper", "blue")),
    *(("good", "good-tint"), ("bad", "bad-tint"), ("warn", "warn-tint"), ("accent", "paper")),
    *(("mute", "mute-tint"), ("good", "paper"), ("paper", "good"), ("paper", "bad"), ("ink", "paper")),
    *(("ribbon-ink", "ribbon"), ("paper", "blue-deep"), ("ink-soft", "bad-tint"), ("ink-soft", "warn-tint")),
)


@pytest.fixture
def busy(office: Office) -> Office:
    """Return an office with something on every page."""
    batch = int(settle(office).rsplit("/", 1)[-1])
    scene = office.scene
    scene.do("初审员", lambda work: review.sign(work, batch, Step.FIRST_REVIEW, opinion="齐全"))
    scene.do("复核员", lambda work: review.sign(work, batch, Step.SECOND_REVIEW, opinion="无误"))
    scene.do("复核员", lambda work: notice.post_notice(work, batch))
    officer = office.at("复核员")
    officer.go("/identity-corrections")
    officer.press("提出姓名更正", number=SUN_BA[1], new_name="孙九", evidence="证明")
    officer.go("/identity-corrections")
    officer.press(
        "提出号码更正",
        present_number=SUN_BA[1],
        new_number=staff_number("650104199308089940"),
        former_use="wrong",
        number_evidence="证明",
    )
    maker = office.at("制单员")
    maker.go("/accounts")
    maker.press(
        "提出", institution="91410100MATE5T033Y", holder="甲", bank="乙", account=ACCOUNT, evidence="丙"
    )
    return office


def walk(browser: Browser, start: str) -> Iterator[tuple[str, Page]]:
    """Yield every page that can be reached by links, each once."""
    waiting = [start]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop().split("#")[0].replace("&amp;", "&")
        if not path.startswith("/") or path.startswith("/static") or path in seen or len(seen) > 80:
            continue
        seen.add(path)
        page = browser.go(path)
        if browser.answer.mimetype != "text/html":
            continue
        assert browser.answer.status_code == 200, path
        yield path, page
        waiting += page.links


def find_unlabelled(page: Page) -> list[str]:
    """Return the fields of a page that have no label of their own and stand in none."""
    labelled = {values["for"] for tag, values in page.tags if tag == "label" and "for" in values}
    return [
        values.get("name", "?")
        for values in page.bare_fields
        if values.get("type") != "hidden" and values.get("id") not in labelled
    ]


def find_unchoosable(page: Page) -> list[str]:
    """Return answers no browser sends off: an empty one that means something, where one is required."""
    return UNSENT.findall(page.html)


def find_doubled_ids(page: Page) -> list[str]:
    """Return the ids a page uses twice."""
    ids = Counter(values["id"] for _, values in page.tags if values.get("id"))
    return sorted(each for each, count in ids.items() if count > 1)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_page_is_masked_labelled_and_has_one_heading(busy: Office) -> None:
    people = [("", busy.anybody()), *((login, busy.at(login)) for login, _, _ in STAFF[:6])]
    people.append(("operator", busy.at("operator")))
    for login, browser in people:
        for path, page in walk(browser, "/desk" if login else "/"):
            where = f"{login} {path}"
            assert IDENTITY.findall(page.html) == [], where
            for secret in (ZHANG_SAN[1], LI_SI[1], SUN_BA[1], ACCOUNT):
                assert secret not in page.html, where
            assert [tag for tag, _ in page.tags].count("h1") == 1, where
            assert find_unlabelled(page) == [], where
            assert find_doubled_ids(page) == [], where
            assert find_unchoosable(page) == [], where
            assert "style=" not in page.html, where


def test_a_planted_number_field_or_id_is_caught() -> None:
    assert IDENTITY.findall(f"<td>{ZHANG_SAN[1]}</td>") == [ZHANG_SAN[1]]
    assert find_unlabelled(Page('<input name="bare"><label>好<input name="in"></label>')) == ["bare"]
    choice = '<select name="fund"{}><option value="">全部</option></select>'
    assert find_unchoosable(Page(choice.format(" required") + choice.format(""))) == ["全部"]
    assert find_unchoosable(Page(choice.format(" required").replace("全部", "请选择"))) == []
    assert find_doubled_ids(Page('<p id="a"></p><p id="a"></p><p id="b"></p>')) == ["a"]


def test_no_page_asks_anything_of_another_site() -> None:
    ours = [path for path in (FRONTEND / "src").rglob("*") if path.is_file()]
    for path in (*TEMPLATES.rglob("*.html"), *ours):
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, path
        assert "https://" not in text, path
        assert "<script>" not in text, path


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("ink", "paper"), PAIRS)
def test_words_stand_out_from_their_ground(ink: str, paper: str) -> None:
    tokens = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", TOKENS.read_text(encoding="utf-8")))
    assert contrast(tokens[ink], tokens[paper]) >= 4.5


TAG = re.compile(r"""\btag\(\s*['"](\w+)['"]""")
ALERT = re.compile(r"""class="alert ([a-z]+)["\s]""")
SAID = FRONTEND / "src" / "styles" / "_said.scss"


def find_plain_looks(text: str, styles: str) -> list[str]:
    """Return the looks of tags and alerts that the style sheet does not know: they would stand there bare."""
    wanted = [f"tag.{each}" for each in TAG.findall(text)] + [f"alert.{each}" for each in ALERT.findall(text)]
    return sorted({each for each in wanted if f".{each} {{" not in styles})


def test_every_tag_and_alert_has_a_look_of_its_own() -> None:
    styles = SAID.read_text(encoding="utf-8")
    for path in TEMPLATES.rglob("*.html"):
        assert find_plain_looks(path.read_text(encoding="utf-8"), styles) == [], path


def test_a_planted_look_nobody_drew_is_caught() -> None:
    styles = SAID.read_text(encoding="utf-8")
    planted = """{{ m.tag('soft', '已终止') }}<div class="alert bad">"""
    assert find_plain_looks(planted, styles) == ["alert.bad", "tag.soft"]
    assert find_plain_looks("""{{ tag('mute', '已终止') }}<p class="alert no">""", styles) == []
