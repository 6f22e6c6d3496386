"""年末结转 at the desk of finance: seen before it is done, asked by one, carried out by another."""

from __future__ import annotations

from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing
from tests.doors.world import World
from tests.loop.telling import settle_for
from tests.scene import EV1, LI_SI, ZHANG_SAN, Scene, on


def test_a_year_is_seen_before_it_is_carried_and_never_by_one_person(scene: Scene, world: World) -> None:
    scene.at = world.at = on("2024-12-31")
    office = Office(scene, world)
    scene.file_evaluator(EV1)
    budget = scene.open_budget(1_000)
    settle_for(scene, [ZHANG_SAN, LI_SI], budget)
    maker = office.at("制单员")
    page = maker.go(f"/budgets/{budget}")
    assert "年末结转" in page.text
    page = maker.go(f"/budgets/{budget}/year-end")
    owes_its_reader_nothing(page)
    assert "2025 年 1 月 1 日起可以办理" in page.text
    world.at = scene.at = on("2025-01-02")
    office.pass_days(0)
    maker, checker = office.at("制单员"), office.at("付款复核员")
    page = maker.go("/desk")
    assert "年末结转待办" in page.text
    assert "年末结转待办" not in checker.go("/desk").text
    page = maker.go("/budgets?left=over")
    assert "年末待结转" in page.text
    page = maker.go(f"/budgets/{budget}/pre-check")
    assert "2024 年度已经过完（制单、签发截至 2024-12-31）" in page.text
    assert "办理年末结转" in page.text
    page = maker.go(f"/budgets/{budget}/year-end")
    assert "400.00" in page.text
    assert "收回下达来源" in page.text
    page = maker.press("提出年末结转", document="济财预〔2025〕1号")
    owes_its_reader_nothing(page)
    assert "由提出人以外的付款复核人员办理" in page.text
    assert "年末结转待办" not in maker.go("/desk").text
    assert "年末结转待办" in checker.go("/desk").text
    checker.go(f"/budgets/{budget}/year-end")
    page = checker.press("办理年末结转（不能重来）")
    owes_its_reader_nothing(page)
    assert "已办理年末结转：2 条占用 400.00 元转入新年度" in page.text
    assert "2024 年度已结转" in page.text
    assert "年末结转待办" not in checker.go("/desk").text
    page = checker.go(f"/budgets/{budget}")
    assert "不再下达、起草和制单" in page.text
    assert "结转转出" in page.text
    page = checker.go("/months?of=2025&month=1")
    assert "结转转入" in page.text
    assert "年末收回" in page.text
