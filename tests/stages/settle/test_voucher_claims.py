"""券的申领：培训补贴给培训机构，评价补贴给评价机构；占用随券转入申领，付清即兑现。"""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.scene import LI_SI, ZHANG_SAN, Scene
from tests.town_certified import EVALUATOR, REGISTRAR, certified, settle_down
from tests.town_issue import voucher
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import Outcome, SubsidyKind
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.voucher_claims import Filed, file_claims

TRAINING, EVALUATION = SubsidyKind.TRAINING, SubsidyKind.EVALUATION


def claim(scene: Scene, login: str, kind: SubsidyKind, *voucher_ids: int) -> Filed:
    return scene.do(login, lambda work: file_claims(work, kind, voucher_ids))


def refused(scene: Scene, login: str, kind: SubsidyKind, *voucher_ids: int) -> str:
    with pytest.raises(Refused) as caught:
        claim(scene, login, kind, *voucher_ids)
    return caught.value.refusal.code


def claims_of(scene: Scene, voucher_id: int) -> dict[str, Claim]:
    with scene.database.read() as session:
        rows = session.scalars(select(Claim).where(Claim.voucher_id == voucher_id).order_by(Claim.id))
        return {each.kind: each for each in rows}


def test_both_payees_claim_and_are_paid_and_the_voucher_is_settled(scene: Scene) -> None:
    budget = settle_down(scene)
    town = certified(scene, budget, ZHANG_SAN, LI_SI)
    first = town.voucher_ids[0]
    kept = voucher(scene, first).reserved_fen
    assert kept == 1200_00 + 200_00
    filed = claim(scene, REGISTRAR, TRAINING, *town.voucher_ids)
    assert [each.outcome for each in filed.verdicts] == [Outcome.PAYABLE] * 2
    assert voucher(scene, first).reserved_fen == 200_00
    assert filed.verdicts[0].amount_fen == 1200_00
    assert "面值" in filed.verdicts[0].explanation
    scene.pay(filed.batch, budget)
    assert voucher(scene, first).state == "certified"
    filed = claim(scene, EVALUATOR, EVALUATION, *town.voucher_ids)
    scene.pay(filed.batch, budget)
    done = voucher(scene, first)
    assert (done.state, done.reserved_fen) == ("settled", 0)
    paid = claims_of(scene, first)
    assert {kind: (each.state, each.amount_fen) for kind, each in paid.items()} == {
        "training": ("paid", 1200_00),
        "evaluation": ("paid", 200_00),
    }
    assert paid["training"].institution_id != paid["evaluation"].institution_id
