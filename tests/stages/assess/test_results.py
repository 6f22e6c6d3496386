"""Scores: entered by one, published by another; held lines stop nobody; corrections need two."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from tests import town_assess as town
from tests import town_train
from tests.scene import EV2, FENG_YI, LI_SI, QIAN_QI, ZHANG_SAN, Scene, on
from tests.watching import watched
from voucher.ledger import holds
from voucher.ledger.holds import Hold
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import colleagues
from voucher.rules.lifecycle import Thing
from voucher.stages.assess import corrections, lapse, plan, results
from voucher.stages.assess.models import Candidate
from voucher.stages.assess.queries import (
    exams_passed,
    list_batches,
    list_candidates,
    read_statistics,
    results_of,
    view_batches,
)
from voucher.stages.assess.scoring import Scores


def test_entered_by_one_published_by_another_and_nothing_averages(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev, other = town.evaluator(scene), town.evaluator(scene, EV2)
    people = [ZHANG_SAN, LI_SI, QIAN_QI, FENG_YI]
    _, vouchers = town.finished(scene, *people)
    batch_id = town.planned(scene, ev, vouchers)
    entry, publisher = town.clerk(scene, ev), town.publisher(scene, ev)
    everybody = town.candidates(scene, batch_id)
    first, second, third, _ = (everybody[each] for each in vouchers)

    def entering(rows: list[Scores], login: str = entry) -> str:
        return town_train.code(scene, login, lambda work: results.enter_results(work, batch_id, rows))

    def publishing(login: str) -> str:
        return town_train.code(scene, login, lambda work: results.publish(work, batch_id))

    assert entering([Scores(first, 7000, 7000)]) == "candidate_not_admitted"
    scene.do("operator", lambda work: holds.open_hold(work, Thing.VOUCHER, vouchers[2], "替考线索"))
    town.admit_all(scene, batch_id, people[:3])
    assert publishing(publisher) == "results_missing"
    assert entering([Scores(first, None, None)]) == "result_empty"
    assert entering([Scores(first, 7000, 10_001)]) == "score_malformed"
    assert entering([Scores(9999, 7000, 7000)]) == "candidate_missing"
    assert entering([Scores(first, 7000, 7000)], town.clerk(scene, other)) == "exam_batch_missing"
    assert entering([Scores(first, 7000, 7000)], town_train.reviewer(scene)) == "role_missing"
    # AC-F1: 59 and 95 is not a pass
    rows = {first: (9500, 9500), second: (5900, 9500), third: (6000, 6000)}
    first_entry = [Scores(each, *rows[each]) for each in rows]

    def enters(work: Work) -> int:
        with watched(work.session) as statements:
            done = results.enter_results(work, batch_id, first_entry)
        assert sum("FROM parameter" in each for each in statements) == 5, (
            "the three marks, from which level on there is a review, and arrival are read once each"
        )
        return done

    assert scene.do(entry, enters) == 3
    assert publishing(publisher) == "skill_read_once"
    assert town.enter(scene, batch_id, rows) == 0
    assert town.enter_again(scene, batch_id, {first: 9500}).count == 0
    assert town.enter(scene, batch_id, {first: (7500, 8000)}) == 1
    assert publishing(entry) == "role_missing"
    scene.do(publisher, lambda work: results.enter_results(work, batch_id, [Scores(second, 5950, 9500)]))
    assert publishing(publisher) == "second_person_needed"
    assert publishing(town.admin(scene, other)) == "exam_batch_missing"
    assert [town.state(scene, each) for each in vouchers] == ["trained"] * 4

    published = scene.do(town.admin(scene, ev), lambda work: results.publish(work, batch_id))
    assert (published.passed, published.failed, published.absent) == (2, 1, 1)
    assert published.held == (vouchers[2],)
    assert [town.state(scene, each) for each in vouchers] == ["assessed", "trained", "trained", "trained"]
    assert publishing(publisher) == "event_not_allowed"
    assert entering([Scores(first, 9000, 9000)]) == "exam_batch_closed"
    assert scene.do("clock", lapse.pass_due) == 0
    scene.do("operator", lambda work: _close(work, vouchers[2]))
    assert scene.do("clock", lapse.pass_due) == 1
    assert scene.do("clock", lapse.pass_due) == 0
    assert town.state(scene, vouchers[2]) == "assessed"
    with scene.database.read() as session:
        told = [(each.revision, each.why, each.counts) for each in results_of(session, vouchers[0])]
        assert set(exams_passed(session, vouchers)) == {vouchers[0], vouchers[2]}
        numbers = read_statistics(session, ev)
        (view,) = view_batches(session, list_batches(session, (), [ev]))
        assert [each.passed for each in list_candidates(session, scene.keyring, batch_id)] == [
            True, False, True, None
        ]  # fmt: skip
    assert told == [(1, None, False), (2, "公布前更正", True)]
    assert (numbers.listed, numbers.sat, numbers.passed, numbers.pass_rate_bp) == (4, 3, 2, 6667)
    assert (view.candidates, view.admitted, view.entered, view.passed) == (4, 3, 3, 2)
    # who failed or did not come may try again; who passed may not
    again = town.new_batch(scene, ev, voucher_ids=[vouchers[0]])
    asked = town_train.code(scene, town.admin(scene, ev), lambda work: plan.plan_batch(work, again))
    assert asked == "candidate_not_trained"
    town.assessed(scene, ev, [LI_SI], [vouchers[1]], [(7500, None)])
    assert town.state(scene, vouchers[1]) == "assessed"


def _close(work: Work, voucher_id: int) -> None:
    hold = work.session.scalars(select(Hold).where(Hold.object_id == voucher_id)).one()
    holds.close_hold(work, hold, "查无此事")


def test_a_published_score_is_corrected_by_two_and_the_voucher_follows(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene)
    _, vouchers = town.finished(scene, ZHANG_SAN, LI_SI)
    clerk, publisher = town.clerk(scene, ev), town.publisher(scene, ev)
    batch_id = town.planned(scene, ev, vouchers)
    lost, won = town.admit_all(scene, batch_id, [ZHANG_SAN, LI_SI])
    early = partial(corrections.ask_correction, candidate_id=won, theory=6000, skill=6000, why="漏判一题")
    town.enter(scene, batch_id, {lost: (7000, 7000), won: (5900, 9000)})
    assert town_train.code(scene, clerk, early) == "results_not_published"
    town.publish(scene, batch_id)
    assert [town.state(scene, each) for each in vouchers] == ["assessed", "trained"]

    def ask(candidate_id: int, theory: int, why: str = "漏判一题", login: str = clerk) -> int:
        return scene.do(
            login, lambda work: corrections.ask_correction(work, candidate_id, theory, 9000, why)
        ).id

    def code(result_id: int, login: str) -> str:
        return town_train.code(scene, login, lambda work: corrections.confirm_correction(work, result_id))

    blank = partial(corrections.ask_correction, candidate_id=won, theory=6100, skill=9000, why=" ")
    assert town_train.code(scene, clerk, blank) == "assessment_why_missing"
    wrong = ask(won, 9900)
    right = ask(won, 6100, login=publisher)
    with scene.database.read() as session:
        (_, waiting) = list_candidates(session, scene.keyring, batch_id)
    assert (waiting.passed, waiting.pending_result_id) == (False, right)
    assert (waiting.theory_hundredths, waiting.revision) == (5900, 1), "what counts, beside its verdict"
    assert town.state(scene, vouchers[1]) == "trained"
    assert code(right, clerk) == "result_missing"
    assert code(wrong, town.admin(scene, ev)) == "correction_superseded"
    assert code(right, publisher) == "second_person_needed"
    foreign = town.admin(scene, town.evaluator(scene, EV2))
    assert code(right, foreign) == "result_missing"
    scene.do(town.admin(scene, ev), lambda work: corrections.confirm_correction(work, right))
    assert town.state(scene, vouchers[1]) == "assessed"
    assert code(right, town.admin(scene, ev)) == "correction_superseded"
    # a pass that is lost moves nothing back: the voucher waits for the office
    away = ask(lost, 5900, "登分有误")
    user_id = scene.actor(clerk).user_id
    scene.do(publisher, partial(colleagues.reset_colleague, institution_id=ev, user_id=user_id))
    assert code(away, publisher) == "second_person_reset_lately", "who reset the clerk could have asked"
    scene.do(town.admin(scene, ev), lambda work: corrections.confirm_correction(work, away))
    assert town.state(scene, vouchers[0]) == "assessed"
    with scene.database.read() as session:
        (hold,) = session.scalars(select(Hold).where(Hold.object_id == vouchers[0])).all()
        assert session.get_one(Candidate, lost).voucher_id == vouchers[0]
        assert set(exams_passed(session, vouchers)) == {vouchers[1]}
    assert "成绩更正为不合格：登分有误" in hold.why
    town.certified(scene, [ZHANG_SAN, LI_SI])
    assert [town.state(scene, each) for each in vouchers] == ["assessed", "certified"]
