"""追回以后：享受资格一直算用过；全部退回并由两人写明理由放行，本人才能按条件重新申领。"""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from tests.loop.telling import approve_batch, claims_of, keys_of, outcomes, ready, settle_for, told
from tests.scene import NURSE, XINXIANG, ZHANG_SAN, Scene, on
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.stages.settle import clawback
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.reading import lock_claims
from voucher.stages.settle.releasing import ask_release, decline_release, release

WHY = "机构造假，本人无过错，济人社〔2024〕9号"


def take_back(work: Work) -> None:
    """Book the whole repayment of the one receivable."""
    debt = work.session.scalars(select(Clawback)).one()
    claim = lock_claims(work, Claim.id == debt.claim_id, money=True)[0]
    clawback.meet(work, debt, claim, debt.amount_fen, "银行来款")


def test_全部追回后资格仍算用过_两人放行后才能重新申领(scene: Scene) -> None:
    """AC-I5：本人无过错的占用键由两人放行，也可写明理由不同意；AC-I1：不放行的一直算用过。"""
    ready(scene)
    budget = scene.open_budget(1000)
    settled = settle_for(scene, [ZHANG_SAN], budget)
    approve_batch(scene, settled.batch_id)
    scene.bank_answers(scene.make_file(budget))
    claim = claims_of(scene)[0].id
    scene.do("初审员", lambda work: clawback.open_clawback(work, claim, "机构造假"))
    early = told(scene, "初审员", lambda work: ask_release(work, claim, WHY))
    assert early.code == "release_not_recovered"
    assert "追回中" in early.sentence
    scene.do("制单员", take_back)
    assert keys_of(scene) == {"consumed": 1}
    assert told(scene, "初审员", lambda work: ask_release(work, claim, " ")).code == "why_missing"
    scene.hire("外区", Role.OFFICER_CITY, "310101199001010830", XINXIANG)
    assert told(scene, "外区", lambda work: ask_release(work, claim, WHY)).code == "claim_missing"
    assert told(scene, "制单员", lambda work: ask_release(work, claim, WHY)).code == "role_missing"
    assert told(scene, "复核员", lambda work: release(work, claim)).code == "reinstatement_not_asked"
    scene.do("初审员", lambda work: ask_release(work, claim, WHY))
    scene.hire("初审员2", Role.OFFICER_CITY, "310101199001010010")
    alone = told(scene, "初审员2", lambda work: release(work, claim))
    assert alone.code == "second_person_needed"
    refuse = partial(decline_release, claim_id=claim, why="材料不足")
    assert told(scene, "初审员2", refuse).code == "second_person_needed"
    empty = told(scene, "复核员", lambda work: decline_release(work, claim, " "))
    assert empty.code == "why_missing"
    scene.do("复核员", refuse)
    assert keys_of(scene) == {"consumed": 1}
    assert told(scene, "复核员", lambda work: release(work, claim)).code == "reinstatement_not_asked"
    scene.do("初审员", lambda work: ask_release(work, claim, WHY))
    scene.do("复核员", lambda work: release(work, claim))
    assert keys_of(scene)["freed"] == 1
    twice = told(scene, "初审员", lambda work: ask_release(work, claim, WHY))
    assert twice.code == "entitlement_released_already"
    assert claims_of(scene)[0].state == "recovered"
    scene.at = on("2024-03-06")
    scene.certify(scene.certificate(ZHANG_SAN, NURSE, issued="2024-02-01"))
    again = scene.settle(budget, since="2024-02-01", until="2024-02-29")
    assert outcomes(again) == ["payable"], again.verdicts[0].refusal
    approve_batch(scene, again.batch_id)
    scene.bank_answers(scene.make_file(budget))
    assert keys_of(scene) == {"freed": 1, "consumed": 1}
