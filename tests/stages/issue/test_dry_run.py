"""Trying a programme out: who may have a voucher, who not and why, what it would reserve; nothing issued."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from tests import town_issue
from tests.scene import LI_SI, QIAN_QI, SUN_BA, XINXIANG, ZHANG_SAN, ZHAO_LIU, Scene, on
from tests.town_issue import WANG_WU
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.jobs import Run, take_job
from voucher.registry.people import Person
from voucher.registry.standards import Parameter
from voucher.rules.errors import Refused
from voucher.stages.issue import programmes
from voucher.stages.issue.dry_run import ask_dry_run, find_dry_run, run_dry_run
from voucher.stages.issue.models import DryRun


def told(scene: Scene, programme_id: int) -> Any:
    with scene.database.read() as session:
        found = find_dry_run(session, programme_id)
    assert found is not None
    return found[0].result


@pytest.fixture
def peopled(scene: Scene) -> Scene:
    """Return a town where some may have a voucher, some may not, each for a reason of its own."""
    scene.at = on("2024-03-06")
    scene.hire_everybody()
    town_issue.eligible(scene, ZHANG_SAN, LI_SI, WANG_WU)
    town_issue.eligible(scene, ZHAO_LIU, category="财政供养")
    scene.import_people([{"姓名": each[0], "证件号码": each[1]} for each in (SUN_BA, QIAN_QI)])
    elsewhere = town_issue.person_id(scene, SUN_BA)
    scene.do(
        "operator", lambda work: setattr(work.session.get_one(Person, elsewhere), "region_code", XINXIANG)
    )
    return scene


def test_everybody_registered_is_judged_and_nothing_is_issued(peopled: Scene) -> None:
    scene = peopled
    budget = scene.open_budget(3_000)
    programme = town_issue.programme(scene, budget)
    asked = scene.do("operator", partial(ask_dry_run, programme_id=programme))
    result = asked.result
    assert result is not None
    refused = {each["code"]: each["count"] for each in result["refused"]}
    assert refused["under_age"] == 1
    assert refused["publicly_funded"] == 1
    assert result["may"] == 2
    assert result["elsewhere"] == 1
    assert result["people"] == result["may"] + result["to_promise"] + result["to_decide"] + sum(
        refused.values()
    )
    assert (result["room"], result["affordable"], result["issued"]) == (100, 2, 2)
    groups = {each["name"]: each for each in result["groups"]}
    assert (groups["农民工"]["people"], groups["农民工"]["may"]) == (3, 2)
    assert [each["code"] for each in groups["农民工"]["refused"]] == ["under_age"]
    assert groups["财政供养"]["may"] == 0
    assert sum(count for _, count in groups["农民工"]["sources"]) == 3
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Voucher)) == 0
    assert scene.budget(budget).reserved_fen == 0


def test_a_province_is_tried_out_as_a_job_that_may_run_twice(peopled: Scene) -> None:
    scene = peopled
    programme = town_issue.programme(scene, scene.open_budget())

    def fewer(work: Any) -> None:
        for row in work.session.scalars(select(Parameter).where(Parameter.name == "dry_run_people_at_once")):
            row.value = "2"

    scene.do("operator", fewer)
    asked = scene.do("operator", partial(ask_dry_run, programme_id=programme))
    assert asked.result is None
    assert asked.job_id is not None
    run = scene.do("clock", partial(take_job, job_id=asked.job_id))
    assert isinstance(run, Run)
    handle = run_dry_run(scene.database, scene.keyring, lambda: scene.actor("clock"), lambda: scene.at)
    first = handle(run)
    assert told(scene, programme)["people"] == first["people"] == run.done == run.total
    assert handle(run) == first


def test_who_may_not_try_out_and_what_is_over(peopled: Scene) -> None:
    scene = peopled
    budget = scene.open_budget()
    programme = town_issue.programme(scene, budget)
    with pytest.raises(Refused) as caught:
        scene.do("制单员", partial(ask_dry_run, programme_id=programme))
    assert caught.value.refusal.code == "role_missing"
    scene.do(
        town_issue.publisher(scene),
        partial(programmes.close_programme, programme_id=programme, why="另有新券种"),
    )
    with pytest.raises(Refused) as caught:
        scene.do("operator", partial(ask_dry_run, programme_id=programme))
    assert caught.value.refusal.code == "dry_run_over"
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).select_from(DryRun)) == 0
