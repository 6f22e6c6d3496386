"""复核申请: against scores, a door, a registration; decided by others, then put right."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from tests import town_assess as town
from tests import town_train
from tests.scene import EV2, JIYUAN, LI_SI, XINXIANG, ZHANG_SAN, Scene, on
from tests.town_issue import person_id, worker
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.arrivals import CARD_END_DIFFERS, ArrivalWay
from voucher.stages.assess import corrections, lapse
from voucher.stages.assess.appeals import answering, closing, deciding, filing, going_on, settling
from voucher.stages.assess.arrive import Came, keep_refused
from voucher.stages.assess.models import Candidate, ExamResult
from voucher.stages.assess.models_appeals import Appeal
from voucher.stages.assess.models_arrivals import ExamArrival
from voucher.stages.assess.queries import appeals as queries
from voucher.stages.oversee.privacy.holding import read_holding

ONE = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)
FAILED = (5900, 9000)
SAID = "理论第二大题漏加一分"


def failed(scene: Scene) -> tuple[int, int, list[int]]:
    """Return an evaluator, its exam in which 张三 failed by a point and 李四 passed, and the vouchers."""
    scene.at = on("2024-03-01")
    ev = town.evaluator(scene)
    _, vouchers = town.finished(scene, ZHANG_SAN, LI_SI)
    batch_id = town.assessed(scene, ev, [ZHANG_SAN, LI_SI], vouchers, [FAILED, town.PASSED])
    return ev, batch_id, vouchers


def result_of(scene: Scene, voucher_id: int) -> int:
    """Return the newest result of a voucher's holder."""
    query = select(ExamResult.id).join(Candidate, Candidate.id == ExamResult.candidate_id)
    with scene.database.read() as session:
        found = session.scalars(
            query.where(Candidate.voucher_id == voucher_id).order_by(ExamResult.id.desc())
        )
        return found.first() or 0


def appealed(scene: Scene, voucher_id: int, why_late: str = "") -> int:
    """Have 张三 appeal against the newest result of a voucher."""
    against, login = result_of(scene, voucher_id), worker(scene, ZHANG_SAN)
    return scene.do(login, lambda work: filing.appeal_result(work, against, SAID, why_late)).id


def appeal(scene: Scene, appeal_id: int) -> Appeal:
    """Return an appeal as it stands."""
    with scene.database.read() as session:
        return session.get_one(Appeal, appeal_id)


def business_of(scene: Scene) -> list[str]:
    """Return what of 张三 is open, and so keeps 张三 from being erased."""
    with scene.database.read() as session:
        who = person_id(scene, ZHANG_SAN)
        return read_holding(session, scene.keyring, who, scene.at.date()).business


def reader(scene: Scene, evaluator_id: int) -> str:
    """Return an administrator who had no hand in any exam."""
    return town_train.staff(scene, evaluator_id, Role.EVALUATOR_ADMIN, 3)


@ONE
def test_an_upheld_appeal_is_met_by_a_correction_two_others_make(scene: Scene) -> None:
    ev, batch_id, (zhang, li) = failed(scene)
    me, decider = worker(scene, ZHANG_SAN), reader(scene, ev)
    mine, his = result_of(scene, zhang), result_of(scene, li)

    def filed(result_id: int, said: str = SAID, login: str = me) -> str:
        return town_train.code(scene, login, lambda work: filing.appeal_result(work, result_id, said))

    assert filed(his) == "appeal_subject_missing"  # somebody else's
    assert filed(99_999) == "appeal_subject_missing"
    assert filed(mine, " ") == "why_missing"
    assert filed(mine, login=decider) == "role_missing"
    key = appealed(scene, zhang)
    assert appeal(scene, key).number == f"FH-{JIYUAN}-2024-{key:04d}"
    assert appeal(scene, key).due_on == date(2024, 3, 12)  # two working days after a Friday
    assert filed(mine) == "appealed_already"
    assert f"复核申请 {appeal(scene, key).number}" in business_of(scene)  # nobody is erased meanwhile
    # whoever waits for an answer is not failed for good
    why = "放弃补考"
    told = town_train.code(scene, town.admin(scene, ev), lambda work: lapse.fail_for_good(work, zhang, why))
    assert told == "appeal_open"

    def upheld(login: str, theory: int = 6000, skill: int = 9000) -> str:
        act = answering.uphold
        return town_train.code(scene, login, lambda work: act(work, key, "漏加一分", theory, skill))

    assert upheld(decider) == "event_not_allowed"  # not taken up yet
    scene.do(decider, lambda work: answering.accept(work, key))
    for involved in (town.publisher(scene, ev), town.examiner(scene, ev)):
        assert upheld(involved) == "appeal_involved"
    assert upheld(town.clerk(scene, ev)) == "role_missing"
    other = town.evaluator(scene, EV2)
    assert upheld(reader(scene, other)) == "appeal_missing"
    assert upheld(decider, 5800) == "appeal_correction_no_better"
    assert upheld(decider, 6000, 8900) == "appeal_correction_no_better"
    scene.do(decider, lambda work: answering.uphold(work, key, "漏加一分", 6000, 9000))
    assert appeal(scene, key).state == "upheld"
    assert town.state(scene, zhang) == "trained"  # nothing follows from one hand
    corrected = result_of(scene, zhang)
    confirm = corrections.confirm_correction
    assert town_train.code(scene, decider, lambda work: confirm(work, corrected)) == "second_person_needed"
    scene.at = on("2024-03-12")
    with scene.database.read() as session:
        before = session.get_one(Voucher, zhang).certify_by
    scene.do(town.publisher(scene, ev), lambda work: confirm(work, corrected))
    done = appeal(scene, key)
    assert (done.state, done.settled_result_id, done.due_on) == ("settled", corrected, None)
    assert town.state(scene, zhang) == "assessed"
    assert not any(each.startswith("复核申请") for each in business_of(scene))
    with scene.database.read() as session:
        after = session.get_one(Voucher, zhang).certify_by
        view = queries.view_appeals(session, scene.keyring, [done], date(2024, 3, 12))[0]
    assert before == after is None or (before and after and (after - before).days == 4)
    assert (view.said, view.masked_name, view.state_name) == (SAID, "张*", "已更正")
    assert filed(mine) == "appeal_subject_missing"  # the corrected result counts now
    assert batch_id == (view.batch.id if view.batch else None)


