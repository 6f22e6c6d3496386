"""撤销、追回、更正：钱回来，键不回来；名字会变，人不变。"""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from tests.loop.telling import (
    approve_batch,
    bad_rows,
    claims_of,
    code_of,
    keys_of,
    outcomes,
    payable,
    person,
    ready,
    settle_for,
    states_of,
    told,
)
from tests.paid_back import pay_back
from tests.scene import EV1, EV2, FENG_YI, JIYUAN, LI_SI, NURSE, ZHANG_SAN, Scene, on
from voucher.registry.renaming import approve_name, propose_name
from voucher.rules.actor import Role
from voucher.stages.certify.models import Certificate
from voucher.stages.settle import payment
from voucher.stages.settle.clawback import open_clawback, open_due_clawbacks
from voucher.stages.settle.clear import clear
from voucher.stages.settle.queries import list_clawbacks
from voucher.stages.settle.repaying import repay


def paid_and_revoked(scene: Scene) -> tuple[dict[str, object], int]:
    """Have one certificate paid, then revoked in the register; return it and the budget."""
    ready(scene)
    budget = scene.open_budget()
    row = scene.certificate(ZHANG_SAN)
    scene.certify(row)
    scene.pay(scene.settle(budget), budget)
    scene.at = on("2024-03-01")
    scene.import_register([scene.registered(row, 状态="撤销")])
    return row, budget


def clawback_id(scene: Scene) -> int:
    """Return the only clawback."""
    with scene.database.read() as session:
        return list_clawbacks(session, [JIYUAN])[0][0].id


def test_兑现后证书被撤销_向评价机构追回二百元(scene: Scene) -> None:
    """AC-I1：评价补贴部分；追回单对收款方而立，档案保留撤销记录，缴回即办结。"""
    row, budget = paid_and_revoked(scene)
    assert scene.do("clock", open_due_clawbacks) == 1
    assert scene.do("clock", open_due_clawbacks) == 0, "once is enough"
    with scene.database.read() as session:
        clawback, claim, payee = list_clawbacks(session, [JIYUAN])[0]
        kept = session.scalars(select(Certificate).where(Certificate.number == row["证书编号"])).one()
    assert (payee, clawback.amount_fen, clawback.why) == (EV1[0], 200_00, "证书已被撤销，无证无价")
    assert (claim.state, kept.state) == ("recovering", "revoked")
    assert keys_of(scene) == {"consumed": 1}

    assert told(scene, "初审员", lambda work: repay(work, clawback.id, 1, "缴款书")).code == "role_missing"
    first = partial(repay, clawback_id=clawback.id, amount_fen=50_00, document="缴款书示例号")
    scene.do("制单员", first)
    assert told(scene, "制单员", first).code == "second_person_needed"
    with scene.database.read() as session:
        assert list_clawbacks(session, [JIYUAN])[0][0].recovered_fen == 0, "one person books nothing"
    changed = partial(repay, clawback_id=clawback.id, amount_fen=60_00, document="缴款书示例号")
    assert told(scene, "付款复核员", changed).code == "repayment_differs"
    again = partial(repay, clawback_id=clawback.id, amount_fen=50_00, document="缴款书另号")
    assert told(scene, "付款复核员", again).code == "repayment_imported", "the same under another number"
    scene.do("付款复核员", first)
    assert told(scene, "付款复核员", first).code == "bank_credit_decided"
    too_much = told(scene, "制单员", lambda work: repay(work, clawback.id, 150_01, "缴款书"))
    assert too_much.code == "recovery_exceeds_paid"
    assert states_of(scene) == {"recovering": 1}
    twice = partial(repay, clawback_id=clawback.id, amount_fen=50_00, document="缴款书另号")
    same_money = told(scene, "制单员", twice)
    assert same_money.code == "repayment_booked_already", "the same money once more"
    assert "缴款书示例号" in same_money.sentence
    other = scene.do("制单员", partial(twice, why="第二期"))
    assert (other.remark, other.another_why) == ("人工登记 缴款书另号", "第二期")
    scene.do("付款复核员", twice)
    pay_back(scene, clawback.id, 100_00)
    assert states_of(scene) == {"recovered": 1}
    fund = scene.budget(budget)
    assert (fund.spent_fen, fund.returned_fen) == (0, 200_00)
    assert keys_of(scene) == {"consumed": 1}, "the key stays used"


