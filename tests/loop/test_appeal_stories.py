"""考生复核：由没有经手的人答复，一步一条短信；不服的到人社部门；成立的由两人更正，券随之合格。"""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests import town_assess as exams
from tests import town_train
from tests.loop.telling import told
from tests.scene import JIYUAN, LI_SI, ZHANG_SAN, Scene, on
from tests.town_issue import worker
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.outbox import Letter
from voucher.plumbing.unit_of_work import Work
from voucher.registry.letters import write_words
from voucher.rules.actor import Role
from voucher.stages.assess import corrections
from voucher.stages.assess.appeals import answering, closing, deciding, filing, going_on
from voucher.stages.assess.models import Candidate, ExamResult
from voucher.stages.assess.models_appeals import Appeal

OFFICER = "县级一"
SAID = "理论第二大题漏加一分"


def sat(scene: Scene) -> tuple[int, list[int]]:
    """Return an evaluator and the vouchers of 张三 and 李四, who failed by a point in theory each."""
    scene.at = on("2024-03-01")
    ev = exams.evaluator(scene)
    _, vouchers = exams.finished(scene, ZHANG_SAN, LI_SI)
    exams.assessed(scene, ev, [ZHANG_SAN, LI_SI], vouchers, [(59_00, 95_00)] * 2)
    scene.hire(OFFICER, Role.OFFICER_COUNTY, "310101198001017", JIYUAN)
    return ev, vouchers


def appeal_of(scene: Scene, person: tuple[str, str], voucher_id: int) -> int:
    """Have somebody appeal against the own score, and return the appeal."""
    with scene.database.read() as session:
        query = select(ExamResult.id).join(Candidate, Candidate.id == ExamResult.candidate_id)
        result_id = session.scalars(query.where(Candidate.voucher_id == voucher_id)).one()
    return scene.do(worker(scene, person), lambda work: filing.appeal_result(work, result_id, SAID)).id


def texts(scene: Scene, appeal_id: int) -> list[str]:
    """Return what was sent to who appealed, the oldest first."""
    with scene.database.read() as session:
        person_id = session.get_one(Appeal, appeal_id).person_id
        rows = session.scalars(
            select(Letter).where(Letter.key.startswith(f"appeal:{appeal_id}:")).order_by(Letter.id)
        )
        sent = [each.payload for each in rows]
    assert {each["person_id"] for each in sent} == {person_id}
    return [write_words(each["template"], each["facts"]) for each in sent]


def state(scene: Scene, appeal_id: int) -> tuple[str, date | None]:
    """Return where an appeal stands and the last day of whoever acts next."""
    with scene.database.read() as session:
        found = session.get_one(Appeal, appeal_id)
        return found.state, found.due_on


def correct(scene: Scene, ev: int, appeal_id: int) -> None:
    """Have the theory of who appealed put right by two people of the evaluator."""
    with scene.database.read() as session:
        candidate_id = session.get_one(Appeal, appeal_id).candidate_id or 0
    ask = partial(
        corrections.ask_correction, candidate_id=candidate_id, theory=60_00, skill=95_00, why="漏加一分"
    )
    asked = scene.do(exams.clerk(scene, ev), ask).id
    confirm = partial(corrections.confirm_correction, result_id=asked)
    scene.do(exams.publisher(scene, ev), confirm)