@ONE
def test_after_the_days_only_a_good_reason_is_heard_and_the_office_has_the_last_word(scene: Scene) -> None:
    ev, _, (zhang, _) = failed(scene)
    me, decider = worker(scene, ZHANG_SAN), reader(scene, ev)
    against = result_of(scene, zhang)
    scene.at = on("2024-03-18")
    late = town_train.refusal(scene, me, lambda work: filing.appeal_result(work, against, SAID))
    assert late.code == "appeal_late"
    assert "2024-03-15" in late.title
    key = appealed(scene, zhang, "住院，有出院记录")
    scene.do(decider, lambda work: answering.refuse_late(work, key, "出院记录与期限无关"))
    assert appeal(scene, key).answer == "late"
    assert town_train.code(scene, me, lambda work: going_on.escalate(work, key, " ")) == "why_missing"
    scene.do(me, lambda work: going_on.escalate(work, key, "3 月 8 日至 17 日都在住院"))
    officer, foreign = "县级一", "外地"
    scene.hire(officer, Role.OFFICER_COUNTY, "310101198001017", JIYUAN)
    scene.hire(foreign, Role.OFFICER_COUNTY, "310101198001018", XINXIANG)

    def decided(login: str, *, overrule: bool = True) -> str:
        act = deciding.decide
        return town_train.code(scene, login, lambda work: act(work, key, overrule=overrule, opinion="属实"))

    assert decided(foreign) == "appeal_missing"
    assert decided(decider) == "role_missing"
    scene.do(officer, lambda work: deciding.decide(work, key, overrule=True, opinion="住院属实，应当复核"))
    assert decided(officer) == "event_not_allowed"
    # the evaluator puts it right by the ordinary correction; a worse one would not meet it
    with scene.database.read() as session:
        candidate = session.get_one(ExamResult, against).candidate_id
    for theory, state in ((5800, "overruled"), (5850, "overruled"), (6000, "settled")):
        clerk, publisher = town.clerk(scene, ev), town.publisher(scene, ev)
        asked = scene.do(
            clerk,
            partial(
                corrections.ask_correction, candidate_id=candidate, theory=theory, skill=9000, why="重新核分"
            ),
        )
        scene.do(publisher, partial(corrections.confirm_correction, result_id=asked.id))
        assert appeal(scene, key).state == state
    assert town.state(scene, zhang) == "assessed"


@ONE
def test_after_the_last_word_there_is_no_further_appeal(scene: Scene) -> None:
    ev, _, (zhang, _) = failed(scene)
    me, decider = worker(scene, ZHANG_SAN), reader(scene, ev)
    against = result_of(scene, zhang)
    first = appealed(scene, zhang)
    scene.do(me, lambda work: going_on.withdraw(work, first))
    key = appealed(scene, zhang)  # taken back, filed anew within the days
    in_time = town_train.code(scene, decider, lambda work: answering.refuse_late(work, key, "逾期"))
    assert in_time == "appeal_in_time"
    scene.do(decider, lambda work: answering.accept(work, key))
    scene.do(decider, lambda work: answering.reject(work, key, "核对答卷，计分无误"))
    assert appeal(scene, key).due_on == date(2024, 3, 15)
    scene.at = on("2024-03-16")
    late = town_train.code(scene, me, lambda work: going_on.escalate(work, key, "不服"))
    assert late == "appeal_step_late"
    assert scene.do("clock", closing.close_due) == 1
    assert scene.do("clock", closing.close_due) == 0
    again = town_train.code(scene, me, lambda work: filing.appeal_result(work, against, SAID, "又想起来"))
    assert again == "appeal_over"


