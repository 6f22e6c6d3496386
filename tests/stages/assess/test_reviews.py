"""A comprehensive review nobody speaks of fails nobody unnoticed, and one no longer asked bars nobody."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select, update

from tests import town_assess as town
from tests.loop.telling import told
from tests.scene import LI_SI, ZHANG_SAN, Scene, on, write_csv
from voucher.doors.api.assess.exams import enter_scores
from voucher.doors.schemas.assess.exams import NewResults
from voucher.plumbing.spreadsheets import Limits
from voucher.registry.importing.frame import ImportRefused, Report, import_file
from voucher.registry.people import Newcomer
from voucher.registry.standards import Parameter
from voucher.rules.assessment import COMPREHENSIVE
from voucher.rules.entries import Entry, EntryWay
from voucher.rules.errors import Refused
from voucher.rules.levels import Level
from voucher.stages.assess import admit, readings, results
from voucher.stages.assess.entries import Direct
from voucher.stages.assess.models import Candidate
from voucher.stages.assess.reading import find_newest_results, read_pass_marks
from voucher.stages.assess.readings import SecondScore
from voucher.stages.assess.retakes import read_attempts
from voucher.stages.assess.score_files import importer_for
from voucher.stages.assess.scoring import Scores, count_lacking

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

RECOGNISED = Entry(EntryWay.RECOGNITION, "直接认定申报表及原证书")


def ask_reviews(scene: Scene, least: str) -> None:
    """Have the comprehensive review begin at another level, or at none."""
    row = update(Parameter).where(Parameter.name == "comprehensive_level_least").values(value=least)
    with scene.database.engine.begin() as connection:
        connection.execute(row)


def sit(scene: Scene, ev: int) -> tuple[int, int, int]:
    """Plan an exam of 技师 for two and let them in; return the batch and them."""
    people = [Direct(Newcomer(number, name), RECOGNISED) for name, number in (ZHANG_SAN, LI_SI)]
    batch_id = town.planned(scene, ev, [], level=Level.TECHNICIAN, people=people)
    with scene.database.read() as session:
        listed = select(Candidate.id).where(Candidate.batch_id == batch_id).order_by(Candidate.id)
        one, two = session.scalars(listed)
    town.arrange(scene, batch_id)
    scene.at = on(town.batch(scene, batch_id).exam_on.isoformat(), 9)
    for each, (_, number) in ((one, ZHANG_SAN), (two, LI_SI)):
        enter = partial(admit.admit, candidate_id=each, identity_number=number)
        scene.do(town.examiner(scene, ev), enter)
    return batch_id, one, two


def upload(
    scene: Scene, login: str, batch_id: int, *rows: tuple[int, str, str, str | None], second: bool = False
) -> Report:
    """Send a file of scores, which has no column for reviews where the last of a row is None."""
    names = ("考生编号", "理论成绩", "技能成绩", "综合评审成绩")
    told = [{name: one for name, one in zip(names, each, strict=True) if one is not None} for each in rows]
    path = write_csv(scene.folder / "reviews.csv", told)
    importing = importer_for(batch_id, second=second)
    return scene.do(login, lambda work: import_file(work, importing, path, limits=Limits()))


def lacking(scene: Scene, batch_id: int, *candidates: int) -> dict[str, int]:
    """Return what whoever publishes is told is missing."""
    with scene.database.read() as session:
        batch = town.batch(scene, batch_id)
        found = find_newest_results(session, candidates).values()
        return count_lacking(batch, found, read_pass_marks(session, batch))


def test_scores_that_never_speak_of_reviews_are_refused_and_erase_none(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    ev = town.evaluator(scene)
    batch_id, one, two = sit(scene, ev)
    clerk, reader = town.clerk(scene, ev), town.examiner(scene, ev)
    reviewed = ((one, "60", "60", "50"), (two, "50", "60", "60"))
    assert upload(scene, clerk, batch_id, *reviewed).rows_added == 2

    former = ((one, "60", "60", None), (two, "70", "60", None))
    for login, second in ((clerk, False), (reader, True)):
        with pytest.raises(Refused) as refused:
            upload(scene, login, batch_id, *former, second=second)
        assert refused.value.refusal.title == "表头缺少列：综合评审成绩"
    scores: dict[str, int | None] = {
        "candidate_id": two,
        "theory_hundredths": 70_00,
        "skill_hundredths": 60_00,
    }
    given = {"exam_batch_id": batch_id, "scores": [scores]}
    untold = told(scene, clerk, lambda work: enter_scores(work, NewResults().load(given)))
    assert untold.code == "comprehensive_untold"
    assert lacking(scene, batch_id, one, two) == {}, "what was entered stands"

    # whoever says that there is none is believed, and whoever publishes is told of it
    scores["comprehensive_hundredths"] = None
    scene.do(clerk, lambda work: enter_scores(work, NewResults().load(given)))
    assert lacking(scene, batch_id, one, two) == {COMPREHENSIVE: 1}


def test_a_review_no_longer_asked_is_named_and_left_out_and_never_carried(scene: Scene) -> None:
    """改了从哪一级起考综合评审：已录的评审成绩点名重录，带入的评审成绩不再带入，谁也不会卡住。"""
    scene.at = on("2024-03-01")
    ev = town.evaluator(scene)
    batch_id, one, two = sit(scene, ev)
    clerk, reader, admin = town.clerk(scene, ev), town.examiner(scene, ev), town.admin(scene, ev)
    publisher, sign = town.publisher(scene, ev), partial(results.publish, batch_id=batch_id)
    rows = ((one, "60", "60", "50"), (two, "50", "60", "60"))
    upload(scene, clerk, batch_id, *rows)
    upload(scene, reader, batch_id, *rows, second=True)

    ask_reviews(scene, "")
    stale = told(scene, publisher, sign)
    assert stale.title == "有 2 名考生的成绩是按原来的科目或合格线判定的，不能公布"
    assert f"请重新录入考生编号 {one}、{two} 的成绩" in stale.next_step
    with pytest.raises(ImportRefused) as refused:
        upload(scene, reader, batch_id, *rows, second=True)
    assert {each.refusal.code for each in refused.value.report.problems} == {"comprehensive_not_asked"}
    unasked = [SecondScore(one, 60_00, 50_00)]
    code = told(scene, reader, lambda work: readings.enter_again(work, batch_id, unasked)).code
    assert code == "comprehensive_not_asked"
    ask_reviews(scene, "5")
    assert scene.do(publisher, sign).failed == 2

    again, zhang, li = sit(scene, ev)
    scene.do(clerk, lambda work: results.enter_results(work, again, [Scores(zhang, None, None, None, 70_00)]))
    other = [SecondScore(zhang, 80_00, 70_00)]
    carried = told(scene, reader, lambda work: readings.enter_again(work, again, other))
    assert (carried.code, carried.facts["subject"]) == ("subject_carried", "技能")
    with pytest.raises(ImportRefused):
        upload(scene, reader, again, (zhang, "", "80", "70"), second=True)
    town_again = [SecondScore(zhang, None, 70_00)]
    assert scene.do(reader, lambda work: readings.enter_again(work, again, town_again)).differing == ()

    with scene.database.read() as session:
        person_id = session.get_one(Candidate, li).person_id
        assert session.get_one(Candidate, li).carried_comprehensive_hundredths == 60_00
    ask_reviews(scene, "")
    attempt = scene.do(
        admin, lambda work: read_attempts(work, town.batch(scene, again), {person_id: None}, {})[person_id]
    )
    assert (attempt.skill_hundredths, attempt.comprehensive_hundredths) == (60_00, None)
    # he was listed while it was asked: the review brought along bars neither him nor the others
    assert upload(scene, clerk, again, (zhang, "60", "", None), (li, "60", "", None)).rows_added == 2
    assert town.publish(scene, again).passed == 2
