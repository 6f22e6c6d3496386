"""Tariffs to come and dry runs as officers see them: what changes for whom, who could have a voucher."""

from __future__ import annotations

import re

import pytest

from tests import town_issue
from tests.doors.web.browser import Browser, Office, Page
from tests.doors.web.test_office_pages import owes_its_reader_nothing, refusal
from tests.doors.world import World
from tests.scene import LI_SI, ZHANG_SAN, ZHAO_LIU, Scene, on
from voucher.rules.actor import Role

NEW = {
    "kind": "training", "form": "level_certificate", "level": "2", "trade": "养老护理员", "amount": "1500",
    "region": "", "since": "2024-04-01", "until": "", "document": "豫人社规〔2024〕9号",
}  # fmt: skip


@pytest.fixture
def province(scene: Scene, world: World) -> Office:
    """Return an office with two officers of the province and a programme of each kind."""
    scene.at = world.at = on("2024-03-06")
    office = Office(scene, world)
    for login, stem in (("省一", "310101199001011010"), ("省二", "310101199001011020")):
        scene.hire(login, Role.OFFICER_PROVINCE, stem)
        world.enable(login)
    budget = scene.open_budget(2_600)
    town_issue.eligible(scene, ZHANG_SAN, LI_SI)
    town_issue.eligible(scene, ZHAO_LIU, category="财政供养")
    shown = town_issue.programme(scene, budget)
    town_issue.programme(scene, budget, name="抵用", worth="offset", quantity=5)
    town_issue.issue_to(scene, shown, ZHANG_SAN)
    return office


def test_a_new_standard_is_entered_by_two_and_says_whom_it_affects(province: Office) -> None:
    county, first, second = province.at("初审员"), province.at("省一"), province.at("省二")
    page = county.go("/office/tariffs")
    owes_its_reader_nothing(page)
    assert "没有将要变动的标准" in page.text
    county.go("/office/tariffs/new")
    assert "“地区”填写有误：没有填写" in refusal(county.press("提出", **NEW))
    page = first.go("/office/tariffs/new")
    owes_its_reader_nothing(page)
    assert "例如2024-03-06" in refusal(first.press("提出", **{**NEW, "since": "四月"}))
    assert "请填写今日之后的日期" in refusal(first.press("提出", **{**NEW, "since": "2024-03-06"}))
    assert "等级证书的标准须写明等级" in refusal(first.press("提出", **{**NEW, "level": ""}))
    page = first.press("提出", **NEW)
    assert "已提出，请另一人核对后登记" in page.text
    assert "您提出的须由另一名审核人员" in page.text
    assert "确认登记" not in page.text
    assert "等待另一人确认" in county.go("/office/tariffs").text
    assert "1,500.00 元/人" in county.page.text
    assert "确认登记" not in county.go("/office/tariffs/1").text
    page = second.go("/office/tariffs/1")
    owes_its_reader_nothing(page)
    assert "1,200.00 元" in page.text
    assert "高于每张上限" in page.text, "an unlocked 抵用 voucher would need more than was kept for it"
    assert "没有登记" not in page.text
    page = second.press("确认登记")
    assert "已登记，自 2024-04-01 起生效" in page.text
    owes_its_reader_nothing(page)
    assert "豫人社规〔2024〕9号" in page.text
    assert "养老护理员五级培训券" in page.text
    first.go("/office/tariffs/new?subject=shortage")
    owes_its_reader_nothing(first.page)
    page = first.press("提出", trade="养老护理员", level="", region="419001", since="2024-05-01", until="",
                       document="济源急需紧缺目录")  # fmt: skip
    assert "金额没有变化" in page.text, "the share for 急需紧缺 is the whole as yet"
    assert "没有填写" in refusal(_decline(second, ""))
    assert "没有登记，理由已留痕" in _decline(second, "目录尚未公布").text
    first.go("/office/tariffs/new?subject=modifier")
    owes_its_reader_nothing(first.page)
    assert "例如50或112.5" in refusal(
        first.press("提出", kind="training", condition="mode:blended", percent="九成", since="2024-05-01",
                    document="文")
    )  # fmt: skip
    page = first.press("提出", kind="training", condition="mode:blended", percent="90", since="2024-05-01",
                       document="豫人社〔2024〕3号")  # fmt: skip
    assert "混合培训" in page.text
    assert "90%" in page.text
    assert first.go("/office/tariffs/new?subject=anything").html
    assert first.answer.status_code == 404


def _decline(browser: Browser, why: str) -> Page:
    browser.go("/office/tariffs/2")
    return browser.press("不予登记", why=why)


def test_a_programme_is_tried_out_on_everybody_before_anything_is_issued(province: Office) -> None:
    operator = province.at("operator")
    page = operator.go("/office/programmes/2")
    assert "只算不发" in page.text
    page = operator.press("试算")
    assert "没有发放任何券" in page.text
    owes_its_reader_nothing(page)
    assert "可领 1 人" in page.text
    assert "本人已有一张同一职业（项目）同一等级的培训券" in page.text
    assert "现在可发 0 张" in page.text or "现在可发 1 张" in page.text
    assert "属于财政供养人员，不享受补贴" in page.text
    assert "农民工" in page.text
    assert "重新试算" in page.text
    assert ZHANG_SAN[1] not in page.html
    stranger = province.at("制单员")
    stranger.go("/office/programmes/2")
    assert stranger.answer.status_code == 403


def test_a_standard_is_ended_early_by_two_and_says_whom_it_affects(province: Office) -> None:
    county, first, second = province.at("初审员"), province.at("省一"), province.at("省二")
    assert "没有您可以停止的" in county.go("/office/tariffs/endings/new").text
    page = first.go("/office/tariffs/endings/new")
    owes_its_reader_nothing(page)
    words = next(
        each
        for each in re.findall(r'<option value="(\d+)">([^<]+)', page.html)
        if "五级" in each[1] and "培训" in each[1]
    )
    typed = {"row": words[0], "ends_on": "2024-03-01", "document": "豫人社〔2024〕15号"}
    assert "请填写今日或以后的日期" in refusal(first.press("提出", **typed))
    page = first.press("提出", **{**typed, "ends_on": "2024-06-30"})
    assert "已提出，请另一人核对后登记" in page.text
    assert "补贴标准提前停止" in page.text
    assert "2024-07-01 起停止" in county.go("/office/tariffs").text
    page = second.go(
        next(each for each in county.page.links if each.startswith("/office/tariffs/") and each[-1].isdigit())
    )
    owes_its_reader_nothing(page)
    assert "1,200.00 元" in page.text
    assert "无标准" in page.text
    assert "影响哪些券种" in page.text
    assert "自 2024-07-01 起停止" in second.press("确认登记").text
    assert "豫人社〔2024〕15号" in county.go("/office/tariffs").text
