"""不是我、没收到：本人点一下就停住那一笔并立案；一人答复、另一人确认才放行；已付的只立案。"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select, text

from tests import town_issue
from tests.loop.telling import (
    amber_left,
    approve_batch,
    claims_of,
    person,
    ready,
    set_parameter,
    settle_for,
    states_of,
    told,
)
from tests.loop.test_payment_stories import give_accounts
from tests.scene import EV1, LI_SI, XINXIANG, ZHANG_SAN, Scene, on
from tests.town_certified import hire_at
from voucher.doors.web.office.oversee.stopping import list_open_holds
from voucher.doors.web.office.settle.claim_deeds import list_claim_deeds
from voucher.ledger.holds import Hold, open_hold
from voucher.plumbing.outbox import Letter
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import Problem
from voucher.stages.settle import answering_denials, denying, lifting, payment, review, withdraw
from voucher.stages.settle.correct import correct_bounced
from voucher.stages.settle.models.denials import Denial
from voucher.stages.settle.models.payments import PaymentLine
from voucher.stages.settle.queries.denials import count_denials, page_denials, page_own_subsidies
from voucher.stages.settle.queries.reinstatements import list_asked_reinstatements
from voucher.stages.settle.seen import AmberLeft

ANSWER = (
    "UPDATE claim_denial SET upheld = 0, answered_at = opened_at, answered_by_person_id = {0} WHERE id = {1}"
)
LIFT = (
    "INSERT INTO reinstatement (id, thing, object_id, why, asked_by_person_id, asked_at)"
    " SELECT 990, 'hold', hold_id, '-', {0}, opened_at FROM claim_denial WHERE id = {1}"
)
TWO = (("核查员", "310101199001010810"), ("确认员", "310101199001010820"))


def staffed(scene: Scene) -> int:
    """Have everybody ready, two officers who never touch a claim, and a budget; return the budget."""
    ready(scene)
    for login, number in TWO:
        scene.hire(login, Role.OFFICER_COUNTY, number)
    return scene.open_budget(1000)


def deny(scene: Scene, login: str, claim_id: int, problem: Problem = Problem.NOT_ME) -> Denial:
    return scene.do(login, lambda work: denying.deny(work, claim_id, problem))


def answer(scene: Scene, denial: Denial, *, upheld: bool, login: str = "核查员") -> None:
    scene.do(
        login, lambda work: answering_denials.answer(work, denial.id, upheld=upheld, words="电话核实并查签到")
    )


def confirm(scene: Scene, denial: Denial, login: str = "确认员") -> Denial:
    return scene.do(login, lambda work: answering_denials.confirm(work, denial.id))


def test_不是我_停住的一笔不能签发_其余照付_两人答复后放行(scene: Scene) -> None:
    budget = staffed(scene)
    settled = settle_for(scene, [ZHANG_SAN, LI_SI], budget)
    approve_batch(scene, settled.batch_id)
    zhang = town_issue.worker(scene, ZHANG_SAN)
    li = town_issue.worker(scene, LI_SI)
    scene.open_accounts()
    file = scene.do("制单员", lambda work: payment.prepare(work, budget))
    mine = claims_of(scene)[0].id
    assert told(scene, li, lambda work: denying.deny(work, mine, Problem.NOT_ME)).code == "claim_missing"
    case = deny(scene, zhang, mine)
    assert case.hold_id is not None
    assert case.answer_by is not None
    assert (case.answer_by - scene.at.date()).days >= 5
    again = told(scene, zhang, lambda work: denying.deny(work, mine, Problem.NOT_RECEIVED))
    assert again.code == "denied_already"
    scene.do("付款复核员", lambda work: payment.check(work, file.id))
    stopped = told(scene, "签发员", lambda work: payment.release(work, file.id))
    assert stopped.code == "on_hold"
    scene.do("制单员", lambda work: payment.void(work, file.id, "其中一笔本人反映，重新制单"))
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene) == {"paid": 1, "approved": 1}

    signed = told(
        scene, "初审员", lambda work: answering_denials.answer(work, case.id, upheld=False, words="查过")
    )
    assert signed.code == "already_signed"
    scene.hire("收款方的人", Role.OFFICER_CITY, "310101199001010840")
    hire_at(scene, "收款方的人2", Role.EVALUATOR_ADMIN, "310101199001010840", EV1)
    theirs = partial(answering_denials.answer, denial_id=case.id, upheld=False, words="查过")
    assert told(scene, "收款方的人", theirs).code == "involved"
    scene.hire("外区", Role.OFFICER_CITY, "310101199001010830", XINXIANG)
    foreign = told(
        scene, "外区", lambda work: answering_denials.answer(work, case.id, upheld=False, words="查")
    )
    assert foreign.code == "denial_missing"
    early = told(scene, "确认员", lambda work: answering_denials.confirm(work, case.id))
    assert early.code == "denial_not_answered"
    answer(scene, case, upheld=False)
    alone = told(scene, "核查员", lambda work: answering_denials.confirm(work, case.id))
    assert alone.code == "second_person_needed"
    with scene.database.read() as session:
        hold = session.get_one(Hold, case.hold_id)
        assert hold.closed_at is None
    by_hand = told(scene, "核查员", lambda work: denying.check_no_denial(work.session, hold))
    assert by_hand.code == "hold_of_denial"
    assert case.number in by_hand.sentence
    confirm(scene, case)
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene) == {"paid": 2}
    with scene.database.read() as session:
        sent = [each.payload.get("template") for each in session.scalars(select(Letter))]
    assert {"denial_opened", "denial_answered"} <= set(sent)


def test_没收到而钱已付_只立案_属实的不再放行_本人看得到答复(scene: Scene) -> None:
    budget = staffed(scene)
    settled = settle_for(scene, [ZHANG_SAN, LI_SI], budget)
    approve_batch(scene, settled.batch_id)
    zhang, li = town_issue.worker(scene, ZHANG_SAN), town_issue.worker(scene, LI_SI)
    first, second = claims_of(scene)
    held = deny(scene, zhang, first.id)
    scene.bank_answers(scene.make_file(budget))
    case = deny(scene, li, second.id, Problem.NOT_RECEIVED)
    assert case.hold_id is None
    with scene.database.read() as session:
        assert count_denials(session, ["419001"])[0] == 2
        assert count_denials(session, [XINXIANG])[0] == 0
        assert [each.file_number is None for each in page_denials(session, ["419001"])] == [False, True]
        own = page_own_subsidies(session, scene.keyring, second.person_id, scene.at.date())
    assert [(each.payee_name != "", each.paid_at is not None, each.pace) for each in own] == [
        (True, True, None)
    ]
    answer(scene, held, upheld=True)
    scene.do("确认员", lambda work: answering_denials.send_back(work, held.id))
    answer(scene, held, upheld=True)
    confirm(scene, held)
    late = told(
        scene, "核查员", lambda work: answering_denials.answer(work, held.id, upheld=False, words="改")
    )
    assert late.code == "denial_answered_already"
    with scene.database.read() as session:
        assert session.get_one(Hold, held.hold_id).closed_at is None
        mine = page_own_subsidies(session, scene.keyring, first.person_id, scene.at.date())[0]
        assert mine.denial is not None
        assert mine.denial.upheld is True
        assert mine.words.answer == "电话核实并查签到"
        assert "电话核实".encode() not in (mine.denial.answer_sealed or b"")
        assert mine.pace is not None
        assert mine.pace.who == "财政部门"
        assert (mine.pace.due_on, mine.pace.is_held) == (None, True), "停住核查期间不计时，不许诺哪一天"
    _the_answer_of_who_paid_goes_back(scene, case)
    scene.do(li, lambda work: denying.take_back(work, case.id))
    assert told(scene, li, lambda work: denying.take_back(work, case.id)).code == "denial_answered_already"
    for sql, words in (
        ("UPDATE claim_denial SET upheld = 0 WHERE confirmed_at IS NOT NULL", "what was confirmed stays"),
        ("UPDATE claim_denial SET person_id = 1 WHERE confirmed_at IS NULL", "stays whose"),
        ("UPDATE claim_denial SET problem = 'other' WHERE confirmed_at IS NULL", "stays whose"),
        (
            "UPDATE claim_denial SET said_sealed = answer_sealed WHERE answer_sealed IS NOT NULL",
            "stays whose",
        ),
        ("DELETE FROM claim_denial", "never deleted"),
    ):
        with pytest.raises(Exception, match=words):
            scene.do("operator", partial(run, sql=sql))


def _the_answer_of_who_paid_goes_back(scene: Scene, case: Denial) -> None:
    """升级以前，签发款项的人也能提出答复：这样的答复确认不了，说清楚先退回，由别人重新答复。"""
    answer(scene, case, upheld=False)
    guard = "claim_denial_judged_unpaid"
    scene.plant(f"DROP TRIGGER {guard}" + ("" if scene.database.is_sqlite else " ON claim_denial"))
    releaser = scene.actor("签发员").person_id
    scene.plant(f"UPDATE claim_denial SET answered_by_person_id = {releaser} WHERE id = {case.id}")
    stopped = told(scene, "确认员", partial(confirm_as, denial_id=case.id))
    assert (stopped.code, "请退回这个答复" in stopped.sentence) == ("denial_answered_by_hand", True)
    scene.do("确认员", lambda work: answering_denials.send_back(work, case.id))


def confirm_as(work: Work, denial_id: int) -> Denial:
    return answering_denials.confirm(work, denial_id)


def run(work: Work, sql: str) -> None:
    work.session.execute(text(sql))


def test_期限按参数_未付先撤的不用反映(scene: Scene) -> None:
    budget = staffed(scene)
    set_parameter(scene, "denial_answer_workdays", "1", "2024-01-01", "工作日")
    settled = settle_for(scene, [ZHANG_SAN], budget)
    zhang = town_issue.worker(scene, ZHANG_SAN)
    claim = claims_of(scene, settled.batch_id)[0]
    scene.at = on("2024-01-12")
    case = deny(scene, zhang, claim.id)
    assert str(case.answer_by) == "2024-01-15"
    answer(scene, case, upheld=False)
    confirm(scene, case)
    again = deny(scene, zhang, claim.id)
    assert again.id != case.id
    assert again.hold_id is None
    with scene.database.read() as session:
        sent = [each.payload for each in session.scalars(select(Letter))]
    assert any("不再停住" in str(each) for each in sent)


def test_没有明年的日历也停得住_期限待定(scene: Scene) -> None:
    budget = staffed(scene)
    set_parameter(scene, "denial_answer_workdays", "900", "2024-01-01", "工作日")
    settled = settle_for(scene, [ZHANG_SAN], budget)
    case = deny(scene, town_issue.worker(scene, ZHANG_SAN), claims_of(scene, settled.batch_id)[0].id)
    assert (case.answer_by, case.hold_id is not None) == (None, True)
    with scene.database.read() as session:
        assert any("答复期限待定" in str(each.payload) for each in session.scalars(select(Letter)))


def test_候补的草稿被说不是我_后面的人照常_属实的草稿终止(scene: Scene) -> None:
    ready(scene)
    for login, number in TWO:
        scene.hire(login, Role.OFFICER_COUNTY, number)
    budget = scene.open_budget(200)
    settle_for(scene, [ZHANG_SAN, LI_SI], budget)
    draft = next(each for each in claims_of(scene) if each.state == "draft")
    logins = [town_issue.worker(scene, each) for each in (ZHANG_SAN, LI_SI)]
    mine = next(each for each in logins if scene.actor(each).person_id == draft.person_id)
    case = deny(scene, mine, draft.id)
    answer(scene, case, upheld=True)
    confirm(scene, case)
    assert states_of(scene) == {"submitted": 1, "rejected": 1}
    with scene.database.read() as session:
        assert session.get_one(Hold, case.hold_id).closed_at is not None


def test_没收到属实的告知原因后继续办理_不是我属实的仍停住(scene: Scene) -> None:
    budget = staffed(scene)
    settled = settle_for(scene, [ZHANG_SAN, LI_SI], budget)
    approve_batch(scene, settled.batch_id)
    first, second = claims_of(scene)
    missed = deny(scene, town_issue.worker(scene, ZHANG_SAN), first.id, Problem.NOT_RECEIVED)
    stolen = deny(scene, town_issue.worker(scene, LI_SI), second.id)
    for case in (missed, stolen):
        answer(scene, case, upheld=True)
        signed = told(scene, "初审员", partial(confirm_as, denial_id=case.id))
        assert signed.code == "already_signed"
        confirm(scene, case)
    scene.open_accounts()
    scene.bank_answers(scene.make_file(budget))
    assert {each.id: each.state for each in claims_of(scene)} == {first.id: "paid", second.id: "approved"}

    # stopped for good, unless it is refused, or two people say what was corrected
    with scene.database.read() as session:
        hold = session.get_one(Hold, stolen.hold_id)
    by_hand = told(scene, "核查员", lambda work: denying.check_no_denial(work.session, hold))
    assert "“不是我”属实的继续停住" in by_hand.sentence
    assert told(scene, "核查员", lambda work: lifting.lift(work, stolen.id)).code == "reinstatement_not_asked"
    answered = told(scene, "核查员", lambda work: lifting.ask_lift(work, missed.id, "已更正"))
    assert answered.code == "denial_not_stopped"
    assert told(scene, "核查员", lambda work: lifting.ask_lift(work, stolen.id, " ")).code == "why_missing"
    own_hand = told(scene, "初审员", lambda work: lifting.ask_lift(work, stolen.id, "已更正"))
    assert own_hand.code == "already_signed"
    scene.do("核查员", lambda work: lifting.ask_lift(work, stolen.id, "本人记错，书面认可"))
    alone = told(scene, "核查员", lambda work: lifting.decline_lift(work, stolen.id, "不同意"))
    assert alone.code == "second_person_needed"
    scene.do("确认员", lambda work: lifting.decline_lift(work, stolen.id, "没有书面材料"))
    assert told(scene, "确认员", lambda work: lifting.lift(work, stolen.id)).code == "reinstatement_not_asked"
    scene.do("核查员", lambda work: lifting.ask_lift(work, stolen.id, "补交书面材料"))
    assert told(scene, "核查员", lambda work: lifting.lift(work, stolen.id)).code == "second_person_needed"
    scene.do("确认员", lambda work: lifting.lift(work, stolen.id))
    with scene.database.read() as session:
        sent = [each.payload.get("template") for each in session.scalars(select(Letter))]
    assert sent.count("denial_lifted") == 1
    foreign = scene.do("核查员", lambda work: open_hold(work, Thing.CLAIM, first.id, "另一条的"))
    with pytest.raises(Exception, match="stays whose"):
        scene.do(
            "operator",
            partial(run, sql=f"UPDATE claim_denial SET hold_id = {foreign.id} WHERE id = {stolen.id}"),
        )
    again = deny(scene, town_issue.worker(scene, LI_SI), second.id)
    assert again.hold_id is not None, "what was let go on may be stopped once more"
    judge, signer = (scene.actor(login).person_id for login in ("核查员", "初审员"))
    for sql, words in (
        ("UPDATE reinstatement SET declined_why = NULL", "what was decided stays"),
        ("UPDATE claim_denial SET hold_id = NULL WHERE confirmed_at IS NULL", "stays whose"),
        # what Python says first is what the database says last
        (f"INSERT INTO claim_hand VALUES ({second.id}, {judge}, 'second_review')", "takes no hand"),
        (ANSWER.format(signer, again.id), "judges no denial of it"),
        (LIFT.format(signer, again.id), "lets no denial of it go on"),
        (
            (
                "INSERT INTO claim_denial (claim_id, person_id, hold_id, problem, opened_at) "
                f"SELECT claim_id, person_id, {foreign.id}, problem, opened_at FROM claim_denial "
                f"WHERE id = {stolen.id}"
            ),
            "only a hold of its own",
        ),
    ):
        with pytest.raises(Exception, match=words):
            scene.do("operator", partial(run, sql=sql))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_一条申领停住两次的_各按各的办法了结_能办的都列出来(scene: Scene) -> None:
    budget = staffed(scene)
    settle_for(scene, [ZHANG_SAN], budget)
    claim = claims_of(scene)[0]
    case = deny(scene, town_issue.worker(scene, ZHANG_SAN), claim.id)
    by_hand = scene.do("核查员", lambda work: open_hold(work, Thing.CLAIM, claim.id, "材料待查"))

    def deeds() -> list[str]:
        with scene.database.read() as session:
            return [word for word, _ in list_claim_deeds(session, scene.actor("核查员"), claim)]

    assert deeds() == ["close-hold"], "the case waits for its answer, the other hold does not"
    answer(scene, case, upheld=True)
    confirm(scene, case)
    assert deeds() == ["ask-lift", "close-hold"]
    with scene.database.read() as session:
        assert [each.id for each in list_open_holds(session, Thing.CLAIM, claim.id)] == [
            case.hold_id, by_hand.id,
        ]  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_答复过反映或解除过停住的人_不能再审同一条申领(scene: Scene) -> None:
    budget = staffed(scene)
    scene.hire("另一人", Role.OFFICER_COUNTY, "310101199001010840")
    settled = settle_for(scene, [ZHANG_SAN, LI_SI], budget)
    case = deny(scene, town_issue.worker(scene, ZHANG_SAN), claims_of(scene)[0].id)
    answer(scene, case, upheld=True)
    confirm(scene, case)
    scene.do("另一人", lambda work: lifting.ask_lift(work, case.id, "本人记错，书面认可"))
    scene.hire("放行人", Role.OFFICER_COUNTY, "310101199001010850")
    scene.do("放行人", lambda work: lifting.lift(work, case.id))
    first, second = claims_of(scene)

    def review_of(claim_id: int) -> Callable[[Work], int]:
        return lambda work: review.sign(
            work, settled.batch_id, Step.FIRST_REVIEW, claim_ids=[claim_id], opinion="同意"
        )

    for login in ("核查员", "确认员", "另一人", "放行人"):
        assert told(scene, login, review_of(first.id)).code == "judged_denial", login
        left = amber_left(scene, settled.batch_id, Step.FIRST_REVIEW, login)
        assert left == AmberLeft((second.id,), 0, 1), login
    assert scene.do("核查员", review_of(second.id)) == 1, "of the others they may judge"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_不是我属实后不予通过或撤回的_停住随之了结_不能再说继续办理(scene: Scene) -> None:
    budget = staffed(scene)
    settled = settle_for(scene, [ZHANG_SAN, LI_SI, person(3)], budget)
    refused, gone, before = claims_of(scene)
    logins = [town_issue.worker(scene, each) for each in (ZHANG_SAN, LI_SI, person(3))]
    cases = [deny(scene, login, each.id) for login, each in zip(logins, claims_of(scene), strict=True)]
    for case in cases:
        answer(scene, case, upheld=True)
        if case is not cases[2]:
            confirm(scene, case)
    scene.do("核查员", lambda work: lifting.ask_lift(work, cases[0].id, "本人记错"))
    scene.do(
        "初审员", lambda work: review.reject(work, settled.batch_id, Step.FIRST_REVIEW, [refused.id], "冒名")
    )
    for each in (gone, before):
        scene.do("operator", partial(withdraw.withdraw, claim_ids=[each.id], why="本人反映属实"))
    with scene.database.read() as session:
        ended = [session.get_one(Hold, case.hold_id) for case in cases]
        assert [each.closed_at is not None for each in ended] == [True, True, True]
        assert ended[0].conclusion == "申领已终止：冒名"
        assert list_asked_reinstatements(session, ["419001"]) == [], "nobody has to decide on it any more"
    for act in (
        lambda work: lifting.lift(work, cases[0].id),
        lambda work: lifting.ask_lift(work, cases[1].id, "本人记错"),
    ):
        over = told(scene, "确认员", act)
        assert (over.code, "不会再付" in over.sentence) == ("denial_claim_over", True)
    confirm(scene, cases[2])
    with scene.database.read() as session:
        assert "denial_lifted" not in [
            each.payload.get("template") for each in session.scalars(select(Letter))
        ]

    # a hold that an ended claim kept from before can be let go by hand
    with scene.database.read() as session:
        denying.check_no_denial(session, session.get_one(Hold, cases[0].hold_id))


def test_已交银行的不许诺停住_属实后不留待处置(scene: Scene) -> None:
    budget = staffed(scene)
    settled = settle_for(scene, [ZHANG_SAN, LI_SI], budget)
    approve_batch(scene, settled.batch_id)
    zhang, li = town_issue.worker(scene, ZHANG_SAN), town_issue.worker(scene, LI_SI)
    first, second = claims_of(scene)
    scene.open_accounts()
    file = scene.make_file(budget)
    assert states_of(scene) == {"paying": 2}
    case = deny(scene, zhang, first.id)
    assert case.hold_id is None
    with scene.database.read() as session:
        assert any("已交银行，退票才能停" in str(each.payload) for each in session.scalars(select(Letter)))

    def hold_as_before(work: Work) -> Denial:
        """Open a case with a hold, as was done for lines at the bank before."""
        hold = open_hold(work, Thing.CLAIM, second.id, "本人反映")
        old = Denial(
            claim_id=second.id, person_id=second.person_id, hold_id=hold.id, problem="not_me",
            opened_at=work.at, answer_by=work.today,
        )  # fmt: skip
        work.session.add(old)
        work.session.flush()
        return old

    old = scene.do(li, hold_as_before)
    answer(scene, old, upheld=True)
    confirm(scene, old)
    with scene.database.read() as session:
        assert session.get_one(Hold, old.hold_id).closed_at is not None

    # what the bank sends back is stopped anew: by the case, which two people can still conclude
    with scene.database.read() as session:
        lines = session.scalars(select(PaymentLine.reference)).all()
    scene.bank_answers(file, failing=lines)
    with scene.database.read() as session:
        held = session.scalars(
            select(Hold).where(Hold.object_id == second.id, Hold.closed_at.is_(None))
        ).one()
        assert session.get_one(Denial, old.id).hold_id == held.id
    by_hand = told(scene, "核查员", lambda work: denying.check_no_denial(work.session, held))
    assert by_hand.code == "hold_of_denial", "no officer ends it alone"
    scene.do("核查员", lambda work: lifting.ask_lift(work, old.id, "本人记错，书面认可"))
    scene.do("确认员", lambda work: lifting.lift(work, old.id))
    give_accounts(scene, [EV1[1]], "2588")
    assert scene.do("制单员", lambda work: correct_bounced(work, EV1[1])) == 1, "the other case waits"


def test_已交银行时反映的_银行退票即停住_改了账户也不能重付_答复后才走(scene: Scene) -> None:
    """AC-H12：退票的更正账户后重付，本人反映的除外；答复放行后才付，只付一次。"""
    budget = staffed(scene)
    settled = settle_for(scene, [ZHANG_SAN, LI_SI, person(3)], budget)
    approve_batch(scene, settled.batch_id)
    logins = [town_issue.worker(scene, each) for each in (ZHANG_SAN, LI_SI)]
    first, second, third = claims_of(scene)
    scene.open_accounts()
    file = scene.make_file(budget)
    waiting, stolen = deny(scene, logins[0], first.id), deny(scene, logins[1], second.id)
    answer(scene, stolen, upheld=True)
    confirm(scene, stolen)
    with scene.database.read() as session:
        lines = session.scalars(select(PaymentLine.reference)).all()
    scene.bank_answers(file, failing=lines)
    assert states_of(scene) == {"bounced": 3}
    with scene.database.read() as session:
        held = {each.object_id: each.why for each in session.scalars(select(Hold))}
        cases = {each.claim_id: each.hold_id for each in session.scalars(select(Denial))}
    assert set(held) == {first.id, second.id}
    assert "退票后停住" in held[first.id]
    assert None not in cases.values()
    give_accounts(scene, [EV1[1]], "2588")
    assert scene.do("制单员", lambda work: correct_bounced(work, EV1[1])) == 1
    scene.bank_answers(scene.make_file(budget))
    assert {each.id: each.state for each in claims_of(scene)} == {
        first.id: "bounced", second.id: "bounced", third.id: "paid",
    }  # fmt: skip
    answer(scene, waiting, upheld=False)
    confirm(scene, waiting)
    assert scene.do("制单员", lambda work: correct_bounced(work, EV1[1])) == 1
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene) == {"paid": 2, "bounced": 1}