def test_追回过的资格再申领转人工_两人核定后只给一次(scene: Scene) -> None:
    """AC-I1、I5：不是自动拒付也不是自动再付；别人的结算不受影响。"""
    _, budget = paid_and_revoked(scene)
    scene.do("clock", open_due_clawbacks)
    pay_back(scene, clawback_id(scene), 200_00)
    scene.certify(
        scene.certificate(ZHANG_SAN, issued="2024-02-01"),
        scene.certificate(ZHANG_SAN, issued="2024-02-02"),
        scene.certificate(LI_SI, issued="2024-02-03"),
    )
    settled = scene.settle(budget, since="2024-01-01", until="2024-02-29")
    assert outcomes(settled) == ["manual", "refused", "payable"]
    assert [code_of(settled, 0), code_of(settled, 1)] == ["entitlement_clawed_back", "duplicate_entitlement"]
    assert settled.verdicts[0].earlier == claims_of(scene)[0].number
    claim_id = settled.verdicts[0].claim_id
    assert claim_id is not None
    for login in ("初审员", "异议处理员"):
        scene.do(login, lambda work: clear(work, claim_id, 200_00, "本人无过错，复查属实"))
    approve_batch(scene, settled.batch_id)
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene) == {"recovered": 1, "paid": 2}
    scene.certify(scene.certificate(ZHANG_SAN, issued="2024-03-05"))
    again = scene.settle(budget, since="2024-03-01", until="2024-03-31")
    assert again.verdicts[0].earlier == claims_of(scene)[1].number
    assert outcomes(again) == ["refused"]


def test_追回尚未缴清时再申领同样转人工(scene: Scene) -> None:
    """AC-I1."""
    _, budget = paid_and_revoked(scene)
    scene.do("clock", open_due_clawbacks)
    scene.certify(scene.certificate(ZHANG_SAN, issued="2024-02-01"))
    settled = scene.settle(budget, since="2024-01-01", until="2024-02-29")
    assert (outcomes(settled), code_of(settled)) == (["manual"], "entitlement_clawed_back")
    assert states_of(scene) == {"recovering": 1, "manual": 1}


def test_撤销后登记又改回有效_不经两人恢复仍不兑现(scene: Scene) -> None:
    """AC-I1：撤销是事件，不因重新导入而消失。"""
    ready(scene)
    row = scene.certificate(ZHANG_SAN)
    scene.import_certificates([row])
    scene.import_register([scene.registered(row, 状态="撤销")])
    budget = scene.open_budget()
    assert code_of(scene.settle(budget)) == "certificate_revoked"
    scene.import_register([scene.registered(row)])
    assert code_of(scene.settle(budget)) == "certificate_revoked"


def test_拨付在途时被撤销_等银行回盘后追回(scene: Scene) -> None:
    """AC-I1：在途的不拦截也不猜，到账即立追回单。"""
    ready(scene)
    budget = scene.open_budget()
    row = scene.certificate(ZHANG_SAN)
    scene.certify(row)
    approve_batch(scene, scene.settle(budget).batch_id)
    file = scene.make_file(budget)
    scene.import_register([scene.registered(row, 状态="撤销")])
    assert scene.do("clock", open_due_clawbacks) == 0
    scene.bank_answers(file)
    assert scene.do("clock", open_due_clawbacks) == 1
    assert states_of(scene) == {"recovering": 1}


