"""券的钱：四道手续四个人，退回补正不算重复，候补先后有序，一券一渠道，收费的不付。"""

from __future__ import annotations

from functools import partial

from tests import town_issue, town_train
from tests.loop import way
from tests.loop.telling import approve, code_of, first_review, post, refused, second_review, told
from tests.loop.way import EVALUATION, TRAINING
from tests.scene import HOUSEKEEPER, LI_SI, STAFF, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.vocabulary import FundSource, parse_fund_source
from voucher.stages.certify.attach import attach_proofs
from voucher.stages.issue import issuing
from voucher.stages.issue.programmes import draft_programme
from voucher.stages.issue.waiting import serve_due_waiting
from voucher.stages.settle import review
from voucher.stages.settle.resubmit import resubmit
from voucher.stages.train import enrol


def test_券的申领四道手续四个人_退回一人不耽误其余_收费的不付评价补贴(scene: Scene) -> None:
    """AC-H1、AC-H2、AC-G8：不可跳级、同一人不得两次经手；退回的补正后是原申领的修订，不算重复。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    people = (ZHANG_SAN, LI_SI, SUN_BA)
    vouchers = way.trained(town, nurses, *people)
    way.examined(town, people, vouchers)
    today = town_issue.day(scene).isoformat()
    fees = ("", "0", "50")
    rows = [scene.certificate(each, issued=today, 收费=fee) for each, fee in zip(people, fees, strict=True)]
    scene.certify(*rows)
    assert scene.do("clock", attach_proofs) == 3
    free = way.claim(town, EVALUATION, *vouchers).verdicts
    assert [each.amount_fen for each in free] == [200_00, 200_00, 0]
    assert free[2].refusal is not None
    assert free[2].refusal.code == "fee_charged"
    assert "免费" in free[2].refusal.sentence

    # 初审员 also has an account as registrar of the school: the person counts, not the account
    stem = next(stem for login, _, stem in STAFF if login == "初审员")
    both = town_issue.staff(scene, "初审员2", Role.REGISTRAR, town.house, stem)
    batch = way.claim(town, TRAINING, *vouchers, login=both).batch
    ids = [each.claim_id for each in batch.verdicts if each.claim_id is not None]
    assert refused(lambda: approve(scene, batch.batch_id)).code == "nothing_to_sign"
    assert refused(lambda: first_review(scene, batch.batch_id)).code == "involved"
    returned = review.return_claims
    scene.do(
        "异议处理员",
        lambda work: returned(work, batch.batch_id, Step.FIRST_REVIEW, ids[:1], "缺签到表、缺协议"),
    )
    assert first_review(scene, batch.batch_id, "异议处理员") == 2
    assert refused(lambda: second_review(scene, batch.batch_id, "异议处理员")).code == "fixed_role"
    assert refused(lambda: post(scene, batch.batch_id)).code == "lines_not_ready"
    assert second_review(scene, batch.batch_id) == 2
    again = scene.do(both, lambda work: resubmit(work, ids[:1]))
    assert again.id != batch.batch_id
    first_review(scene, again.id, "异议处理员")
    second_review(scene, again.id)
    for each in (batch.batch_id, again.id):
        post(scene, each)
    scene.close_notices()
    for each in (batch.batch_id, again.id):
        approve(scene, each)
    scene.bank_answers(scene.make_file(town.budget_id))
    for voucher_id in vouchers:
        paid = way.claims_of(scene, voucher_id)["training"]
        assert (paid.state, paid.amount_fen) == ("paid", 1200_00)
    first = way.claims_of(scene, vouchers[0])["training"]
    assert (first.id, first.revision) == (ids[0], 2)


def test_预算不足进入候补_报名多占的钱退回后按先后发券(scene: Scene) -> None:
    """AC-H9：余额 1000 不够第二个人的 1400，候补，余额不为负；报名锁定释放 440 后自动占用，后到的不越过。"""
    town = way.settle_down(scene, 2840)
    free = town_issue.programme(scene, town.budget_id, **town_issue.open_terms())
    nurses = town_issue.programme(scene, town.budget_id)
    keepers = town_issue.programme(scene, town.budget_id, name="家政", trade_code=HOUSEKEEPER)
    town_issue.eligible(scene, LI_SI, SUN_BA, ZHAO_LIU)
    mine = town_issue.worker(scene, SUN_BA)
    taken = scene.do(mine, lambda work: issuing.take_voucher(work, free, True))
    assert taken is not None
    assert scene.budget(town.budget_id).available_fen == 1000_00
    waiting = [_issue(scene, nurses, LI_SI), _issue(scene, keepers, ZHAO_LIU)]
    assert [town_issue.codes(scene, each) for each in waiting] == [["waiting"], ["waiting"]]
    assert scene.budget(town.budget_id).available_fen == 1000_00
    class_id = town_train.open_class(scene, town.house, hours=8)
    scene.do(mine, partial(enrol.enrol, voucher_id=taken.id, class_id=class_id))
    assert scene.budget(town.budget_id).available_fen == 1440_00
    assert scene.do("clock", serve_due_waiting) == 1
    assert [town_issue.codes(scene, each) for each in waiting] == [["issued"], ["waiting"]]
    assert scene.budget(town.budget_id).available_fen == 40_00


def _issue(scene: Scene, programme_id: int, person: tuple[str, str]) -> int:
    named = [town_issue.newcomer(person)]
    return scene.do("operator", lambda work: issuing.issue_at_once(work, programme_id, named)).issue_id


def test_一张券只走一个资金渠道(scene: Scene) -> None:
    """AC-H11：没有资金的券种不能建；两个渠道写在一起被拒；凭券的证书不能再从失业保险基金结算一次。"""
    town = way.settle_down(scene)
    no_fund = town_issue.wanted(scene, None)
    heard = told(scene, "operator", lambda work: draft_programme(work, no_fund))
    assert heard.code == "programme_without_fund"
    assert refused(lambda: parse_fund_source("就业补助资金、失业保险基金")).code == "fund_source_unknown"
    nurses = town_issue.programme(scene, town.budget_id)
    (voucher_id,) = way.certified(town, nurses, ZHANG_SAN)
    insurance = scene.open_budget(source=FundSource.UNEMPLOYMENT_INSURANCE)
    today = town_issue.day(scene).isoformat()
    twice = scene.settle(insurance, since=today, until=today)
    assert code_of(twice) == "settled_by_voucher"
    assert twice.verdicts[0].refusal is not None
    assert twice.verdicts[0].refusal.facts["voucher"] == town_issue.voucher(scene, voucher_id).number
    filed = way.claim(town, EVALUATION, voucher_id).batch
    assert filed.verdicts[0].claim_id is not None
    assert way.claims_of(scene, voucher_id)["evaluation"].budget_id == town.budget_id
    assert scene.budget(insurance).reserved_fen == 0
