"""结算一个季度：从证书到银行回盘，一步一个人。"""

from __future__ import annotations

from tests.scene import COOK, EV1, LI_SI, NURSE, ZHANG_SAN, Scene, on
from voucher.rules.vocabulary import Outcome


def test_从证书到银行回盘(scene: Scene) -> None:
    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.at = on("2024-01-10")
    budget = scene.open_budget(1000)
    scene.certify(scene.certificate(ZHANG_SAN, NURSE, "五级"), scene.certificate(LI_SI, COOK, "四级"))
    settled = scene.settle(budget)
    assert [each.outcome for each in settled.verdicts] == [Outcome.PAYABLE, Outcome.PAYABLE]
    assert settled.total_fen == 440_00
    assert scene.budget(budget).reserved_fen == 440_00
    scene.pay(settled, budget)
    assert scene.budget(budget).spent_fen == 440_00
    assert scene.budget(budget).reserved_fen == 0
    again = scene.settle(budget)
    assert {each.outcome for each in again.verdicts} == {Outcome.REFUSED}
    assert all(
        isinstance(each.earlier, str) and each.earlier.startswith("SL-419001-2024-")
        for each in again.verdicts
    )
