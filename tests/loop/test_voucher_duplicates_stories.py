"""一个资格一份钱：券与无券申领用同一把键，换机构、换地区、换年度、换证书种类都认得。"""

from __future__ import annotations

from functools import partial

from tests import town_issue, town_train
from tests.loop import way
from tests.loop.telling import code_of, set_parameter, told
from tests.loop.way import EVALUATION, TRAINING
from tests.scene import ELECTRICIAN, EV2, HOUSEKEEPER, LI_SI, SUN_BA, XINXIANG, ZHANG_SAN, Scene, on
from voucher.rules.vocabulary import Outcome
from voucher.stages.issue import holding, issuing
from voucher.stages.train import enrol


def issue_codes(scene: Scene, programme_id: int, *people: tuple[str, str]) -> list[str]:
    """Issue at once and return what came of every line."""
    named = [town_issue.newcomer(each) for each in people]
    done = scene.do("operator", lambda work: issuing.issue_at_once(work, programme_id, named))
    return town_issue.codes(scene, done.issue_id)


def take(scene: Scene, programme_id: int, person: tuple[str, str]) -> tuple[str, int]:
    """Have a person take an open voucher; return the login and the voucher."""
    login = town_issue.worker(scene, person)
    taken = scene.do(login, lambda work: issuing.take_voucher(work, programme_id, True))
    assert taken is not None
    return login, taken.id


def test_凭券兑现后_换机构换地区换年度都拒并指名首次(scene: Scene) -> None:
    """AC-D1、AC-D2、AC-D3：再发定向券、持通用券报名、无券申领，三条路都指向首次申领编号；两项补贴均 0。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    (voucher_id,) = way.certified(town, nurses, ZHANG_SAN)
    way.claim_and_pay(town, voucher_id)
    first = {kind: each.number for kind, each in way.claims_of(scene, voucher_id).items()}

    scene.at = on("2025-02-10")
    later = scene.open_budget(region=XINXIANG, year=2025)
    other_house = town_train.train_institution(scene, town_train.T2, "2025", region=XINXIANG)
    scene.file_evaluator(EV2, region=XINXIANG)
    directed = town_issue.programme(scene, later, region_code=XINXIANG)
    named = [town_issue.newcomer(ZHANG_SAN)]
    done = scene.do("operator", lambda work: issuing.issue_at_once(work, directed, named))
    line = town_issue.line(scene, done.issue_id)
    assert line.refusal is not None
    assert (line.refusal["code"], line.refusal["facts"]["earlier"]) == (
        "issued_for_key_already",
        first["training"],
    )
    free = town_issue.programme(scene, later, region_code=XINXIANG, **town_issue.open_terms())
    mine, open_id = take(scene, free, ZHANG_SAN)
    class_id = town_train.open_class(scene, other_house, hours=8, region_code=XINXIANG)
    heard = told(scene, mine, partial(enrol.enrol, voucher_id=open_id, class_id=class_id))
    assert (heard.code, heard.facts["earlier"]) == ("duplicate_entitlement", first["training"])
    scene.certify(scene.certificate(ZHANG_SAN, evaluator=EV2, issued="2025-01-15"))
    again = scene.settle(later, region=XINXIANG, since="2025-01-01", until="2025-01-31")
    assert (code_of(again), again.verdicts[0].earlier) == ("duplicate_entitlement", first["evaluation"])
    assert again.total_fen == 0
    fund = scene.budget(later)
    assert (fund.reserved_fen, fund.spent_fen) == (town_issue.voucher(scene, open_id).cap_fen, 0)


def test_无券申领在先_同一资格的券发不出也报不上(scene: Scene) -> None:
    """AC-D5：职业资格证书四级已领 240；职业技能等级四级的券被拒并指名那一条申领，键不含证书种类。"""
    town = way.settle_down(scene)
    scene.certify(
        scene.certificate(
            LI_SI, ELECTRICIAN, "四级", kind="职业资格证书", number="2441900100400001", issued="2024-01-20"
        )
    )
    settled = scene.settle(town.budget_id, since="2024-01-01", until="2024-01-31")
    scene.pay(settled, town.budget_id)
    paid = f"SL-419001-2024-{settled.verdicts[0].claim_id:08d}"
    fours = town_issue.programme(scene, town.budget_id, name="电工", trade_code=ELECTRICIAN, level=3)
    town_issue.eligible(scene, LI_SI)
    assert issue_codes(scene, fours, LI_SI) == ["issued_for_key_already"]
    free = town_issue.programme(scene, town.budget_id, **town_issue.open_terms())
    mine, open_id = take(scene, free, LI_SI)
    class_id = town_train.open_class(scene, town.house, hours=8, trade_code=ELECTRICIAN, level=3)
    heard = told(scene, mine, partial(enrol.enrol, voucher_id=open_id, class_id=class_id))
    assert (heard.code, heard.facts["earlier"]) == ("duplicate_entitlement", paid)


def test_更高等级和不同职业照付_更低等级转人工或按参数拒绝(scene: Scene) -> None:
    """AC-D8、AC-D9、AC-D10：四级在后付 240；家政付 200；四级之后的五级转人工，参数打开后发放、报名即拒。"""
    town = way.settle_down(scene, 1_000_000)
    fives = town_issue.programme(scene, town.budget_id)
    fours = town_issue.programme(scene, town.budget_id, name="四级", level=3)
    keepers = town_issue.programme(scene, town.budget_id, name="家政", trade_code=HOUSEKEEPER)
    (five,) = way.certified(town, fives, ZHANG_SAN)
    batches = [way.claim(town, kind, five).batch for kind in (TRAINING, EVALUATION)]
    higher = way.certified(town, fours, ZHANG_SAN, LI_SI, level=3, row={"level": "四级"})
    filed = way.claim(town, EVALUATION, *higher)
    assert [(each.outcome, each.amount_fen) for each in filed.verdicts] == [(Outcome.PAYABLE, 240_00)] * 2
    (keeper,) = way.certified(town, keepers, ZHANG_SAN, trade_code=HOUSEKEEPER, row={"trade": HOUSEKEEPER})
    other = way.claim(town, EVALUATION, keeper)
    assert other.verdicts[0].amount_fen == 200_00
    way.pay(town, *batches, filed.batch, other.batch)
    assert way.state(scene, five) == "settled"

    (lower,) = way.certified(town, fives, LI_SI)
    doubtful = way.claim(town, EVALUATION, lower).verdicts[0]
    assert doubtful.outcome is Outcome.MANUAL
    assert doubtful.refusal is not None
    assert "已有高等级" in doubtful.refusal.title

    scene.certify(scene.certificate(SUN_BA, level="四级", issued="2024-03-05"))
    scene.settle(town.budget_id, since="2024-03-05", until="2024-03-05")
    (held,) = town_issue.issue_to(scene, fives, SUN_BA)
    set_parameter(scene, "higher_bars_lower", "1", town_issue.day(scene).isoformat())
    class_id = town_train.open_class(scene, town.house, hours=8)
    mine = town_issue.worker(scene, SUN_BA)
    scene.do(mine, town_issue.act(holding.accept, held))
    heard = told(scene, mine, partial(enrol.enrol, voucher_id=held, class_id=class_id))
    assert heard.code == "higher_level_held"
    scene.do(mine, town_issue.act(holding.withdraw, held))
    more = town_issue.programme(scene, town.budget_id, name="五级第二批")
    again = scene.do("operator", town_issue.act(issuing.issue_at_once, more, [town_issue.newcomer(SUN_BA)]))
    assert town_issue.codes(scene, again.issue_id) == ["higher_level_held"], "told before training, not after"
