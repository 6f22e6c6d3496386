"""Quality of evaluators and examiners: figures of a year beside their peers, and the exams behind them."""

from __future__ import annotations

from datetime import UTC

import pytest

from tests import town_assess, town_issue, town_train
from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing
from tests.doors.world import World
from tests.loop import way
from tests.scene import JIYUAN, LI_SI, XINXIANG, ZHANG_SAN, Scene, on
from voucher.rules.actor import Role
from voucher.rules.examining_quality import Examined, find_middle, judge_examiners
from voucher.stages.oversee.quality.examining import read_year


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_evaluators_year_is_followed_down_to_the_exam(scene: Scene, world: World) -> None:
    scene.at = on("2024-03-01")
    desk = Office(scene, world)
    house = town_train.train_institution(scene)
    place = way.Town(scene, scene.open_budget(100_000), house, town_assess.evaluator(scene))
    people = [ZHANG_SAN, LI_SI]
    vouchers = way.trained(place, town_issue.programme(scene, place.budget_id), *people)
    way.examined(place, people, vouchers)
    with scene.database.read() as session:
        found = read_year(session, [JIYUAN], 2024, 1)
        assert read_year(session, [XINXIANG], 2024, 1).evaluators == {}
        ((house, figures),) = found.evaluators.items()
        assert (figures.exams, figures.sat, figures.passed, figures.busiest) == (1, 2, 2, 2)
        assert (figures.same, figures.appeals, figures.pass_bp) == (2, 0, 10_000)
        assert len(found.examiners) >= 1
        assert all(each.z_hundredths is None for each in found.examiners), "nobody else to compare with"
    world.at = scene.at.astimezone(UTC)
    world.staff("监管员", Role.SUPERVISOR, region=JIYUAN)
    watcher = desk.at("监管员")
    for address in ("/supervisor/quality/evaluators", "/supervisor/quality/examiners",
                    f"/supervisor/quality/evaluators/{house}"):  # fmt: skip
        page = watcher.go(f"{address}?year=2024")
        owes_its_reader_nothing(page)
        assert ("—" in page.text, "100%" in page.text) == (True, False), "two people make no rate"
    assert "没有公布过考试" in watcher.go("/supervisor/quality/evaluators?year=2023").text
    world.staff("外地监管员", Role.SUPERVISOR, region=XINXIANG)
    assert "没有登记过" in desk.at("外地监管员").go(f"/supervisor/quality/evaluators/{house}?year=2024").text


def test_few_people_are_no_peers_and_the_furthest_above_comes_first() -> None:
    middle = find_middle([Examined(sat=40, passed=20, busiest=9), Examined(sat=3, passed=3, busiest=3)], 10)
    assert (middle.pass_bp, middle.busiest, middle.revoked_bp) == (5000, 9, None)
    judged = judge_examiners([(1, 2, 50, 30), (2, 1, 40, 40), (3, 1, 4, 4), (4, 1, 0, 0)], (200, 120), 10)
    assert [each.person_id for each in judged] == [2, 1, 3]
    assert (judged[0].z_hundredths or 0) > 300
    assert judged[2].z_hundredths is None
