"""Inspections: drawn or chosen, concluded in the room, answered, closed; a serious one stops a class."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests import town_issue as issue
from tests import town_train as town
from tests.loop import way
from tests.scene import JIYUAN, LI_SI, XINXIANG, ZHANG_SAN, Scene
from voucher.ledger.holds import Hold
from voucher.rules.actor import Role
from voucher.rules.draws import draw
from voucher.rules.inspections import CHECKLIST, Conclusion, Mark
from voucher.stages.train import inspecting
from voucher.stages.train.inspecting import Report
from voucher.stages.train.models.inspections import Inspection, InspectionDraw
from voucher.stages.train.queries import inspections as reading

GOOD = dict.fromkeys(CHECKLIST, Mark.MET)


def test_classes_are_drawn_from_a_kept_seed_and_one_is_stopped(scene: Scene) -> None:
    at = way.settle_down(scene)
    nurses = issue.programme(scene, at.budget_id)
    classes = [
        town.open_class(scene, at.house, hours=8, teacher=f"教师{each}", place=f"{each}号教室")
        for each in range(3)
    ]
    office, desk = town.reviewer(scene), at.registrar()
    scene.hire("外地监管员", Role.SUPERVISOR, "310101199001010250", region=XINXIANG)
    planned = issue.day(scene) + timedelta(days=21)
    drawing = partial(inspecting.draw_inspections, region_code=JIYUAN, size=2, planned_on=planned)
    assert town.code(scene, desk, drawing) == "role_missing"
    assert town.code(scene, "外地监管员", drawing) == "region_foreign"
    opened = scene.do(office, drawing)
    assert len(opened) == 2
    with scene.database.read() as session:
        drawn = session.scalars(select(InspectionDraw)).one()
        numbers = {town.a_class(scene, each).number: each for each in classes}
        assert sorted(numbers) == drawn.numbers
        assert reading.repeat_inspection_draw(drawn) == draw(drawn.seed, drawn.subject, numbers, 2)
        assert [numbers[each] for each in reading.repeat_inspection_draw(drawn)] == [
            each.class_id for each in opened
        ]
        # not announced: the institution learns of it once somebody has been there
        assert reading.list_inspections(session, houses=[at.house]) == []
    with pytest.raises(DBAPIError):
        scene.do("operator", lambda work: work.session.execute(text("UPDATE inspection_draw SET seed = '0'")))
    (left,) = set(classes) - {each.class_id for each in opened}

    def choose(class_id: int, why: str = "群众反映没有上课") -> partial[Inspection]:
        return partial(
            inspecting.open_inspection, class_id=class_id, planned_on=planned, announced=True, why=why
        )

    assert town.code(scene, office, choose(left, why="")) == "why_missing"
    assert town.code(scene, office, choose(opened[0].class_id)) == "inspection_open"
    assert town.code(scene, "外地监管员", choose(left)) == "class_missing"
    found = scene.do(office, choose(left))
    assert town.code(scene, office, drawing) == "no_class_to_inspect"

    vouchers = [town.enrolled(scene, nurses, each, left) for each in (ZHANG_SAN, LI_SI)]
    scene.at = town.morning(scene, left)
    town.scan(scene, ZHANG_SAN, vouchers[0], left)
    today = issue.day(scene)
    words = "教室里没有人，签到表已经签满"
    marks = {**GOOD, "people": Mark.UNMET}

    def conclude(present: int = 0, day: int = 3, **changes: object) -> partial[Inspection]:
        given: dict[str, object] = {"marks": marks, "findings": words, "conclusion": Conclusion.SERIOUS}
        report = Report(people_present=present, answer_by=today + timedelta(days=day), **{**given, **changes})  # type: ignore[arg-type]
        return partial(inspecting.conclude, inspection_id=found.id, report=report)

    refused = {
        "checklist_incomplete": conclude(marks={"place": Mark.MET}),
        "people_present_malformed": conclude(present=3),
        "conclusion_disagrees": conclude(conclusion=Conclusion.IN_ORDER),
        "findings_missing": conclude(day=-1),
    }
    for code, act in refused.items():
        assert town.code(scene, office, act) == code
    assert town.code(scene, "外地监管员", conclude()) == "inspection_missing"
    done = scene.do(office, conclude())
    assert (done.people_present, done.people_seated) == (0, 2)
    assert town.code(scene, office, conclude()) == "inspection_step_wrong"
    with scene.database.read() as session:
        held = session.scalars(select(Hold).where(Hold.closed_at.is_(None)).order_by(Hold.object_id)).all()
        assert [each.object_id for each in held] == vouchers
        assert all("现场检查" in each.why and words not in each.why for each in held)
        assert [each.id for each in reading.list_inspections(session, houses=[at.house])] == [found.id]

    close = partial(inspecting.close, inspection_id=found.id, words="补课三天，有签到和照片")
    assert town.code(scene, office, close) == "inspection_step_wrong"
    answer = partial(inspecting.answer, inspection_id=found.id, words="当日停电，已补课")
    other = town.staff(scene, town.train_institution(scene, town.T2), Role.REGISTRAR)
    assert town.code(scene, other, answer) == "inspection_missing"
    assert town.code(scene, office, answer) == "role_missing"
    scene.do(desk, answer)
    assert town.code(scene, desk, answer) == "inspection_step_wrong"
    scene.do(office, close)
    assert town.code(scene, office, close) == "inspection_step_wrong"
    with scene.database.read() as session:
        assert session.scalars(select(Hold).where(Hold.closed_at.is_(None))).all() == []
