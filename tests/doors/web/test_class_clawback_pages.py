"""整班追回 on its page: the consequences first, asked by one, confirmed by another, a letter per payee."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import town_issue
from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing
from tests.doors.web.test_payment_file_pages import keep
from tests.doors.world import World
from tests.loop import way
from tests.scene import LI_SI, ZHANG_SAN, Scene
from voucher.stages.train.queries.counted import find_last_places


@pytest.mark.long
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_class_is_taken_back_from_its_page_by_two(scene: Scene, world: World) -> None:
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    vouchers = way.certified(town, nurses, ZHANG_SAN, LI_SI)
    way.claim_and_pay(town, *vouchers)
    with scene.database.read() as session:
        class_id = find_last_places(session, vouchers)[vouchers[0]].class_id
    world.at = scene.at
    desk = Office.__new__(Office)
    desk.scene, desk.world, desk._browsers = scene, world, {}
    for login in ("初审员", "复核员"):
        world.enable(login)
    first, second = desk.at("初审员"), desk.at("复核员")
    address = f"/office/class-clawbacks/{class_id}"
    page = first.go(address)
    owes_its_reader_nothing(page)
    keep(page, "class-clawback")
    assert "4 笔 2,800.00 元" in page.text
    page = first.press("提出整班追回 2 张券", why="全班编造资料，查实")
    assert "是您提出的，须由另一人确认" in page.text
    page = second.go(address)
    owes_its_reader_nothing(page)
    keep(page, "class-clawback-asked")
    page = second.press("确认整班追回 2 张券")
    keep(page, "class-clawback-done")
    assert "已整班追回：立案 2 家收款方，请送达退回资金通知书" in page.text
    letters = [each for each in page.links if each.startswith("/clawback-cases/")]
    assert len(letters) == 2
    answer = second.http.get(letters[0])
    assert answer.data.startswith(b"%PDF")
    if folder := os.environ.get("SHOTS"):
        Path(folder, "case.pdf").write_bytes(answer.data)