@ONE
def test_an_evaluator_that_does_not_answer_loses_the_appeal_to_the_office(scene: Scene) -> None:
    _, _, (zhang, _) = failed(scene)
    key = appealed(scene, zhang)
    last = on("2024-03-12").date()
    scene.do("operator", lambda work: _set_last_day(work, zhang, last))
    scene.at = on("2024-03-12")
    assert scene.do("clock", closing.pass_on_due) == 0
    scene.at = on("2024-03-13")
    assert scene.do("clock", closing.pass_on_due) == 1
    found = appeal(scene, key)
    assert (found.state, found.due_on) == ("escalated", date(2024, 4, 3))
    # the last day for a certificate waits for the answer, and comes at once after it
    assert scene.do("clock", lapse.lapse_due) == 0
    officer = "县级一"
    scene.hire(officer, Role.OFFICER_COUNTY, "310101198001017", JIYUAN)
    scene.do(officer, lambda work: deciding.decide(work, key, overrule=False, opinion="计分无误"))
    assert appeal(scene, key).state == "affirmed"
    assert scene.do("clock", lapse.lapse_due) == 1


@ONE
def test_a_late_correction_meets_what_is_with_the_office_and_an_early_one_what_it_overrules(
    scene: Scene,
) -> None:
    ev, _, (zhang, li) = failed(scene)
    decider, publisher = reader(scene, ev), town.publisher(scene, ev)
    his, login = result_of(scene, li), worker(scene, LI_SI)
    mine = appealed(scene, zhang)
    other = scene.do(login, lambda work: filing.appeal_result(work, his, SAID)).id
    # 张三 is upheld and not confirmed in time; 李四 is corrected, and not answered
    scene.do(decider, lambda work: answering.accept(work, mine))
    scene.do(decider, lambda work: answering.uphold(work, mine, "漏加一分", 6000, 9000))
    for each in (zhang, li):
        scene.do("operator", partial(_set_last_day, voucher_id=each, last=date(2024, 6, 1)))
    with scene.database.read() as session:
        candidate = session.get_one(ExamResult, his).candidate_id
    theory, skill = town.PASSED
    ask, confirm = corrections.ask_correction, corrections.confirm_correction
    better = scene.do(
        town.clerk(scene, ev), lambda work: ask(work, candidate, theory + 50, skill, "漏加半分")
    ).id
    scene.do(publisher, lambda work: confirm(work, better))
    assert appeal(scene, other).state == "filed"  # still to be answered
    scene.at = on("2024-04-01")
    assert scene.do("clock", closing.pass_on_due) == 2
    corrected = result_of(scene, zhang)
    scene.do(publisher, lambda work: confirm(work, corrected))
    officer = "县级一"
    scene.hire(officer, Role.OFFICER_COUNTY, "310101198001017", JIYUAN)
    scene.do(officer, lambda work: deciding.decide(work, other, overrule=True, opinion="确有漏分"))
    met = [appeal(scene, each) for each in (mine, other)]
    assert [(each.state, each.settled_result_id, each.due_on) for each in met] == [
        ("settled", corrected, None),
        ("settled", better, None),
    ]
    with scene.database.read() as session:  # the 24 days since they were filed are given back
        days = {session.get_one(Voucher, each).certify_by for each in (zhang, li)}
    assert days == {date(2024, 6, 25)}


@ONE
def test_what_an_evaluator_never_puts_right_the_office_ends_with_the_days_given_back(scene: Scene) -> None:
    _, _, (zhang, _) = failed(scene)
    key = appealed(scene, zhang)
    scene.do("operator", lambda work: _set_last_day(work, zhang, date(2024, 3, 12)))
    scene.at = on("2024-03-13")
    scene.do("clock", closing.pass_on_due)
    officer = "县级一"
    scene.hire(officer, Role.OFFICER_COUNTY, "310101198001017", JIYUAN)

    def ended(opinion: str = "机构已停业") -> str:
        return town_train.code(scene, officer, lambda work: deciding.end_unmet(work, key, opinion))

    assert ended() == "event_not_allowed"
    due = scene.do(officer, lambda work: deciding.decide(work, key, overrule=True, opinion="属实")).due_on
    assert due
    scene.at = on(due.isoformat())
    assert ended() == "appeal_settle_in_time"
    scene.at = on("2024-05-08")
    assert ended(" ") == "why_missing"
    assert scene.do("clock", lapse.lapse_due) == 0
    found = scene.do(officer, lambda work: deciding.end_unmet(work, key, "机构已停业"))
    assert (found.state, found.due_on) == ("closed", None)
    scene.at = on("2024-05-12")
    assert scene.do("clock", lapse.lapse_due) == 0  # the 61 days are given back, to 12 May
    scene.at = on("2024-05-13")
    assert scene.do("clock", lapse.lapse_due) == 1


