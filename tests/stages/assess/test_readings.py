"""Practical scores are entered twice, blind; files are taken whole; retakes bring passed subjects along."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from tests import town_assess as town
from tests import town_train
from tests.scene import LI_SI, QIAN_QI, ZHANG_SAN, Scene, on, write_csv
from voucher.ledger.holds import Hold
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import colleagues
from voucher.registry.importing.frame import ImportRefused, Report, import_file
from voucher.registry.standards import Parameter
from voucher.rules.scores import ScoreMark
from voucher.stages.assess import corrections, lapse, plan, readings, results
from voucher.stages.assess.models import Candidate
from voucher.stages.assess.queries import CandidateView, list_candidates
from voucher.stages.assess.readings import SecondScore
from voucher.stages.assess.score_files import importer_for
from voucher.stages.assess.scoring import Scores


def _see(scene: Scene, batch_id: int, login: str) -> list[CandidateView]:
    with scene.database.read() as session:
        reader = scene.actor(login).person_id
        return list_candidates(session, scene.keyring, batch_id, reader_id=reader)


def test_neither_reader_sees_the_other_before_both_are_in(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene)
    _, vouchers = town.finished(scene, ZHANG_SAN, LI_SI)
    batch_id = town.planned(scene, ev, vouchers)
    one, two = town.admit_all(scene, batch_id, [ZHANG_SAN, LI_SI])
    clerk, reader, third = town.clerk(scene, ev), town.examiner(scene, ev), town.publisher(scene, ev)

    def again(login: str, *rows: SecondScore) -> str:
        return town_train.code(scene, login, lambda work: readings.enter_again(work, batch_id, rows))

    def publish() -> str:
        return town_train.code(scene, third, lambda work: results.publish(work, batch_id))

    assert again(reader, SecondScore(one, 8000)) == "skill_not_entered"
    scene.do(clerk, lambda work: results.enter_results(work, batch_id, [
        Scores(one, 7000, 8000), Scores(two, 7000, None),
    ]))  # fmt: skip
    assert again(reader, SecondScore(two, 8000)) == "skill_not_entered"
    assert again(clerk, SecondScore(one, 8000)) == "second_reader_needed"
    assert again(reader, SecondScore(one, 10_001)) == "score_malformed"
    assert publish() == "skill_read_once"
    first, blind = _see(scene, batch_id, clerk)[0], _see(scene, batch_id, reader)[0]
    assert (first.skill_hundredths, blind.skill_hundredths) == (8000, None)
    assert (first.skill_hidden, blind.skill_hidden, blind.theory_hundredths) == (False, True, 7000)
    assert town.enter_again(scene, batch_id, {one: 800}).differing == (one,)
    assert [_see(scene, batch_id, each)[0].skill_hundredths for each in (clerk, reader, third)] == [8000] * 3
    assert _see(scene, batch_id, clerk)[0].second_skill_hundredths == 800
    assert publish() == "skill_readings_differ"
    with pytest.raises(DatabaseError):
        scene.do(
            clerk, lambda work: work.session.execute(text("UPDATE skill_reading SET skill_hundredths = 0"))
        )
    assert town.enter_again(scene, batch_id, {one: 8000}).differing == ()
    # who read the second time publishes as little as who read first
    scene.do(
        town.admin(scene, ev), lambda work: readings.enter_again(work, batch_id, [SecondScore(one, 8000)])
    )
    sign = partial(results.publish, batch_id=batch_id)
    assert town_train.code(scene, town.admin(scene, ev), sign) == "second_person_needed"
    # whoever reset the clerk could be the clerk: neither reads a second time nor publishes for some days
    user_id = scene.actor(clerk).user_id
    scene.do(third, partial(colleagues.reset_colleague, institution_id=ev, user_id=user_id))
    assert again(third, SecondScore(one, 8000)) == publish() == "second_person_reset_lately"
    scene.at += timedelta(days=7)
    published = town.publish(scene, batch_id)
    assert (published.passed, published.failed, published.absent) == (1, 1, 0)


def test_a_retake_brings_the_passed_subject_along_until_retakes_are_used_up(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene)
    _, vouchers = town.finished(scene, ZHANG_SAN, LI_SI, QIAN_QI)
    zhang, li, qian = vouchers
    batch_id = town.planned(scene, ev, vouchers)
    one, two, three = town.admit_all(scene, batch_id, [ZHANG_SAN, LI_SI])
    marked = [Scores(two, None, None, ScoreMark.CHEATED), Scores(three, None, None, ScoreMark.ABSENT)]
    wrong = [Scores(two, 6000, None, ScoreMark.CHEATED)]
    clerk = town.clerk(scene, ev)
    assert town_train.code(scene, clerk, lambda work: results.enter_results(work, batch_id, wrong)) == (
        "score_mark_with_scores"
    )
    scene.do(clerk, lambda work: results.enter_results(work, batch_id, marked))
    town.enter(scene, batch_id, {one: (5000, 8000)})
    published = town.publish(scene, batch_id)
    assert (published.passed, published.failed, published.absent) == (0, 2, 1)
    # nobody fails for good who was not there
    absent = partial(lapse.fail_for_good, voucher_id=qian, why="不再补考")
    assert town_train.code(scene, town.admin(scene, ev), absent) == "failure_missing"

    second = town.planned(scene, ev, vouchers)
    listed = town.admit_all(scene, second, [ZHANG_SAN, LI_SI, QIAN_QI])
    with scene.database.read() as session:
        taken = [session.get_one(Candidate, each) for each in listed]
        told = [
            (each.attempt, each.carried_theory_hundredths, each.carried_skill_hundredths) for each in taken
        ]
    assert told == [(2, None, 8000), (2, None, None), (1, None, None)]
    changed = [Scores(listed[0], 7000, 9000)]
    assert town_train.code(scene, clerk, lambda work: results.enter_results(work, second, changed)) == (
        "subject_carried"
    )
    # what was passed is not sat again and needs no second entry
    town.enter(scene, second, {listed[0]: (7000, None)})
    town.enter(scene, second, {listed[1]: (5000, 5000), listed[2]: (5900, 5900)})
    assert town.publish(scene, second).passed == 1
    assert town.state(scene, zhang) == "assessed"

    def correct(theory: int, skill: int) -> list[str]:
        asked = scene.do(clerk, lambda work: corrections.ask_correction(work, one, theory, skill, "登分有误"))
        scene.do(town.publisher(scene, ev), lambda work: corrections.confirm_correction(work, asked.id))
        with scene.database.read() as session:
            return list(session.scalars(select(Hold.why).where(Hold.object_id == zhang)))

    # the failed first exam may be corrected: what the retake took along stops the pass only where it is lower
    assert correct(4500, 8000) == []
    (why,) = correct(4500, 5500)
    assert "补考带入的成绩有变" in why
    for each, person in ((li, LI_SI), (qian, QIAN_QI)):
        town.assessed(scene, ev, [person], [each], [(5000, 5000)])
    new = town.new_batch(scene, ev, voucher_ids=[li])
    admin = town.admin(scene, ev)
    assert town_train.code(scene, admin, lambda work: plan.plan_batch(work, new)) == "retakes_exhausted"
    town.assessed(scene, ev, [QIAN_QI], [qian])  # absence was no attempt


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_mark_of_skill_alone_fails_and_carries_by_its_own_measure(scene: Scene) -> None:
    """理论按各科合格线，技能单独定 75 分：70 分不合格，也不带入补考；理论合格照样带入。"""
    scene.at = on("2024-01-10")
    with scene.database.engine.begin() as connection:
        connection.execute(update(Parameter).where(Parameter.name == "pass_mark_skill").values(value="75"))
    ev = town.evaluator(scene)
    _, (zhang,) = town.finished(scene, ZHANG_SAN)
    batch_id = town.planned(scene, ev, [zhang])
    (one,) = town.admit_all(scene, batch_id, [ZHANG_SAN])
    town.enter(scene, batch_id, {one: (6000, 7000)})
    assert town.publish(scene, batch_id).failed == 1
    again = town.planned(scene, ev, [zhang])
    with scene.database.read() as session:
        taken = session.get_one(Candidate, next(iter(town.candidates(scene, again).values())))
        carried = (taken.attempt, taken.carried_theory_hundredths, taken.carried_skill_hundredths)
    assert carried == (2, 6000, None)


def test_a_score_file_with_letters_is_refused_whole_and_its_rows_named(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene)
    _, vouchers = town.finished(scene, ZHANG_SAN, LI_SI, QIAN_QI)
    batch_id = town.planned(scene, ev, vouchers)
    one, two, three = town.admit_all(scene, batch_id, [ZHANG_SAN, LI_SI])
    clerk, reader = town.clerk(scene, ev), town.examiner(scene, ev)

    def upload(login: str, *rows: tuple[object, str, object, object, str], second: bool = False) -> Report:
        names = ("考生编号", "姓名", "理论成绩", "技能成绩", "标记")
        path = write_csv(scene.folder / "scores.csv", [dict(zip(names, each, strict=True)) for each in rows])

        def act(work: Work) -> Report:
            return import_file(work, importer_for(batch_id, second=second), path, limits=Limits())

        return scene.do(login, act)

    good = (one, ZHANG_SAN[0], 70, 80, ""), (two, "", "", "", "作弊"), (three, "", "", "", "缺考")
    with pytest.raises(ImportRefused) as refused:
        upload(
            clerk,
            good[0],
            (two, "张叁", "60", "60", ""),
            (two, "", "八十", "60分", ""),
            (three, "", "60", "60", ""),
            (one, "", "60", "60", ""),
            (9999, "", "60", "60", "请假"),
        )
    told = [(each.line, each.column, each.refusal.code) for each in refused.value.report.problems]
    assert told == [
        (3, "姓名", "score_name_differs"),
        (4, "理论成绩", "score_malformed"),
        (4, "技能成绩", "score_malformed"),
        (5, "考生编号", "candidate_not_admitted"),
        (6, "考生编号", "score_row_twice"),
        (7, "考生编号", "candidate_missing"),
        (7, "标记", "score_mark_unknown"),
    ]
    assert [each.revision for each in _see(scene, batch_id, clerk)] == [None] * 3
    assert upload(clerk, *good).rows_added == 3
    with pytest.raises(ImportRefused) as refused:
        upload(reader, (two, "", "", "80", ""), second=True)
    assert refused.value.report.problems[0].refusal.code == "skill_not_entered"
    assert upload(reader, (one, "", "", "80", ""), second=True).rows_added == 1
    published = town.publish(scene, batch_id)
    assert (published.passed, published.failed, published.absent) == (1, 1, 1)
    late = town_train.code(
        scene, clerk, lambda work: results.enter_results(work, batch_id, [Scores(one, 1, 1)])
    )
    assert late == "exam_batch_closed"
