"""重复享受：同一人同一职业同一等级，全省终身只有一次。"""

from __future__ import annotations

from tests.loop.telling import (
    approve_batch,
    claims_of,
    code_of,
    keys_of,
    outcomes,
    payable,
    ready,
    set_parameter,
)
from tests.scene import (
    ELECTRICIAN,
    EV2,
    HOUSEKEEPER,
    JIYUAN,
    LI_SI,
    NURSE,
    TURNER,
    XINXIANG,
    ZHANG_SAN,
    Scene,
    on,
)
from voucher.rules.approval import Step
from voucher.rules.vocabulary import Outcome
from voucher.stages.settle import review
from voucher.stages.settle.clear import clear
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.resubmit import resubmit
from voucher.stages.settle.withdraw import withdraw


def test_换机构再申领被拒并给出首次编号(scene: Scene) -> None:
    """AC-D1."""
    ready(scene)
    scene.file_evaluator(EV2)
    budget = scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN))
    first = scene.settle(budget)
    scene.pay(first, budget)
    number = claims_of(scene)[0].number
    scene.at = on("2025-02-10")
    later = scene.open_budget(year=2025)
    scene.certify(scene.certificate(ZHANG_SAN, evaluator=EV2, issued="2025-01-15"))
    again = scene.settle(later, since="2025-01-01", until="2025-01-31")
    verdict = again.verdicts[0]
    assert (outcomes(again), code_of(again)) == (["refused"], "duplicate_entitlement")
    assert verdict.refusal is not None
    assert verdict.refusal.title == f"同一人员同一职业同一等级已申领，首次申领编号 {number}"
    assert verdict.earlier == number
    assert number in verdict.explanation
    assert (verdict.amount_fen, scene.budget(later).reserved_fen) == (0, 0)


def test_换地区再申领同样被拒(scene: Scene) -> None:
    """AC-D2：享受资格全省唯一。"""
    ready(scene)
    scene.file_evaluator(EV2, region=XINXIANG)
    xinxiang, jiyuan = scene.open_budget(region=XINXIANG), scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN, evaluator=EV2, issued="2023-10-20"))
    first = scene.settle(xinxiang, region=XINXIANG)
    scene.pay(first, xinxiang)
    scene.certify(scene.certificate(ZHANG_SAN, issued="2023-11-20"))
    again = scene.settle(jiyuan)
    assert (code_of(again), again.verdicts[0].earlier) == (
        "duplicate_entitlement",
        f"SL-{XINXIANG}-2024-00000001",
    )


def test_换年度没有豁免(scene: Scene) -> None:
    """AC-D3."""
    ready(scene, "2023-04-10")
    budget = scene.open_budget(year=2023)
    scene.certify(scene.certificate(ZHANG_SAN, issued="2023-02-15"))
    first = scene.settle(budget, since="2023-01-01", until="2023-03-31")
    scene.pay(first, budget)
    scene.at = on("2025-05-12")
    scene.certify(scene.certificate(ZHANG_SAN, issued="2025-02-15"))
    again = scene.settle(scene.open_budget(year=2025), since="2025-01-01", until="2025-03-31")
    assert again.verdicts[0].earlier == "SL-419001-2023-00000001"
    assert again.verdicts[0].refusal is not None


def test_换证书种类不产生新资格(scene: Scene) -> None:
    """AC-D5：键不含证书种类。"""
    ready(scene)
    budget = scene.open_budget()
    old = scene.certificate(
        ZHANG_SAN, ELECTRICIAN, "四级", kind="职业资格证书", number="2341900100400001", issued="2023-10-20"
    )
    scene.certify(old)
    first = scene.settle(budget)
    assert payable(first) == ["240.00"]
    scene.pay(first, budget)
    scene.certify(scene.certificate(ZHANG_SAN, ELECTRICIAN, "四级", issued="2023-12-01"))
    again = scene.settle(budget)
    assert [code_of(again, 0), code_of(again, 1)] == ["duplicate_entitlement"] * 2
    assert again.verdicts[1].earlier == "SL-419001-2024-00000001"


