"""开班申请: what a plan must hold, when it is too late, and whose word it needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest

from tests import town_train as town
from tests.scene import JIYUAN, XINXIANG, Scene, on
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import Parameter
from voucher.rules.actor import Role
from voucher.stages.train import classes, planning, reviewing
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.queries import count_to_review, desk_counters, get_class_for, list_classes
from voucher.stages.train.queries.limits import PlanLimits, read_plan_limits


def test_a_plan_that_does_not_hold_together_is_refused(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    login = town.staff(scene, house, Role.REGISTRAR)
    good = town.plan(scene, house)

    def told(**changes: Any) -> str:
        new = replace(good, **changes)
        return town.code(scene, login, lambda work: classes.draft_class(work, new))

    late = town.plan(scene, house, starts_on=date(2024, 6, 1)).sessions
    assert told(hours_offline=39) == "hours_disagree"
    assert told(mode="blended") == "hours_disagree"
    assert told(sessions=late) == "session_outside_class"
    assert told(sessions=[*good.sessions, good.sessions[0]], hours_offline=48) == "sessions_overlap"
    assert told(trade_code="9-99-99-99") == "trade_unknown"
    assert told(level=0) == "trade_unfit"
    assert told(training_kind="nothing") == "word_unknown"
    assert told(mode="by_post") == "word_unknown"
    assert told(certificate_kind="diploma") == "word_unknown"
    assert told(region_code="990000") == "region_unknown"
    assert told(delivering_institution_id=987) == "institution_not_listed"
    # somebody else's institution is not written for
    assert told(institution_id=other) == "role_missing"
    blank = town.refusal(
        scene, login, lambda work: classes.draft_class(work, replace(good, teacher=" ", capacity=0))
    )
    assert blank.title == "开班申请未填写或填写有误：教师、班额"


def test_filing_asks_for_promise_list_hours_size_and_lead(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    login = town.staff(scene, house, Role.INSTITUTION_ADMIN)

    def told(*, promised: bool = True, **changes: Any) -> str:
        class_id = town.draft(scene, house, **changes)
        return town.code(scene, login, lambda work: classes.file_class(work, class_id, promised))

    completion: dict[str, Any] = {"certificate_kind": "training_completion", "level": 0}
    assert told(promised=False) == "promise_missing"
    assert told(hours=39, **completion) == "hours_short"
    assert told(capacity=51) == "class_too_large"
    first = town.plan(scene, house, at_hour=7, hours=8)
    evening = town.plan(scene, house, at_hour=14, hours=5)
    crowded = [*first.sessions, *evening.sessions]
    assert told(hours_offline=13, sessions=crowded) == "day_hours_too_many"
    # ten working days after Friday 1 March is Friday 15 March
    assert told(starts_on=date(2024, 3, 14)) == "filed_too_late"
    assert town.open_class(scene, house, starts_on=date(2024, 3, 15), hours=40, **completion)
    unlisted = town.train_institution(scene, town.T2, years="2023")
    late = town.draft(
        scene,
        house,
        delivering_institution_id=unlisted,
        teacher="李老师",
        place="二号楼",
        subcontract_why="缺设备",
    )
    refused = town.refusal(scene, login, lambda work: classes.file_class(work, late, True))
    assert refused.code == "institution_not_listed"
    assert "不在目录清单内" in refused.title
    assert "不予补贴" in refused.title
    scene.at = on("2026-12-25")
    town.train_institution(scene, years="2027")
    unknown = town.draft(scene, house, starts_on=date(2027, 3, 1))
    refused = town.refusal(scene, login, lambda work: classes.file_class(work, unknown, True))
    assert refused.code == "calendar_year_missing"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_plan_is_told_the_seats_of_its_first_day_and_opens_without_them(scene: Scene) -> None:
    today, later = date(2024, 3, 1), date(2024, 5, 1)
    scene.do("operator", lambda work: work.session.add(_seats_from(later)))
    with scene.database.read() as session:
        told = partial(read_plan_limits, session, JIYUAN)
        assert [told(today).largest, told(today, later).largest] == [50, 41]
        before_all = date(1990, 1, 1)
        assert told(today, before_all) == replace(told(today), largest=None), "one hint less"
        assert told(before_all) == PlanLimits(None, None, None, None)


def _seats_from(since: date) -> Parameter:
    return Parameter(name="class_size", value="41", unit="人", since=since, source="甲", confidence="gov")


def test_a_teacher_and_a_place_are_in_one_class_at_a_time(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    login = town.staff(scene, house, Role.REGISTRAR)
    first = town.open_class(scene, house)

    def told(**changes: object) -> str | None:
        class_id = town.draft(scene, house, **changes)
        refused = town.refusal(scene, login, lambda work: classes.file_class(work, class_id, True))
        assert refused.facts["other"] == town.a_class(scene, first).number
        return refused.code

    assert told(place="另一处场地") == "sessions_overlap"
    assert told(teacher="另一位老师") == "sessions_overlap"
    # in the evening, or with both of them different, it may be held
    assert town.open_class(scene, house, at_hour=15)
    assert town.open_class(scene, house, teacher="另一位老师", place="另一处场地")


def test_a_class_is_reviewed_by_an_officer_of_its_region_and_revised_while_returned(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    login, officer = town.staff(scene, house, Role.REGISTRAR), town.reviewer(scene)
    scene.hire("外地审核员", Role.OFFICER_CITY, "310101199001010230", XINXIANG)
    class_id = town.draft(scene, house)

    def file(work: Work) -> TrainingClass:
        return classes.file_class(work, class_id, True)

    def approve(work: Work) -> TrainingClass:
        return reviewing.approve_class(work, class_id, "同意")

    scene.do(login, file)
    assert town.code(scene, login, approve) == "role_missing"
    assert town.code(scene, "外地审核员", approve) == "class_missing"
    revised = replace(town.plan(scene, house), capacity=20)
    assert (
        town.code(scene, login, lambda w: classes.revise_class(w, class_id, revised)) == "class_not_editable"
    )
    blank = town.code(scene, officer, lambda work: reviewing.return_class(work, class_id, " "))
    assert blank == "training_why_missing"
    with scene.database.read() as session:
        assert count_to_review(session, scene.actor(officer).regions)[0] == 1
    scene.do(officer, lambda work: reviewing.return_class(work, class_id, "班额过大；场地证明不清"))
    with scene.database.read() as session:
        assert desk_counters(session, [house], scene.at).returned == 1
    scene.do(login, lambda work: classes.revise_class(work, class_id, revised))
    scene.do(login, file)
    other = town.train_institution(scene, town.T2)
    outsider = town.staff(scene, other, Role.REGISTRAR)
    with scene.database.read() as session:
        assert [each.id for each in list_classes(session, institution_ids=[house])] == [class_id]
        assert list_classes(session, institution_ids=[other]) == []
        assert list_classes(session) == []
    seen = town.code(scene, outsider, lambda work: get_class_for(work.session, work.actor, class_id))
    assert seen == "class_missing"
    before, scene.at = scene.at, town.sessions(scene, class_id)[0].starts_at
    assert town.code(scene, officer, approve) == "class_begins_unreviewed"
    scene.at = before
    scene.do(officer, approve)
    scene.do(outsider, lambda work: get_class_for(work.session, work.actor, class_id))
    assert (town.a_class(scene, class_id).state, town.a_class(scene, class_id).capacity) == ("approved", 20)
    assert town.code(scene, officer, approve) == "event_not_allowed"


def test_a_new_plan_carries_the_project_it_is_subsidised_as(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    login = town.staff(scene, house, Role.REGISTRAR)
    new: planning.NewClass = replace(town.plan(scene, house), project_code="NONE")
    assert town.code(scene, login, lambda work: classes.draft_class(work, new)) == "project_unknown"
