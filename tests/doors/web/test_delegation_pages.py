"""职责委托 at the pages: given, seen by both, ended; a refusal loses nothing that was typed."""

from __future__ import annotations

from datetime import UTC

import pytest

from tests.doors.web.browser import Browser
from tests.doors.web.test_looks import find_doubled_ids, find_unlabelled
from tests.doors.world import World
from tests.scene import Scene, on


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_role_is_handed_on_for_some_days_and_taken_back(scene: Scene, world: World) -> None:
    scene.at = on("2024-03-06")
    world.at = scene.at.astimezone(UTC)
    scene.hire_everybody()
    for login in ("复核员", "初审员"):
        world.enable(login)
    giver = Browser(world.sign_in("复核员").http)
    page = giver.go("/desk/delegations")
    assert "没有委托" in page.text
    assert not find_doubled_ids(page)
    assert not find_unlabelled(page)
    grant = page.html.split('name="grant"')[1].split('<option value="')[1:]
    choice = next(each.split('"')[0] for each in grant if each.split('"')[0].isdigit())
    typed = {"grant": choice, "deputy": "初审员", "since": "2024-03-07", "why": "外出培训"}
    page = giver.press("委托", **typed, until="2024-06-30")
    assert "委托期限 2024-03-07 至 2024-06-30 不符合要求" in page.text
    assert 'value="外出培训"' in page.html
    page = giver.press("委托", **typed, until="2024-03-15")
    assert "已委托，2024-03-07 至 2024-03-15 有效" in page.text
    assert "未开始" in page.text
    world.later(days=1)
    deputy = Browser(world.sign_in("初审员").http)
    page = deputy.go("/desk/delegations")
    assert "市级审核人员（复核）" in page.text
    assert "受托得来的职责不能再委托" not in page.text, "the own role may still be handed on"
    assert "有效" in page.text
    page = deputy.press("终止")
    assert "委托已终止，立即生效" in page.text
    assert "已终止" in page.text
