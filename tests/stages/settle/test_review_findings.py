"""What an adversarial reading of settlement found: each story was once possible."""

from __future__ import annotations

from datetime import date

from sqlalchemy import update

from tests.scene import LI_SI, ZHANG_SAN, Scene, on
from tests.stages.settle.test_voucher_claims import EVALUATION, TRAINING, claim
from tests.town_certified import EVALUATOR, REGISTRAR, certified, settle_down
from tests.town_issue import voucher
from voucher.registry.standards import Parameter
from voucher.stages.settle.voucher_ends import close_due_vouchers


def test_a_window_nobody_set_stops_neither_the_bank_nor_the_clock(scene: Scene) -> None:
    budget = settle_down(scene)
    zhang, li = certified(scene, budget, ZHANG_SAN, LI_SI).voucher_ids
    files = [
        claim(scene, login, kind, zhang).batch
        for login, kind in ((REGISTRAR, TRAINING), (EVALUATOR, EVALUATION))
    ]

    def end(work) -> None:  # type: ignore[no-untyped-def]
        work.session.execute(
            update(Parameter)
            .where(Parameter.name == "claim_window_months_other")
            .values(until=date(2024, 1, 1))
        )

    scene.do("operator", end)
    for batch in files:
        scene.pay(batch, budget)
    assert voucher(scene, zhang).state == "settled"
    scene.at = on("2026-01-11")
    assert scene.do("clock", close_due_vouchers) == 0
    assert voucher(scene, li).state == "certified"
