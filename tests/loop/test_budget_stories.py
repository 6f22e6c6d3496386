"""预算与资金渠道：用尽即候补，先后有序，一条申领一个渠道。"""

from __future__ import annotations

from tests.loop.telling import (
    approve_batch,
    batch_state,
    claims_of,
    keys_of,
    outcomes,
    person,
    ready,
    refused,
    set_standard,
    settle_for,
    states_of,
    told,
)
from tests.scene import (
    COOK,
    LI_SI,
    NURSE,
    PROVINCE,
    TURNER,
    XINXIANG,
    ZHANG_SAN,
    Scene,
)
from voucher.rules.vocabulary import FundSource, parse_fund_source
from voucher.stages.settle.waiting import serve_due_queues
from voucher.stages.settle.withdraw import withdraw


def test_预算用尽进入候补_释放后按先后自动占用(scene: Scene) -> None:
    """AC-H9：余额 1000，第 1 人要 1200；后面要 200 的也不越过；释放 400 后依次办理。"""
    ready(scene)
    set_standard(scene, "EV-TURNER", TURNER, 2, 1200)
    set_standard(scene, "EV-COOK", COOK, 2, 400)
    budget = scene.open_budget(1400)
    settle_for(scene, [LI_SI], budget, COOK)
    assert scene.budget(budget).available_fen == 1000_00
    scene.certify(
        scene.certificate(ZHANG_SAN, TURNER, issued="2023-11-01"),
        scene.certificate(person(5), NURSE, issued="2023-11-02"),
    )
    settled = scene.settle(budget)
    heard = [each.refusal.code for each in settled.verdicts if each.refusal is not None]
    assert heard == ["budget_exhausted", "waiting_in_line", "duplicate_entitlement"]
    assert scene.budget(budget).available_fen == 1000_00
    assert states_of(scene) == {"submitted": 1, "draft": 2}
    later = settle_for(scene, [person(6)], budget)
    assert "waiting_in_line" in {each.refusal.code for each in later.verdicts if each.refusal is not None}
    assert states_of(scene) == {"submitted": 1, "draft": 3}
    first = claims_of(scene)[0].id
    scene.do("operator", lambda work: withdraw(work, [first], "机构要求撤回"))
    claims = claims_of(scene)
    assert [each.state for each in claims] == ["withdrawn", "submitted", "submitted", "draft"]
    fund = scene.budget(budget)
    assert (fund.reserved_fen, fund.available_fen) == (1400_00, 0)
    batch = claims[1].batch_id
    approve_batch(scene, batch)
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene) == {"withdrawn": 1, "paid": 2, "draft": 1}


def test_候补的申领撤回后让给下一个(scene: Scene) -> None:
    """AC-H9：退出队伍的人放行资格，后面的马上补上。"""
    ready(scene)
    budget = scene.open_budget(300)
    scene.certify(
        scene.certificate(ZHANG_SAN, NURSE, "一级", issued="2023-11-01"),
        scene.certificate(LI_SI, NURSE, "五级", issued="2023-11-02"),
    )
    batch = scene.settle(budget).batch_id
    assert states_of(scene) == {"draft": 2}
    first = claims_of(scene)[0].id
    scene.do("operator", lambda work: withdraw(work, [first], "不再申领"))
    assert states_of(scene) == {"withdrawn": 1, "submitted": 1}
    assert batch_state(scene, batch) == "cancelled"
    assert keys_of(scene) == {"freed": 1, "taken": 1}


def test_追加预算后由定时任务按先后补办(scene: Scene) -> None:
    """AC-H9：追加的钱先给排在前面的，不够的继续等。"""
    ready(scene)
    budget = scene.open_budget(100)
    settle_for(scene, [ZHANG_SAN, LI_SI], budget)
    assert states_of(scene) == {"draft": 2}
    assert scene.do("clock", serve_due_queues) == 0
    assert scene.open_budget(250) == budget
    assert told(scene, "初审员", serve_due_queues).code == "role_missing"
    assert scene.do("clock", serve_due_queues) == 1
    assert [each.state for each in claims_of(scene)] == ["submitted", "draft"]
    assert scene.budget(budget).available_fen == 150_00


def test_一条申领只走一个资金渠道(scene: Scene) -> None:
    """AC-H11：两个渠道写在一起被拒；同一证书换一个渠道再结算即为重复；外区的预算不能用。"""
    ready(scene)
    heard = refused(lambda: parse_fund_source("就业补助资金、失业保险基金"))
    assert heard.code == "fund_source_unknown"
    assert heard.title.endswith("不在规定的范围内")
    assert heard.next_step.startswith("请填写以下之一：")
    assert "就业补助资金" in heard.next_step
    budget = scene.open_budget()
    insurance = scene.open_budget(source=FundSource.UNEMPLOYMENT_INSURANCE)
    settle_for(scene, [ZHANG_SAN], budget)
    again = scene.settle(insurance)
    assert outcomes(again) == ["refused"]
    assert scene.budget(insurance).reserved_fen == 0
    xinxiang = scene.open_budget(region=XINXIANG)
    assert refused(lambda: scene.settle(xinxiang)).code == "budget_elsewhere"
    province = scene.open_budget(region=PROVINCE)
    settle_for(scene, [LI_SI], province)
    assert scene.budget(province).reserved_fen == 200_00