def test_复核成立_经手的人不能答复_两人更正后券合格_每一步有短信(scene: Scene) -> None:
    """AC-F1：差一分不合格的，只有两人确认的更正才能改；答复、更正、短信都留着。"""
    ev, (zhang, _) = sat(scene)
    key = appeal_of(scene, ZHANG_SAN, zhang)
    reader = town_train.staff(scene, ev, Role.EVALUATOR_ADMIN, 3)
    scene.do(reader, lambda work: answering.accept(work, key))
    uphold = partial(answering.uphold, appeal_id=key, opinion="确实漏加", theory=60_00, skill=95_00)
    marked = told(scene, exams.publisher(scene, ev), uphold)
    assert marked.title.startswith("您参与过这次考试的组织、评分、录入、公布")
    # and by the database itself, whoever decides by whatever hand
    with scene.database.read() as session:
        hand = session.scalar(text(f"SELECT min(person_id) FROM appeal_hand WHERE appeal_id = {key}"))
    with pytest.raises(DBAPIError, match="hand"):
        scene.do("operator", partial(_decide_by, appeal_id=key, person_id=hand))
    scene.do(reader, uphold)
    assert exams.state(scene, zhang) == "trained", "nothing follows from one hand"
    with scene.database.read() as session:
        waits = session.scalars(select(ExamResult.id).order_by(ExamResult.id.desc())).first() or 0
    alone = told(scene, reader, lambda work: corrections.confirm_correction(work, waits))
    assert alone.code == "second_person_needed"
    scene.do(exams.publisher(scene, ev), lambda work: corrections.confirm_correction(work, waits))
    assert (state(scene, key), exams.state(scene, zhang)) == (("settled", None), "assessed")
    number = f"FH-{JIYUAN}-2024-{key:04d}"
    sent = texts(scene, key)
    assert [each.partition(f"{number}：")[2].partition("。")[0] for each in sent] == [
        "已提交，评价机构最迟 2024-03-12 受理",
        "评价机构已受理，最迟 2024-03-22 作出决定",
        "评价机构认定成立，最迟 2024-03-15 更正成绩",
        "已更正成绩，复核办结",
    ]
    assert not [each for each in sent if "59" in each or "漏加" in each or "张" in each], (
        "a telephone lies open"
    )


def test_不成立的提请复查_责令更正_逾期不办的自动转来_维持是最终答复(scene: Scene) -> None:
    """AC-F3：等复核期间券不会到期失效；办结以后照常。"""
    ev, (zhang, li) = sat(scene)
    mine, his = appeal_of(scene, ZHANG_SAN, zhang), appeal_of(scene, LI_SI, li)
    reader = town_train.staff(scene, ev, Role.EVALUATOR_ADMIN, 3)
    scene.do(reader, lambda work: answering.accept(work, mine))
    scene.do(reader, lambda work: answering.reject(work, mine, "核对答卷，计分无误"))
    me = worker(scene, ZHANG_SAN)
    scene.do(me, lambda work: going_on.escalate(work, mine, "第二大题 3 小题写在背面，没有计分"))
    # nobody answers 李四: his appeal goes to the office by itself, and his last day waits for it
    scene.do("operator", partial(_set_last_day, voucher_id=li, last=date(2024, 3, 12)))
    scene.at = on("2024-03-13")
    assert scene.do("clock", closing.pass_on_due) == 1
    assert [state(scene, each)[0] for each in (mine, his)] == ["escalated", "escalated"]
    scene.do(OFFICER, lambda work: deciding.decide(work, mine, overrule=True, opinion="背面确有作答"))
    scene.do(OFFICER, lambda work: deciding.decide(work, his, overrule=False, opinion="计分无误"))
    again = told(scene, OFFICER, lambda work: deciding.decide(work, his, overrule=True, opinion="再看"))
    assert again.code == "event_not_allowed"
    correct(scene, ev, mine)
    assert [state(scene, each) for each in (mine, his)] == [("settled", None), ("affirmed", None)]
    assert [exams.state(scene, each) for each in (zhang, li)] == ["assessed", "trained"]
    said = [each.partition("：")[2].partition("。")[0] for each in texts(scene, mine)]
    assert said[2:] == [
        "评价机构认定不成立",
        "已提请人社部门复查，最迟 2024-03-29 答复",
        "人社部门认定成立，评价机构最迟 2024-03-20 更正成绩",
        "已更正成绩，复核办结",
    ]
    assert [each.partition("：")[2].partition("。")[0] for each in texts(scene, his)] == [
        "已提交，评价机构最迟 2024-03-12 受理",
        "评价机构逾期没有办结，已转人社部门，最迟 2024-04-03 答复",
        "人社部门复查后维持，这是最终答复",
    ]


def _set_last_day(work: Work, voucher_id: int, last: date) -> None:
    (found,) = lock_vouchers(work, Voucher.id == voucher_id)
    found.certify_by = last
    work.session.flush()


def _decide_by(work: Work, appeal_id: int, person_id: int) -> None:
    """Plant an answer by whoever had a hand in the exam."""
    found = work.session.get_one(Appeal, appeal_id)
    found.answer, found.opinion, found.decided_at = "upheld", "确实漏加", work.at
    found.decided_by_person_id = person_id
    work.session.flush()
