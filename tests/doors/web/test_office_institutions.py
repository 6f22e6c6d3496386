"""The office and the institutions: the ladder up, the way back by two, and what a desk counts for whom."""

from __future__ import annotations

from datetime import UTC

import pytest

from tests import town_issue, town_train
from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing, refusal
from tests.doors.world import World
from tests.scene import ZHANG_SAN, Scene, on
from voucher.rules.actor import Role


@pytest.fixture
def desk(scene: Scene, world: World) -> Office:
    """Return the people of an office with money, on a working day."""
    scene.at = on("2024-03-06")
    world.at = scene.at.astimezone(UTC)
    made = Office(scene, world)
    scene.open_budget(50_000)
    return made


def test_an_institution_is_stopped_with_the_vouchers_in_it_and_put_back_by_two(
    desk: Office, scene: Scene, world: World
) -> None:
    house = town_train.train_institution(scene)
    programme = town_issue.programme(scene, 1)
    town_issue.eligible(scene, ZHANG_SAN)
    voucher = town_train.enrolled(scene, programme, ZHANG_SAN, town_train.open_class(scene, house))
    officer, other = desk.at("初审员"), desk.at("复核员")
    assert "没有符合条件的机构" in officer.go("/office/institutions?named=没有这家").text
    page = officer.go("/office/institutions?state=listed")
    owes_its_reader_nothing(page)
    one = f"/office/institutions/{house}"
    assert one in page.links
    page = officer.go(one)
    owes_its_reader_nothing(page)
    assert "已报名、培训中的券1 张" in page.text
    page = officer.go(f"{one}/suspend")
    assert "将停住的券（已报名、培训中）1 张" in page.text
    assert "没有填写" in refusal(officer.press("确认停业整顿", why=" "))
    page = officer.press("确认停业整顿", why="抽查发现两个班没有开课")
    assert "机构现为：停业整顿；1 张在培券已停住" in page.text
    assert "今天能否开展补贴性培训不能" in page.text
    assert "待处置：" in officer.go(f"/office/vouchers/{voucher}").text
    officer.go(f"{one}/agree")
    assert "还没有人对此提出恢复" in refusal(officer.press("确认恢复", why="x"))
    officer.go(f"{one}/restore")
    assert "已提出恢复，等待另一人确认" in officer.press("确认提出恢复", why="验收合格").text
    officer.go(f"{one}/restore")
    assert "已有人提出恢复" in refusal(officer.press("确认提出恢复", why="验收合格"))
    officer.go(f"{one}/agree")
    assert "另一人" in refusal(officer.press("确认恢复", why="验收合格"))
    assert "恢复待审批" not in officer.go("/desk").text, "what one asked for waits for another"
    assert "恢复待审批 1" in other.go("/desk").text
    assert "验收合格" in other.go("/office/reinstatements").text
    assert one in other.page.links
    other.go(f"{one}/agree")
    assert "机构现为：在目录；1 张停住的券已恢复办理" in other.press("确认恢复", why="复核属实").text

    world.staff("监管员", Role.SUPERVISOR)
    world.staff("外地审核员", Role.OFFICER_COUNTY, region="410100")
    looker, stranger = desk.at("监管员"), desk.at("外地审核员")
    assert "黑名单" not in looker.go(one).text
    assert "停业整顿" in looker.page.text, "whoever supervises may stop, not strike off"
    looker.go(f"{one}/delist")
    assert looker.answer.status_code == 403
    stranger.go(one)
    assert stranger.answer.status_code == 404
    stranger.go(f"{one}/warn")
    assert stranger.answer.status_code == 404
