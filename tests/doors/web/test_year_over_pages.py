"""After a year was carried the office reads the money, and the queue, of the budget it stands in by now."""

from __future__ import annotations

import pytest

from tests.doors.web.browser import Office
from tests.doors.world import World
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from tests.town_issue import act, eligible, newcomer, person_id, programme
from voucher.ledger.budget import Budget
from voucher.stages.issue import issuing, queries
from voucher.stages.settle.closing_years import ask_year_end, carry_year_end

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_programmes_and_queues_of_a_carried_year_tell_of_the_new_one(scene: Scene, world: World) -> None:
    scene.at = world.at = on("2023-12-10")
    office = Office(scene, world)
    old = scene.open_budget(2100, year=2023)
    nurses = programme(scene, old)
    eligible(scene, ZHANG_SAN, LI_SI, SUN_BA)
    named = [newcomer(each) for each in (ZHANG_SAN, LI_SI)]
    assert scene.do("operator", act(issuing.issue_at_once, nurses, named)).waiting == 1
    scene.at = on("2024-01-02")
    asked = scene.do("制单员", lambda work: ask_year_end(work, old, "济财预〔2024〕1号"))
    reserved_fen, rest_fen = scene.budget(old).reserved_fen, scene.budget(old).available_fen
    new = scene.do(
        "付款复核员", lambda work: carry_year_end(work, asked.id, reserved_fen, rest_fen)
    ).into_budget_id
    assert new is not None
    small = programme(scene, new, name="专项", certificate_kind="special_skill", trade_code="HNZX-005",
                      level=0, training_cap_fen=100_00)  # fmt: skip
    assert scene.do("operator", act(issuing.issue_at_once, small, [newcomer(SUN_BA)])).waiting == 1
    with scene.database.read() as session:
        assert queries.list_places(session, person_id(scene, SUN_BA))[0].position == 2
        ((fund, count, _),) = queries.list_queues(session, [session.get_one(Budget, new).region_code])
        assert (fund.id, count) == (new, 2)
        rows = queries.list_waiting(session, scene.keyring, new)
        assert [each.position for each in rows] == [1, 2]
    scene.at = world.at = on("2024-01-10")
    page = office.at("初审员").go(f"/office/programmes/{nurses}")
    assert "2024 年" in page.text
    assert "2023 年" not in page.text
