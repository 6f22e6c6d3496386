"""自有标准的培训：特种作业由主管部门考核，岗前培训二十四学时三百元；每人每年的次数按补贴分开数。"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests import town_issue, town_train
from tests.loop import way
from tests.loop.telling import ready, told
from tests.loop.way import EVALUATION, TRAINING
from tests.scene import COOK, ELECTRICIAN, HOUSEKEEPER, LI_SI, NURSE, TURNER, ZHANG_SAN, Scene, on
from voucher.rules.vocabulary import Outcome
from voucher.stages.certify.attach import attach_proofs
from voucher.stages.certify.completions import issue_completions
from voucher.stages.certify.queries import why_not_certified
from voucher.stages.train import classes

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def why(scene: Scene, voucher_id: int) -> list[str]:
    """Return why a voucher has no certificate yet."""
    with scene.database.read() as session:
        return [each.code for each in why_not_certified(session, voucher_id)]


def test_特种作业由主管部门考核_结业以后登记的证书直接换券_培训补贴八百元(scene: Scene) -> None:
    """没有评价机构的考试：结业以前的旧证不算；结业后的证书登记相符即持证，只有培训补贴，付完办结。"""
    town = way.settle_down(scene)
    operation: dict[str, Any] = {
        "certificate_kind": "special_operation",
        "trade_code": ELECTRICIAN,
        "level": 0,
    }
    course = town_issue.programme(scene, town.budget_id, name="特种作业", **operation)
    (held,) = way.trained(town, course, ZHANG_SAN, **operation)
    assert (way.state(scene, held), why(scene, held)) == ("trained", ["certificate_missing"])

    def registered(issued: str, number: str) -> int:
        row = scene.certificate(ZHANG_SAN, ELECTRICIAN, issued=issued, kind="特种作业操作证书", number=number)
        scene.certify({**row, "等级": ""})
        return scene.do("clock", attach_proofs)

    assert registered("2024-02-29", "T410105000000000001") == 0
    assert (way.state(scene, held), why(scene, held)) == ("trained", ["certificate_too_early"])
    assert registered(town_issue.day(scene).isoformat(), f"T{ZHANG_SAN[1]}") == 1
    nothing = way.claim(town, EVALUATION, held, login="operator").verdicts[0]
    assert (nothing.amount_fen, nothing.claim_id) == (0, None)
    filed = way.claim(town, TRAINING, held)
    assert filed.verdicts[0].amount_fen == 800_00
    way.pay(town, filed.batch)
    fund = scene.budget(town.budget_id)
    assert (way.state(scene, held), fund.reserved_fen, fund.spent_fen) == ("settled", 0, 800_00)


def test_岗前培训不少于二十四学时_三百元不按学时算(scene: Scene) -> None:
    """23 学时不受理；24 学时付 300；同样 24 学时的其他培训仍须 40 学时。"""
    town = way.settle_down(scene)
    completion = {"certificate_kind": "training_completion", "level": 0}
    before = {**completion, "training_kind": "pre_job"}
    course = town_issue.programme(scene, town.budget_id, name="岗前", worth="offset", **before)
    assert town_issue.programme_row(scene, course).cap_fen == 300_00
    for hours, planned, least in ((23, before, "24"), (24, completion, "40")):
        class_id = town_train.draft(scene, town.house, hours=hours, **planned)
        act = partial(classes.file_class, class_id=class_id, promised=True)
        assert f"低于最低 {least} 学时" in told(scene, town.registrar(), act).sentence
    class_id = town_train.open_class(scene, town.house, hours=24, **before)
    (held,) = town_train.trained(scene, course, [LI_SI], class_id)
    assert scene.do(town.registrar(), lambda work: issue_completions(work, class_id)) == 1
    filed = way.claim(town, TRAINING, held).verdicts[0]
    assert (filed.outcome, filed.amount_fen) == (Outcome.PAYABLE, 300_00)
    assert "学时 ×" not in filed.explanation


def test_一年里第四次评价补贴被拒_下一年照付(scene: Scene) -> None:
    """四个职业各取一本证：同一年申领只付三次，第四次说明上限和下一年；新年度照付。"""
    ready(scene)
    trades = (NURSE, HOUSEKEEPER, TURNER, COOK)
    scene.certify(*(scene.certificate(ZHANG_SAN, each) for each in trades))
    settled = scene.settle(scene.open_budget())
    assert settled.total_fen == 600_00
    refusal = settled.verdicts[3].refusal
    assert refusal is not None
    assert refusal.sentence.startswith("2024 年已申领 3 次，达到每人每年 3 次的上限。请在下一年度申领")
    scene.at = on("2025-01-06")
    later = scene.settle(scene.open_budget(year=2025))
    assert later.total_fen == 200_00
