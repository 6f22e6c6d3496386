"""Budgets by region, year and fund: what draws on each, whether it reaches, who waits."""

from __future__ import annotations

from functools import partial

from tests import town_issue
from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing
from tests.doors.world import World
from tests.scene import LI_SI, ZHANG_SAN, Scene, on
from voucher.rules.vocabulary import FundSource
from voucher.stages.issue import issuing


def test_a_budget_tells_what_draws_on_it_and_the_list_is_asked_by_year_and_fund(
    scene: Scene, world: World
) -> None:
    scene.at = world.at = on("2024-03-06")
    office = Office(scene, world)
    budget = scene.open_budget(1_400)
    scene.open_budget(500, source=FundSource.UNEMPLOYMENT_INSURANCE)
    scene.open_budget(700, year=2023)
    programme = town_issue.programme(scene, budget, quantity=5)
    town_issue.eligible(scene, ZHANG_SAN, LI_SI)
    people = [town_issue.newcomer(each) for each in (ZHANG_SAN, LI_SI)]
    scene.do("operator", partial(issuing.issue_at_once, programme_id=programme, people=people))

    finance = office.at("审批员")
    page = finance.go(f"/budgets/{budget}")
    owes_its_reader_nothing(page)
    assert "余额不够发完全部数量" in page.text
    assert "还可发放的券共需 4,200.00 元，余额 0.00 元" in page.text
    assert "养老护理员五级培训券" in page.text
    assert "没有券种的预算" in finance.go(f"/budgets/{budget + 1}").text

    page = finance.go("/budgets")
    owes_its_reader_nothing(page)
    assert "小计：" in page.text
    assert page.text.count("济源") > finance.go("/budgets?of=2023").text.count("济源")
    assert "700.00" in finance.page.text
    assert "小计：" not in finance.page.text
    assert "没有符合条件的预算" in finance.go("/budgets?of=2022").text

    page = office.at("operator").go("/office/waiting")
    owes_its_reader_nothing(page)
    assert "已等" in page.text
    assert "没有承诺日期" in page.text
