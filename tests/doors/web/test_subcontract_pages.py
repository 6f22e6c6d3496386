"""Subcontracts as pages: the plan says why, the other institution answers, the office sees both."""

from __future__ import annotations

from datetime import UTC

import pytest

from tests import town_train
from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing
from tests.doors.world import World
from tests.scene import Scene, on
from voucher.rules.actor import Role


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_is_asked_to_teach_answers_on_a_page_and_the_office_sees_it(scene: Scene, world: World) -> None:
    scene.at = on("2024-03-01")
    world.at = scene.at.astimezone(UTC)
    desk = Office(scene, world)
    host = town_train.train_institution(scene)
    taker = town_train.train_institution(scene, town_train.T2)
    class_id = town_train.draft(
        scene, host, delivering_institution_id=taker, subcontract_why="缺少实训设备，请对方上课"
    )
    asks, teaches = (town_train.staff(scene, each, Role.REGISTRAR) for each in (host, taker))
    for login in (asks, teaches):
        world.enable(login)
    page = desk.at(asks).go(f"/institution/classes/{class_id}")
    assert "还没有同意承训" in page.text
    own = desk.at(asks).go("/institution/subcontracts")
    owes_its_reader_nothing(own)
    calls = world.sign_in(asks)
    (row,) = calls.get("/subcontracts").json["items"]
    assert (row["state"], row["to_institution_id"], row["why"]) == (
        "asked",
        taker,
        "缺少实训设备，请对方上课",
    )
    foreign = calls.post(f"/subcontracts/{row['id']}/agreements", {})
    assert (foreign.status_code, foreign.json["code"]) == (404, "subcontract_missing")
    silent = world.sign_in(teaches).post(f"/subcontracts/{row['id']}/refusals", {"why": ""})
    assert silent.status_code == 422
    other = desk.at(teaches)
    page = other.go("/institution/subcontracts")
    owes_its_reader_nothing(page)
    assert "缺少实训设备" in page.text
    assert "已同意承训" in other.press("同意承训").text
    assert "还没有同意承训" not in desk.at(asks).go(f"/institution/classes/{class_id}").text
    assert calls.get("/subcontracts").json["items"][0]["state"] == "agreed"
    page = desk.at("初审员").go("/office/subcontracts")
    owes_its_reader_nothing(page)
    assert "示例乙职业培训学校" in page.text
    assert "已同意" in page.text