def test_竞赛取证兑现后再考同级被拒(scene: Scene) -> None:
    """AC-D7：竞赛取证先由两人核定，兑现后同级不再给付。"""
    ready(scene)
    budget = scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN, TURNER, "三级", method="竞赛", issued="2023-10-20"))
    settled = scene.settle(budget)
    assert (outcomes(settled), code_of(settled)) == (["manual"], "method_needs_decision")
    claim_id = claims_of(scene)[0].id
    opinion = "省级一类竞赛第3名，晋升文件豫人社〔2023〕示例号"
    assert scene.do("初审员", lambda work: clear(work, claim_id, 280_00, opinion)) is False
    assert scene.do("异议处理员", lambda work: clear(work, claim_id, 280_00, opinion)) is True
    approve_batch(scene, settled.batch_id)
    scene.bank_answers(scene.make_file(budget))
    assert scene.budget(budget).spent_fen == 280_00
    scene.certify(scene.certificate(ZHANG_SAN, TURNER, "三级", issued="2023-12-20"))
    again = scene.settle(budget)
    assert outcomes(again) == ["refused", "refused"]
    assert again.verdicts[1].earlier == "SL-419001-2024-00000001"


def test_同职业更高等级可以享受(scene: Scene) -> None:
    """AC-D8."""
    ready(scene)
    budget = scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN, level="五级", issued="2023-10-20"))
    scene.pay(scene.settle(budget), budget)
    scene.certify(scene.certificate(ZHANG_SAN, level="四级", issued="2023-12-20"))
    again = scene.settle(budget)
    assert outcomes(again) == ["refused", "payable"]
    assert payable(again) == ["240.00"]


def test_领过高等级再领低等级默认转人工(scene: Scene) -> None:
    """AC-D9：参数“高等级后不享受低等级”为关。"""
    ready(scene)
    budget = scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN, level="四级", issued="2023-10-20"))
    scene.pay(scene.settle(budget), budget)
    scene.certify(scene.certificate(ZHANG_SAN, level="五级", issued="2023-12-20"))
    verdict = scene.settle(budget).verdicts[1]
    assert verdict.outcome is Outcome.MANUAL
    assert verdict.refusal is not None
    assert "已有高等级" in verdict.refusal.title
    assert "转人工" in verdict.refusal.next_step
    assert verdict.earlier == "SL-419001-2024-00000001"


def test_因高等级核定过的低等级_退回补正后仍由两人核定(scene: Scene) -> None:
    """AC-D9、AC-H2：补正不能绕开两人的核定，变成按标准全额自动可付。"""
    ready(scene)
    budget = scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN, level="四级", issued="2023-10-20"))
    scene.pay(scene.settle(budget), budget)
    scene.certify(scene.certificate(ZHANG_SAN, level="五级", issued="2023-12-20"))
    settled = scene.settle(budget)
    claim_id = settled.verdicts[1].claim_id
    assert claim_id is not None
    for login in ("初审员", "异议处理员"):
        scene.do(login, lambda work: clear(work, claim_id, 100_00, "减半给予"))
    scene.do(
        "初审员",
        lambda work: review.return_claims(work, settled.batch_id, Step.FIRST_REVIEW, [claim_id], "缺照片"),
    )
    scene.do("operator", lambda work: resubmit(work, [claim_id]))
    with scene.database.read() as session:
        claim = session.get_one(Claim, claim_id)
    assert (claim.state, claim.revision, claim.amount_fen, claim.reserved_fen) == ("manual", 2, 0, 0)
    assert claim.proposed_fen == 200_00


def test_参数打开后高等级之后的低等级被拒(scene: Scene) -> None:
    """AC-D9：参数自生效日起执行，之前的办理不受影响。"""
    ready(scene)
    budget = scene.open_budget()
    set_parameter(scene, "higher_bars_lower", "1", "2024-03-01")
    scene.certify(
        scene.certificate(ZHANG_SAN, level="四级", issued="2023-10-20"),
        scene.certificate(ZHANG_SAN, level="五级", issued="2023-12-20"),
    )
    before = scene.settle(budget, until="2023-12-31")
    assert outcomes(before) == ["payable", "manual"]
    scene.at = on("2024-03-01")
    scene.certify(scene.certificate(LI_SI, TURNER, "四级", issued="2024-01-10"))
    scene.certify(scene.certificate(LI_SI, TURNER, "五级", issued="2024-02-10"))
    after = scene.settle(budget, since="2024-01-01", until="2024-02-29")
    assert (outcomes(after), code_of(after, 1)) == (["payable", "refused"], "higher_level_held")
    heard = after.verdicts[1].refusal
    assert heard is not None
    assert heard.title == "已有高等级：同一职业已申领四级/中级工，申领编号 " + str(after.verdicts[1].earlier)
    assert after.verdicts[1].amount_fen == 0


