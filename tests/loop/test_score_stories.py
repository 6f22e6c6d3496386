"""成绩：两人各录一遍，整份退回，补考带入，签字后由两人更正。"""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from tests import town_assess
from tests.loop.telling import told
from tests.scene import LI_SI, ZHANG_SAN, Scene, on, write_csv
from voucher.ledger.holds import Hold
from voucher.plumbing.spreadsheets import Limits
from voucher.registry.importing.frame import ImportRefused, import_file
from voucher.stages.assess import admit, corrections, plan, results
from voucher.stages.assess.results import Scores
from voucher.stages.assess.score_files import importer_for


def test_技能两人各录一遍_带字母的成绩文件整份退回_补考带入已合格科目_签字后改分停付(scene: Scene) -> None:
    """AC-F1：单科不及格只补考该科；没有两遍一致的成绩、没有足够的考评员，什么也不能公布。"""
    scene.at = on("2024-03-01")
    ev = town_assess.evaluator(scene)
    _, (zhang, li) = town_assess.finished(scene, ZHANG_SAN, LI_SI)
    early = town_assess.new_batch(scene, ev, voucher_ids=[zhang], exam_on=on("2024-03-07").date())
    admin = town_assess.admin(scene, ev)
    late = told(scene, admin, lambda work: plan.plan_batch(work, early))
    assert (late.code, late.title) == (
        "exam_planned_late", "评价计划须提前 7 天报送，考试最早安排在 2024-03-08"
    )  # fmt: skip

    batch_id = town_assess.planned(scene, ev, [zhang, li])
    first = town_assess.candidates(scene, batch_id)[zhang]
    scene.at = on("2024-03-08", 8)
    door, clerk = town_assess.examiner(scene, ev), town_assess.clerk(scene, ev)
    alone = told(scene, door, lambda work: admit.admit(work, first, ZHANG_SAN[1]))
    assert alone.title == "本场考试只指派了 0 名考评员，应不少于 3 名，不得开考"
    one, two = town_assess.admit_all(scene, batch_id, [ZHANG_SAN, LI_SI])

    rows = [
        {"考生编号": one, "理论成绩": "59", "技能成绩": "95"},
        {"考生编号": two, "理论成绩": "6O", "技能成绩": "80"},
    ]
    path = write_csv(scene.folder / "scores.csv", rows)
    with pytest.raises(ImportRefused) as refused:
        scene.do(
            clerk, lambda work: import_file(work, importer_for(batch_id, second=False), path, limits=Limits())
        )
    (wrong,) = refused.value.report.problems
    assert (wrong.line, wrong.column, wrong.refusal.code) == (3, "理论成绩", "score_malformed")

    entered = [Scores(one, 59_00, 95_00), Scores(two, 60_00, 80_00)]
    scene.do(clerk, lambda work: results.enter_results(work, batch_id, entered))
    publisher = town_assess.publisher(scene, ev)
    sign = partial(results.publish, batch_id=batch_id)
    assert told(scene, publisher, sign).title == "还有 2 名考生的技能成绩只录了一遍，不能公布"
    town_assess.enter_again(scene, batch_id, {one: 95_00, two: 8_00})
    assert told(scene, publisher, sign).title == "有 1 名考生的技能成绩两遍录入不一致，不能公布"
    town_assess.enter_again(scene, batch_id, {two: 80_00})
    done = scene.do(publisher, sign)
    assert (done.passed, done.failed) == (1, 1)
    assert [town_assess.state(scene, each) for each in (zhang, li)] == ["trained", "assessed"]
    changed = told(scene, clerk, lambda work: results.enter_results(work, batch_id, entered))
    assert changed.code == "exam_batch_closed"

    # only theory is sat again: the practical score comes along and nobody enters it anew
    town_assess.assessed(scene, ev, [ZHANG_SAN], [zhang], [(60_00, None)])
    assert town_assess.state(scene, zhang) == "assessed"
    # a pass lost after the signature takes two people and a reason, and stops the money
    asked = scene.do(clerk, lambda work: corrections.ask_correction(work, two, 55_00, 80_00, "理论合分有误"))
    own = told(scene, clerk, lambda work: corrections.confirm_correction(work, asked.id))
    assert own.code == "result_missing"
    scene.do(publisher, lambda work: corrections.confirm_correction(work, asked.id))
    with scene.database.read() as session:
        (hold,) = session.scalars(select(Hold).where(Hold.object_id == li)).all()
    assert "成绩更正为不合格：理论合分有误" in hold.why
