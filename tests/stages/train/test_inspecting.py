"""Inspections: drawn or chosen, concluded in the room, answered, closed; a serious one stops a class."""

from __future__ import annotations

from dataclasses import replace
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
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.draws import commitment_of, draw
from voucher.rules.inspections import CHECKLIST, Conclusion, Mark
from voucher.stages.train import inspecting
from voucher.stages.train.inspecting import Report
from voucher.stages.train.inspection_seeds import commit_inspection_seed
from voucher.stages.train.models.inspections import Inspection, InspectionDraw
from voucher.stages.train.queries import inspections as reading

GOOD = dict.fromkeys(CHECKLIST, Mark.MET)


def rewrite(work: Work, sql: str) -> None:
    """Do what no act does: change a row behind everybody's back."""
    work.session.execute(text(sql))


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
    assert town.code(scene, office, partial(drawing, size=0)) == "inspection_draw_size_malformed"
    # the hash is shown before there is a list; the next seed is fixed with the draw
    committing = partial(commit_inspection_seed, region_code=JIYUAN)
    assert town.code(scene, office, drawing) == "inspection_seed_not_committed"
    assert town.code(scene, "外地监管员", committing) == "region_foreign"
    fixed = scene.do(office, committing)
    assert scene.do(office, committing).id == fixed.id, "one that waits is the one"
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
        assert drawn.seed == fixed.seed
        assert commitment_of(drawn.seed) == fixed.commitment
        waiting, used = reading.list_seeds(session)
        assert (waiting.draw, used.told, used.chosen, used.holds) == (None, None, [], True)
        assert waiting.seed.commitment != fixed.commitment
        # not announced: the institution learns of it once somebody has been there
        assert reading.list_inspections(session, houses=[at.house]) == []
    for sin in (
        "UPDATE inspection_draw SET seed = '0'",
        f"UPDATE inspection_seed SET seed = '{'0' * 64}'",
        "UPDATE inspection_seed SET draw_id = NULL",
        "DELETE FROM inspection_seed",
    ):
        with pytest.raises(DBAPIError):
            scene.do("operator", partial(rewrite, sql=sin))
    # sin: the seed is not the one whose hash was shown
    sinned = InspectionDraw(seed="0" * 64, subject="", numbers=[], size=1)
    assert not reading.SeedView(fixed, sinned, True).holds
    (left,) = set(classes) - {each.class_id for each in opened}

    def choose(class_id: int, why: str = "群众反映没有上课") -> partial[Inspection]:
        return partial(
            inspecting.open_inspection, class_id=class_id, planned_on=planned, announced=True, why=why
        )

    assert town.code(scene, office, choose(left, why="")) == "why_missing"
    assert town.code(scene, office, choose(opened[0].class_id)) == "inspection_open"
    assert town.code(scene, "外地监管员", choose(left)) == "class_missing"
    found = scene.do(office, choose(left))
    # announced, and answered before anybody has been there: told so; an unannounced one is not there at all
    early = {
        each: partial(inspecting.answer, inspection_id=each, words="当日停电")
        for each in (found.id, opened[0].id)
    }
    assert town.code(scene, desk, early[found.id]) == "inspection_not_done_yet"
    assert town.code(scene, desk, early[opened[0].id]) == "inspection_missing"
    assert town.code(scene, office, drawing) == "no_class_to_inspect"

    vouchers = [town.enrolled(scene, nurses, each, left) for each in (ZHANG_SAN, LI_SI)]
    scene.at = town.morning(scene, left)
    town.scan(scene, ZHANG_SAN, vouchers[0], left)
    today = issue.day(scene)
    words = "教室里没有人，签到表已经签满"
    marks = {**GOOD, "people": Mark.UNMET}

    good = Report(
        marks=marks,
        findings=words,
        conclusion=Conclusion.SERIOUS,
        people_present=0,
        answer_by=today + timedelta(days=3),
    )

    def conclude(report: Report = good) -> partial[Inspection]:
        return partial(inspecting.conclude, inspection_id=found.id, report=report)

    refused = {
        "checklist_incomplete": conclude(replace(good, marks={"place": Mark.MET})),
        "people_present_malformed": conclude(replace(good, people_present=3)),
        "conclusion_disagrees": conclude(replace(good, conclusion=Conclusion.IN_ORDER)),
        "findings_missing": conclude(replace(good, answer_by=today - timedelta(days=1))),
    }
    for code, act in refused.items():
        assert town.code(scene, office, act) == code
    assert town.code(scene, "外地监管员", conclude()) == "inspection_missing"
    done = scene.do(office, conclude())
    assert (done.people_present, done.people_seated) == (0, 2)
    assert town.code(scene, office, conclude()) == "inspection_step_wrong"
    with pytest.raises(DBAPIError, match="written once"), scene.database.engine.begin() as raw:
        raw.execute(text("UPDATE inspection SET marks = '{}' WHERE concluded_at IS NOT NULL"))
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
