"""公示与异议：到日、脱敏、逐条处理。"""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.loop.telling import (
    amber_left,
    approve,
    batch_state,
    claims_of,
    first_review,
    keys_of,
    person,
    post,
    ready,
    refused,
    second_review,
    settle_for,
    states_of,
    told,
)
from tests.scene import (
    EV1,
    LI_SI,
    ZHANG_SAN,
    Scene,
    on,
)
from voucher.demo.signing import pass_all
from voucher.registry import accounts
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.stages.settle import notice, objection, payment
from voucher.stages.settle.models.notices import Notice
from voucher.stages.settle.queries import (
    get_notice,
    list_notice_lines,
)

ACCOUNT = "257712345678"


def test_公示五个工作日首日计入(scene: Scene) -> None:
    """AC-H3：2024-03-06 公示至 03-12，与济源公示一致；当天仍在公示期内，可以提出异议，次日零点起不再受理。"""
    ready(scene, "2024-03-06")
    batch = settle_for(scene, [ZHANG_SAN, LI_SI], scene.open_budget()).batch_id
    first_review(scene, batch)
    second_review(scene, batch)
    posted = post(scene, batch)
    assert (posted.from_on.isoformat(), posted.until_on.isoformat()) == ("2024-03-06", "2024-03-12")
    in_time, late = (
        partial(objection.lodge, notice_id=posted.id, claim_id=each.id, words="未参加考试", contact=None)
        for each in claims_of(scene)
    )
    scene.at = on("2024-03-12", 23)
    assert scene.do("clock", notice.close_due_notices) == 0
    lodged = scene.do("clock", in_time)
    scene.at = on("2024-03-13", 0)
    assert told(scene, "clock", late).code == "notice_not_open", "the clock has not come round yet"
    assert scene.do("clock", notice.close_due_notices) == 1
    assert states_of(scene) == {"cleared": 1, "objected": 1}
    decide = partial(objection.decide, objection_id=lodged.id, uphold=False, conclusion="签到、录像在案")
    scene.do("异议处理员", decide)
    assert states_of(scene) == {"cleared": 2}
    assert scene.do("clock", notice.close_due_notices) == 0


def test_公示期跳过假日计入调休上班(scene: Scene) -> None:
    """AC-H3：2024-04-28（周日调休上班）公示，五一放假五天，至 05-07。"""
    ready(scene, "2024-04-28")
    batch = settle_for(scene, [ZHANG_SAN], scene.open_budget()).batch_id
    first_review(scene, batch)
    second_review(scene, batch)
    assert post(scene, batch).until_on.isoformat() == "2024-05-07"


def test_没有公布假日安排的年份不猜(scene: Scene) -> None:
    """AC-H3."""
    ready(scene, "2031-03-05")
    scene.certify(scene.certificate(ZHANG_SAN, issued="2030-11-15"))
    budget = scene.open_budget(year=2031)
    batch = scene.settle(budget, since="2030-10-01", until="2030-12-31").batch_id
    first_review(scene, batch)
    second_review(scene, batch)
    assert refused(lambda: post(scene, batch)).code == "calendar_year_missing"


def test_公示只显脱敏号码不出现银行账号(scene: Scene) -> None:
    """AC-H7."""
    ready(scene)
    budget = scene.open_budget()
    settled = settle_for(scene, [ZHANG_SAN, LI_SI], budget)
    scene.do(
        "制单员",
        lambda work: accounts.propose_account(
            work, EV1[1], EV1[0], "中国银行济源分行", ACCOUNT, "开户许可证"
        ),
    )
    first_review(scene, settled.batch_id)
    second_review(scene, settled.batch_id)
    posted = post(scene, settled.batch_id)
    with scene.database.read() as session:
        found = get_notice(session, posted.id)
        lines = list_notice_lines(session, scene.keyring, found)
    assert [(each.masked_name, each.masked_number) for each in lines] == [
        ("张*", "410105********991X"),
        ("李*", "410702********9927"),
    ]
    shown = repr(lines) + posted.title
    for secret in (ZHANG_SAN[0], ZHANG_SAN[1], LI_SI[1], "19900315", ACCOUNT, ACCOUNT[-8:]):
        assert secret not in shown


def sin(scene: Scene, sql: str, words: str) -> None:
    """Have the database refuse a statement in these words."""
    with pytest.raises(DBAPIError, match=words), scene.database.engine.begin() as connection:
        connection.execute(text(sql))


