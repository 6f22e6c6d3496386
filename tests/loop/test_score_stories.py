"""成绩：两人各录一遍，整份退回，补考带入，签字后由两人更正。"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pytest
from sqlalchemy import select, update

from tests import town_assess
from tests.loop.telling import told
from tests.scene import LI_SI, ZHANG_SAN, Scene, on, write_csv
from voucher.ledger.holds import Hold
from voucher.plumbing.spreadsheets import Limits
from voucher.registry.importing.frame import ImportRefused, Report, import_file
from voucher.registry.people import Newcomer
from voucher.registry.standards import Parameter
from voucher.rules.entries import Entry, EntryWay
from voucher.rules.levels import Level
from voucher.stages.assess import admit, corrections, plan, readings, results
from voucher.stages.assess.entries import Direct
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.queries.slips import list_slips
from voucher.stages.assess.readings import SecondScore
from voucher.stages.assess.score_files import importer_for
from voucher.stages.assess.scoring import Scores


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


def _sitters(scene: Scene, batch_id: int) -> list[int]:
    with scene.database.read() as session:
        return list(
            session.scalars(select(Candidate.id).where(Candidate.batch_id == batch_id).order_by(Candidate.id))
        )


def _upload(
    scene: Scene, login: str, batch_id: int, rows: list[dict[str, object]], *, second: bool
) -> Report:
    path = write_csv(scene.folder / "reviews.csv", rows)
    importing = importer_for(batch_id, second=second)
    return scene.do(login, lambda work: import_file(work, importing, path, limits=Limits()))


def test_技师三科各须合格_综合评审也由两人各录一遍_补考只评审_更正由第二人确认(scene: Scene) -> None:
    """DOMAIN 2.4 考核：技师以上还须综合评审；三科各自合格，平均分不得抵；高级工及以下没有这一科。"""
    scene.at = on("2024-03-01")
    ev = town_assess.evaluator(scene)
    recognised = Entry(EntryWay.RECOGNITION, "直接认定申报表及原证书")
    people = [Direct(Newcomer(number, name), recognised) for name, number in (ZHANG_SAN, LI_SI)]
    batch_id = town_assess.planned(scene, ev, [], level=Level.TECHNICIAN, people=people)
    one, two = _sitters(scene, batch_id)
    _admit(scene, batch_id, {one: ZHANG_SAN, two: LI_SI})
    clerk, reader = town_assess.clerk(scene, ev), town_assess.examiner(scene, ev)
    sign, publisher = partial(results.publish, batch_id=batch_id), town_assess.publisher(scene, ev)

    rows: list[dict[str, object]] = [
        {"考生编号": one, "理论成绩": "95", "技能成绩": "95", "综合评审成绩": "良好"},
        {"考生编号": two, "理论成绩": "60", "技能成绩": "60", "综合评审成绩": "60"},
    ]
    with pytest.raises(ImportRefused) as refused:
        _upload(scene, clerk, batch_id, rows, second=False)
    (wrong,) = refused.value.report.problems
    assert (wrong.line, wrong.column, wrong.refusal.code) == (2, "综合评审成绩", "score_malformed")
    rows[0]["综合评审成绩"] = "59.5"
    assert _upload(scene, clerk, batch_id, rows, second=False).rows_added == 2
    town_assess.enter_again(scene, batch_id, {one: 95_00, two: 60_00})
    assert told(scene, publisher, sign).code == "skill_readings_differ"  # the review was not read again
    _upload(scene, reader, batch_id, rows, second=True)
    done = scene.do(publisher, sign)
    assert (done.passed, done.failed) == (1, 1)

    # what was passed comes along: the review alone is sat again, and read by two
    second = town_assess.planned(scene, ev, [], level=Level.TECHNICIAN, people=people[:1])
    (again,) = _sitters(scene, second)
    with scene.database.read() as session:
        (slip,) = list_slips(session, scene.keyring, session.get_one(ExamBatch, second))
    assert slip.subjects == ("综合评审",)
    _admit(scene, second, {again: ZHANG_SAN})
    sat = Scores(again, None, None, None, 70_00)
    scene.do(clerk, lambda work: results.enter_results(work, second, [sat]))
    assert told(scene, publisher, partial(results.publish, batch_id=second)).code == "skill_read_once"
    scene.do(reader, lambda work: readings.enter_again(work, second, [SecondScore(again, None, 70_00)]))
    assert town_assess.publish(scene, second).passed == 1
    asked = scene.do(
        clerk, lambda work: corrections.ask_correction(work, two, 60_00, 60_00, "评审表合分有误", None, 59_00)
    )
    assert not scene.do(publisher, lambda work: corrections.confirm_correction(work, asked.id)).passed

    # 高级工 has no such subject, and what was judged before there was one is judged again
    third = town_assess.planned(scene, ev, [], level=Level.SENIOR, people=people[1:])
    (senior,) = _sitters(scene, third)
    _admit(scene, third, {senior: LI_SI})
    wide = Scores(senior, 70_00, 70_00, None, 70_00)
    refused_too = told(scene, clerk, lambda work: results.enter_results(work, third, [wide]))
    assert refused_too.title == "本批次的等级不考综合评审，不能有综合评审成绩"
    town_assess.enter(scene, third, {senior: (70_00, 70_00)})
    with scene.database.engine.begin() as connection:
        connection.execute(
            update(Parameter).where(Parameter.name == "comprehensive_level_least").values(value="4")
        )
    stale = told(scene, publisher, partial(results.publish, batch_id=third))
    assert stale.title == "有 1 名考生的成绩是按原来的科目或合格线判定的，不能公布"
    town_assess.enter(scene, third, {senior: (70_00, 70_00)})
    assert town_assess.publish(scene, third).failed == 1


def _admit(scene: Scene, batch_id: int, people: Mapping[int, tuple[str, str]]) -> None:
    town_assess.arrange(scene, batch_id)
    found = town_assess.batch(scene, batch_id)
    scene.at = on(found.exam_on.isoformat(), 9)
    for candidate_id, (_, number) in people.items():
        scene.do(
            town_assess.examiner(scene, found.institution_id),
            partial(admit.admit, candidate_id=candidate_id, identity_number=number),
        )
