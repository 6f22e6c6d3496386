"""The page on which bonuses are applied for: each kind asks its own, every mistake is told at once."""

from __future__ import annotations

from datetime import UTC

import pytest

from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing, refusal
from tests.doors.world import World
from tests.scene import EV1, LI_SI, ZHANG_SAN, Scene, on
from voucher.rules.bonuses import BONUS_NAMES, BonusKind

FORM = {"item": "national_expert", "payee": EV1[1].lower(), "document": "人社部表彰决定", "region": "419001"}


@pytest.fixture
def desk(scene: Scene, world: World) -> Office:
    """Return the people of an office with a budget, on a working day."""
    scene.at = on("2024-03-06")
    world.at = scene.at.astimezone(UTC)
    made = Office(scene, world)
    scene.file_evaluator(EV1)
    scene.open_budget(30_000)
    return made


def test_honours_are_pasted_line_by_line_and_lead_to_their_batch(desk: Office) -> None:
    browser = desk.at("operator")
    for kind, name in BONUS_NAMES.items():
        page = browser.go(f"/office/bonuses/new?kind={kind}")
        assert name in page.text
        owes_its_reader_nothing(page)
    page = browser.go(f"/office/bonuses/new?kind={BonusKind.HONOUR_AWARD}")
    assert "全国技术能手：20,000.00 元" in page.text
    wrong = f"{ZHANG_SAN[0]} {ZHANG_SAN[1][:-1]}1 2024-01-20\n{LI_SI[0]} {LI_SI[1]}\n"
    page = browser.press("核对并申报", people=wrong, budget="1", **FORM)
    assert "第1行：" in refusal(page)
    assert "第2行：应为“姓名证件号码日期”" in refusal(page)
    typed = f"{ZHANG_SAN[0]}\t{ZHANG_SAN[1]}\t2024-01-20\n{LI_SI[0]} {LI_SI[1]} 2024-01-20"
    page = browser.press("核对并申报", people=typed, budget="1", **FORM)
    assert "可兑现 1 条，不予受理 1 条；应付合计 20,000.00 元" in page.text
    assert "全国技术能手" in page.text
    assert "荣誉奖励" in page.text
    owes_its_reader_nothing(page)


def test_who_is_no_operator_finds_no_such_page(desk: Office) -> None:
    browser = desk.at("初审员")
    browser.go("/office/bonuses/new")
    assert browser.answer.status_code == 403
