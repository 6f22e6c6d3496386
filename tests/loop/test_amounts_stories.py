"""金额：按标准计算，逐元可解释，不手填。"""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.loop.telling import claims_of, code_of, keys_of, outcomes, payable, person, ready
from tests.scene import COOK, EV2, NURSE, ZHANG_SAN, Scene
from voucher.registry import tables
from voucher.rules.subsidy import Case, price_subsidy
from voucher.rules.vocabulary import CertificateKind, Level, Method, Outcome, SubsidyKind

QUARTER = {Level.JUNIOR: 2272, Level.INTERMEDIATE: 4930, Level.SENIOR: 2411, Level.TECHNICIAN: 24}
BY_DIRECT_RECOGNITION = 3107


def price(
    scene: Scene, level: Level | None, method: Method = Method.EXAM, **more: Any
) -> tuple[Outcome, int]:
    """Return what the shipped standards give for one case on a day of the quarter."""
    case: dict[str, Any] = {
        "kind": SubsidyKind.EVALUATION, "certificate_kind": CertificateKind.SKILL_LEVEL, "level": level,
        "occupation_code": NURSE, "item_code": None, "method": method, "issued_on": date(2023, 11, 15),
        "region_codes": ("419001", "410000"),
    }  # fmt: skip
    with scene.database.read() as session:
        found = price_subsidy(
            Case(**{**case, **more}),
            tables.read_standards(session),
            tables.read_modifiers(session),
        )
    return found.outcome, found.amount_fen


def test_六种证书各一人合计一千五百五十元(scene: Scene) -> None:
    """AC-G1."""
    ready(scene)
    scene.file_evaluator(EV2, ["HNZX-002"], levels=[""], kind="专项考核机构")
    levels = ("五级", "四级", "三级", "二级", "一级")
    rows = [scene.certificate(person(i), level=each) for i, each in enumerate(levels)]
    special = scene.certificate(
        person(9), "HNZX-002", evaluator=EV2, kind="专项职业能力证书", number="豫专〔2023〕第0001号"
    )
    rows.append({**special, "等级": ""})
    scene.certify(*rows)
    budget = scene.open_budget(1550)
    settled = scene.settle(budget)
    assert sorted(payable(settled)) == ["100.00", "200.00", "240.00", "280.00", "350.00", "380.00"]
    assert settled.total_fen == 1550_00
    assert scene.budget(budget).available_fen == 0
    scene.pay(settled, budget)
    assert scene.budget(budget).spent_fen == 1550_00


def test_济源一个季度按标准逐级相加(scene: Scene) -> None:
    """AC-G3：全部考试为 2,321,080 元；其中 3,107 名中级工直接认定减半即公示的 1,948,240 元。"""
    rates = {level: price(scene, level)[1] for level in QUARTER}
    assert rates == {
        Level.JUNIOR: 200_00,
        Level.INTERMEDIATE: 240_00,
        Level.SENIOR: 280_00,
        Level.TECHNICIAN: 350_00,
    }
    full_fen = sum(rates[level] * count for level, count in QUARTER.items())
    assert full_fen == 2_321_080_00
    _, half_fen = price(scene, Level.INTERMEDIATE, Method.DIRECT)
    assert half_fen == 120_00
    assert full_fen - BY_DIRECT_RECOGNITION * (rates[Level.INTERMEDIATE] - half_fen) == 1_948_240_00


def test_直接认定减半并写明依据(scene: Scene) -> None:
    """AC-G3：同一比例的小批次，经导入、核定得到同样的差额。"""
    ready(scene)
    methods = ["直接认定"] * 6 + ["考试"] * 3 + ["过程评价"]
    rows = [scene.certificate(person(i), level="四级", method=each) for i, each in enumerate(methods)]
    rows += [scene.certificate(person(10 + i), level="五级") for i in range(5)]
    rows += [scene.certificate(person(20 + i), level="三级") for i in range(4)]
    rows += [scene.certificate(person(30), level="二级")]
    scene.certify(*rows)
    settled = scene.settle(scene.open_budget())
    assert settled.total_fen == (6 * 120 + 4 * 240 + 5 * 200 + 4 * 280 + 350) * 100
    explained = scene.line(settled, rows[0]).explanation
    assert explained.startswith("240.00 × 50% 直接认定，豫人社规〔2022〕2号")


def test_没有明文的取得方式转人工而不自动付(scene: Scene) -> None:
    """AC-J3、G 组：竞赛、破格、学分认定由两人附依据决定。"""
    ready(scene)
    rows = [
        scene.certificate(person(i), level="三级", method=each)
        for i, each in enumerate(("竞赛", "破格", "学分认定"))
    ]
    scene.certify(*rows)
    budget = scene.open_budget()
    settled = scene.settle(budget)
    assert outcomes(settled) == ["manual"] * 3
    assert {each.proposed_fen for each in settled.verdicts} == {280_00}
    assert (settled.total_fen, scene.budget(budget).reserved_fen) == (0, 0)
    assert {each.state for each in claims_of(scene)} == {"manual"}


def test_培训合格证书没有评价补贴而培训补贴按学时至多七百元(scene: Scene) -> None:
    """AC-G7."""
    ready(scene)
    row = scene.certificate(ZHANG_SAN, kind="培训合格证书", number="培合2023-000001")
    row["等级"] = ""
    scene.certify(row)
    settled = scene.settle(scene.open_budget())
    assert (outcomes(settled), code_of(settled)) == (["refused"], "completion_not_subsidised")
    assert settled.verdicts[0].explanation.startswith("培训合格证书不享受评价补贴")
    training: dict[str, Any] = {
        "kind": SubsidyKind.TRAINING,
        "certificate_kind": CertificateKind.TRAINING_COMPLETION,
        "occupation_code": None,
    }
    by_hours = {hours: price(scene, None, hours=hours, **training) for hours in (40, 69, 70, 120)}
    assert [amount for _, amount in by_hours.values()] == [400_00, 690_00, 700_00, 700_00]


def test_收费的证书锁定该人补贴而不占资格(scene: Scene) -> None:
    """AC-G8：提示“免费”；同一人免费取得的另一张证书照付。"""
    ready(scene)
    charged = scene.certificate(ZHANG_SAN, COOK, issued="2023-10-10", 收费="50")
    free = scene.certificate(ZHANG_SAN, COOK, issued="2023-11-10", 收费="0")
    scene.certify(charged, free)
    budget = scene.open_budget()
    settled = scene.settle(budget)
    told = scene.line(settled, charged).refusal
    assert told is not None
    assert (told.code, told.title) == ("fee_charged", "清单内评价应当免费，登记收费 50.00 元")
    assert "锁定" in told.next_step
    assert scene.line(settled, free).outcome is Outcome.PAYABLE
    assert keys_of(scene) == {"taken": 1}
    assert scene.budget(budget).reserved_fen == 200_00