def test_同一次结算里先低后高的两级都可以享受(scene: Scene) -> None:
    ready(scene)
    scene.certify(
        scene.certificate(ZHANG_SAN, level="五级", issued="2023-10-20"),
        scene.certificate(ZHANG_SAN, level="四级", issued="2023-12-20"),
    )
    assert payable(scene.settle(scene.open_budget())) == ["200.00", "240.00"]


def test_同等级不同职业可以享受(scene: Scene) -> None:
    """AC-D10."""
    ready(scene)
    budget = scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN, NURSE, issued="2023-10-20"))
    scene.pay(scene.settle(budget), budget)
    scene.certify(scene.certificate(ZHANG_SAN, HOUSEKEEPER, issued="2023-12-20"))
    again = scene.settle(budget)
    assert (outcomes(again), payable(again)) == (["refused", "payable"], ["200.00"])


def test_同一批里的重复只付最早的一张(scene: Scene) -> None:
    """AC-D1：先看发证日期，再看编号；收费、查无登记的不占资格，也不使后来者变成重复。"""
    ready(scene)
    charged = scene.certificate(ZHANG_SAN, issued="2023-10-05", 收费="50")
    unproven = scene.certificate(ZHANG_SAN, issued="2023-10-10")
    second = scene.certificate(ZHANG_SAN, issued="2023-11-20", number="S000041010001235900002")
    first = scene.certificate(ZHANG_SAN, issued="2023-11-20", number="S000041010001235900001")
    rows = [charged, unproven, second, first]
    scene.import_certificates(rows)
    scene.import_register([scene.registered(row) for row in (charged, second, first)])
    settled = scene.settle(scene.open_budget())
    assert outcomes(settled) == ["refused", "refused", "payable", "refused"]
    told = [code_of(settled, position) for position in (0, 1, 3)]
    assert told == ["fee_charged", "certificate_not_in_register", "duplicate_entitlement"]
    assert scene.line(settled, first).outcome is Outcome.PAYABLE
    again = scene.line(settled, second)
    assert again.earlier == claims_of(scene)[0].number
    assert again.refusal is not None
    assert f"请就编号 {again.earlier} 提出异议" in again.refusal.sentence
    assert keys_of(scene) == {"taken": 1}


def test_未付而终的申领放行资格后可以重新申领(scene: Scene) -> None:
    """AC-D1 的另一面：没有拿到钱的申领不妨碍以后。"""
    ready(scene)
    budget = scene.open_budget()
    scene.certify(scene.certificate(ZHANG_SAN))
    scene.settle(budget)
    claim_id = claims_of(scene)[0].id
    scene.do("operator", lambda work: withdraw(work, [claim_id], "机构要求撤回"))
    assert keys_of(scene) == {"freed": 1}
    assert scene.budget(budget).reserved_fen == 0
    assert outcomes(scene.settle(budget)) == ["payable"]
    assert keys_of(scene) == {"freed": 1, "taken": 1}


def test_两地同时在办只有一个有效申领(scene: Scene) -> None:
    """AC-D2：首次申领尚未兑现时，别处同样不得再申领。"""
    ready(scene)
    scene.file_evaluator(EV2, region=XINXIANG)
    scene.certify(
        scene.certificate(ZHANG_SAN, issued="2023-11-20"),
        scene.certificate(ZHANG_SAN, evaluator=EV2, issued="2023-10-20"),
    )
    assert outcomes(scene.settle(scene.open_budget(), region=JIYUAN)) == ["payable"]
    other = scene.settle(scene.open_budget(region=XINXIANG), region=XINXIANG)
    assert other.verdicts[0].earlier == f"SL-{JIYUAN}-2024-00000001"
    assert keys_of(scene) == {"taken": 1}