@ONE
def test_who_was_turned_away_or_not_listed_is_given_another_exam(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    ev = town.evaluator(scene)
    _, (zhang, li) = town.finished(scene, ZHANG_SAN, LI_SI)
    batch_id = town.planned(scene, ev, [zhang])
    me, him, decider = worker(scene, ZHANG_SAN), worker(scene, LI_SI), reader(scene, ev)
    # 李四 was told on the spot that there is no place
    act = filing.appeal_registration
    ahead = town_train.code(scene, him, lambda work: act(work, li, ev, date(2024, 3, 2), "不让报名"))
    assert ahead == "appeal_day_ahead"
    foreign = town_train.code(scene, him, lambda work: act(work, zhang, ev, date(2024, 3, 1), "不让报名"))
    assert foreign == "appeal_subject_missing"
    # one worker's open appeal against a registration is in nobody else's way
    first = scene.do(me, lambda work: act(work, zhang, ev, date(2024, 3, 1), "不让报名")).id
    again = town_train.code(scene, me, lambda work: act(work, zhang, ev, date(2024, 2, 29), "又不让"))
    assert again == "appealed_already"
    refused = scene.do(him, lambda work: act(work, li, ev, date(2024, 3, 1), "不让报名")).id
    scene.do(me, lambda work: going_on.withdraw(work, first))
    # 张三 was turned away at the door
    scene.at = on("2024-03-08", 9)
    town.arrange(scene, batch_id)
    candidate = town.candidates(scene, batch_id)[zhang]
    door = town.examiner(scene, ev)
    came, why = Came(ArrivalWay.CARD, candidate, zhang), CARD_END_DIFFERS.refused().refusal
    scene.do(door, lambda work: keep_refused(work, batch_id, came, why))
    with scene.database.read() as session:
        arrival = session.scalars(select(ExamArrival.id)).one()
    turned = scene.do(me, lambda work: filing.appeal_door(work, arrival, "看错了证件")).id
    for key in (refused, turned):
        scene.do(decider, partial(answering.accept, appeal_id=key))
    involved = town_train.code(scene, door, lambda work: answering.uphold(work, turned, "看错"))
    assert involved == "appeal_involved"
    for key in (refused, turned):
        scene.do(decider, partial(answering.uphold, appeal_id=key, opinion="应当安排"))
        missing = town_train.code(scene, decider, partial(settling.settle_by_exam, appeal_id=key))
        assert missing == "appeal_exam_missing"
    scene.at = on("2024-03-09", 9)
    town.planned(scene, ev, [zhang, li])
    for key in (refused, turned):
        scene.do(decider, partial(settling.settle_by_exam, appeal_id=key))
        assert appeal(scene, key).state == "settled"


def test_the_database_lets_nobody_decide_who_had_a_hand_and_nothing_be_rewritten(scene: Scene) -> None:
    ev, _, (zhang, _) = failed(scene)
    key = appealed(scene, zhang)
    publisher, decider = town.publisher(scene, ev), reader(scene, ev)
    scene.do(decider, lambda work: answering.accept(work, key))
    answer = "UPDATE appeal SET answer = 'rejected', opinion = '无误', decided_at = filed_at, "
    hand = scene.actor(publisher).person_id

    def told(statement: str) -> str:
        def act(work: Work) -> None:
            work.session.execute(text(statement))

        with pytest.raises((IntegrityError, DatabaseError)) as caught:
            scene.do("operator", act)
        return str(caught.value)

    assert "who had a hand" in told(f"{answer} decided_by_person_id = {hand}")
    assert "hands" in told(f"{answer} decided_by_person_id = person_id")
    scene.do(decider, lambda work: answering.reject(work, key, "计分无误"))
    assert "written once" in told("UPDATE appeal SET opinion = '另有说法'")
    assert "never changes" in told("UPDATE appeal SET happened_on = '2024-01-01'")
    assert "never deleted" in told("DELETE FROM appeal")


def _set_last_day(work: Work, voucher_id: int, last: date) -> None:
    for each in lock_vouchers(work, Voucher.id == voucher_id):
        each.certify_by = last