def test_异议成立只去掉这一条_不成立的继续(scene: Scene) -> None:
    """H 组：编号受理，由没有签署过的人处理；成立的放行资格，其余不受影响。"""
    ready(scene)
    budget = scene.open_budget()
    batch = settle_for(scene, [ZHANG_SAN, LI_SI, person(7)], budget).batch_id
    scene.review_and_post(batch)
    first, second, _ = (each.id for each in claims_of(scene))
    posted = scene.do("clock", lambda work: work.session.scalars(select(Notice.id)).one())
    lodged = [
        scene.do(
            "clock",
            partial(objection.lodge, notice_id=posted, claim_id=i, words="未参加考试", contact="13800138000"),
        )
        for i in (first, second)
    ]
    assert lodged[0].number != lodged[1].number
    twice = told(scene, "clock", lambda work: objection.lodge(work, posted, first, "重复", None))
    assert twice.code == "line_not_published"
    decide = partial(objection.decide, objection_id=lodged[0].id, uphold=True, conclusion="查实")
    for login in ("初审员", "复核员"):
        assert told(scene, login, decide).code == "already_signed"
    scene.do(
        "异议处理员",
        lambda work: objection.decide(work, lodged[0].id, uphold=True, conclusion="查实未参加考试"),
    )
    scene.do(
        "异议处理员",
        lambda work: objection.decide(work, lodged[1].id, uphold=False, conclusion="考试录像在案"),
    )
    assert states_of(scene) == {"rejected": 1, "noticed": 2}
    scene.close_notices()
    # whoever decided has no later hand in that claim, under any account, in the database neither
    scene.hire("处理员兼审批", Role.FINANCE_APPROVER, "310101199001010070")
    scene.hire("处理员兼签发", Role.FINANCE_RELEASER, "310101199001010070")
    decider = scene.actor("异议处理员").person_id
    own = told(scene, "处理员兼审批", lambda work: pass_all(work, batch, Step.APPROVE, "同意"))
    assert own.code == "decided_objection"
    # of lines with a caution this one is not led to the one that is refused
    assert amber_left(scene, batch, Step.APPROVE, "处理员兼审批").barred == 1
    assert amber_left(scene, batch, Step.APPROVE, "审批员").barred == 0
    sin(
        scene, f"INSERT INTO claim_hand VALUES ({second}, {decider}, 'approve')", "takes no hand in the claim"
    )
    approve(scene, batch)
    scene.open_accounts()
    file = scene.do("制单员", lambda work: payment.prepare(work, budget))
    scene.do("付款复核员", lambda work: payment.check(work, file.id))
    release = partial(payment.release, payment_file_id=file.id)
    assert told(scene, "处理员兼签发", release).code == "decided_objection"
    sin(scene, f"UPDATE payment_file SET releaser_person_id = {decider}", "no hand in its claims")
    scene.do("签发员", release)
    scene.bank_answers(file)
    assert states_of(scene) == {"rejected": 1, "paid": 2}
    assert keys_of(scene) == {"freed": 1, "consumed": 2}
    assert scene.budget(budget).spent_fen == 400_00
    late = told(scene, "clock", lambda work: objection.lodge(work, posted, second, "迟了", None))
    assert late.code == "notice_not_open"


def test_未处理的异议不拖住其余各条(scene: Scene) -> None:
    """H 组：公示期满异议仍未处理，其余先拨付；异议不成立后这一条补走。"""
    ready(scene)
    budget = scene.open_budget()
    batch = settle_for(scene, [ZHANG_SAN, LI_SI], budget).batch_id
    scene.review_and_post(batch)
    claim_id = claims_of(scene)[0].id
    posted = scene.do("clock", lambda work: work.session.scalars(select(Notice.id)).one())
    lodged = scene.do("clock", lambda work: objection.lodge(work, posted, claim_id, "请核实", None))
    scene.close_notices()
    approve(scene, batch)
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene) == {"objected": 1, "paid": 1}
    assert batch_state(scene, batch) == "released"
    scene.do(
        "异议处理员", lambda work: objection.decide(work, lodged.id, uphold=False, conclusion="考试录像在案")
    )
    approve(scene, batch)
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene) == {"paid": 2}
    assert batch_state(scene, batch) == "closed"
