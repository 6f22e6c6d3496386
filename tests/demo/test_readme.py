"""The ten clicks of the README: whoever follows them finds the logins and the words they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from voucher.demo.province.cast import HANDS, MAIN_LOGIN, MAIN_WORKER
from voucher.demo.staff import MEMBERS, PASSWORD

ROOT = Path(__file__).parents[2]
PRINTED = {MAIN_LOGIN, *(each.login for each in HANDS), *(each.login for each in MEMBERS)}
STEP = re.compile(r"^\| (\d+) \|([^|]*)\|([^|]*)\|", re.MULTILINE)
# where words on a page come from: pages, what they are told by the desk's queues, scripts
SAID_IN = (
    ("voucher/doors/web", ("*.html", "*.py")),
    ("voucher/stages/settle/queries", ("*.py",)),
    ("static/src", ("*.ts",)),
)


@pytest.mark.parametrize(("readme", "word"), [("README.zh-CN.md", "“([^”]+)”"), ("README.md", "([一-鿿]+)")])
def test_logins_and_words_of_the_ten_clicks_exist(readme: str, word: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    steps = STEP.findall(text)
    said = "".join(
        path.read_text("utf-8")
        for folder, patterns in SAID_IN
        for pattern in patterns
        for path in sorted((ROOT / folder).rglob(pattern))
    )
    assert [int(number) for number, _, _ in steps] == list(range(1, 11))
    logins = {login for _, who, _ in steps for login in re.findall(r"`([^`]+)`", who)}
    assert logins <= PRINTED
    clicked = [each for _, _, click in steps for each in re.findall(word, click)]
    assert len(clicked) >= 10
    assert [each for each in clicked if each not in said] == []
    assert PASSWORD in text
    assert MAIN_WORKER.number[-4:] in text