def test_编造的证书查实后全部追回_其他机构不受牵连(scene: Scene) -> None:
    """AC-I5：评价补贴部分；逐条立追回单，须写明事由，未付的不立。"""
    ready(scene)
    scene.file_evaluator(EV2)
    scene.hire("监管员", Role.SUPERVISOR, "310101199001010080")
    budget = scene.open_budget()
    forged = [scene.certificate(person(i)) for i in range(4)]
    honest = scene.certificate(LI_SI, evaluator=EV2)
    scene.certify(*forged, honest)
    settled = scene.settle(budget)
    first = settled.verdicts[0].claim_id
    assert first is not None
    early = told(scene, "监管员", lambda work: open_clawback(work, first, "编造资料"))
    assert early.code == "event_not_allowed"
    scene.pay(settled, budget)
    assert told(scene, "监管员", lambda work: open_clawback(work, first, " ")).code == "opinion_missing"
    scene.do("监管员", lambda work: open_clawback(work, first, "编造资料，查实"))
    scene.import_register([scene.registered(row, 状态="撤销") for row in forged])
    assert scene.do("clock", open_due_clawbacks) == 3, "the first has its receivable already"
    assert states_of(scene) == {"recovering": 4, "paid": 1}
    with scene.database.read() as session:
        rows = list_clawbacks(session, [JIYUAN])
    assert {payee for _, _, payee in rows} == {EV1[0]}
    assert sum(clawback.amount_fen for clawback, _, _ in rows) == 800_00


def test_更名由两人办理_旧证仍匹配_键不变(scene: Scene) -> None:
    """AC-I3."""
    ready(scene)
    budget = scene.open_budget()
    scene.import_people([{"姓名": FENG_YI[0], "证件号码": FENG_YI[1]}])
    renamed = ("冯乙", FENG_YI[1])
    problem = bad_rows(lambda: scene.import_people([{"姓名": renamed[0], "证件号码": renamed[1]}]))[0]
    assert (problem.refusal.code, problem.masked) == ("name_differs", "冯*")
    assert "更名登记" in problem.refusal.next_step

    scene.hire("初审员2", Role.OFFICER_CITY, "310101199001010010")
    bare = told(scene, "初审员", lambda work: propose_name(work, FENG_YI[1], "冯乙", " "))
    assert bare.code == "renaming_evidence_missing"
    proposed = scene.do("初审员", lambda work: propose_name(work, FENG_YI[1], "冯乙", "户口簿变更页示例号"))
    alone = told(scene, "初审员2", lambda work: approve_name(work, proposed.id))
    assert alone.code == "second_person_needed"

    old = scene.certificate(FENG_YI, issued="2023-10-20")
    early = scene.certificate(renamed, NURSE, "四级", issued="2023-11-20")
    scene.certify(old, early)
    before = scene.settle(budget, until="2023-10-31")
    assert payable(before) == ["200.00"]
    assert code_of(scene.settle(budget, since="2023-11-01")) == "certificate_name_mismatch"

    scene.do("复核员", lambda work: approve_name(work, proposed.id))
    assert told(scene, "复核员", lambda work: approve_name(work, proposed.id)).code == "renaming_missing"
    assert payable(scene.settle(budget, since="2023-11-01")) == ["240.00"]
    scene.pay(before, budget)
    scene.certify(scene.certificate(renamed, issued="2023-12-20"))
    again = scene.settle(budget, since="2023-12-01")
    assert again.verdicts[0].earlier == claims_of(scene)[0].number
    assert scene.import_people([{"姓名": renamed[0], "证件号码": renamed[1]}]).rows_unchanged == 1


def test_更名之后旧证的核验不失效_照常拨付(scene: Scene) -> None:
    """AC-I3：申报之后、拨付之前更名，旧证仍有效。"""
    ready(scene)
    budget = scene.open_budget()
    batch = settle_for(scene, [FENG_YI], budget).batch_id
    proposed = scene.do("初审员", lambda work: propose_name(work, FENG_YI[1], "冯乙", "户口簿变更页示例号"))
    scene.do("异议处理员", lambda work: approve_name(work, proposed.id))
    approve_batch(scene, batch)
    scene.open_accounts()
    assert scene.do("制单员", lambda work: payment.prepare(work, budget)).total_fen == 200_00
    assert outcomes(scene.settle(budget)) == ["refused"]
