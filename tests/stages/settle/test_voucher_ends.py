"""券的归宿：付清兑现、无款可付办结、撤证失效或追回、申诉恢复。"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select

from tests.paid_back import pay_back
from tests.scene import LI_SI, XINXIANG, ZHANG_SAN, Scene, on
from tests.stages.settle.test_voucher_claims import EVALUATION, TRAINING, claim, claims_of
from tests.town_certified import EVALUATOR, REGISTRAR, Certified, certified, settle_down
from tests.town_issue import voucher
from voucher.ledger import states
from voucher.ledger.entitlements import Entitlement
from voucher.ledger.holds import open_hold
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.stages.certify.models import Certificate
from voucher.stages.settle import clawback, payment, review
from voucher.stages.settle.class_clawback import (
    ask_class_clawback,
    confirm_class_clawback,
    read_class_fall,
)
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.reinstate import ask_reinstatement, reinstate
from voucher.stages.settle.voucher_ends import close_due_vouchers, decertify, decertify_due


def revoke(scene: Scene, town: Certified, event: str = "revoke") -> None:
    """Have the certificates of a class revoked, or put back."""

    def act(work: Work) -> None:
        numbers = [str(each["证书编号"]) for each in town.certificates]
        rows = work.session.scalars(select(Certificate).where(Certificate.number.in_(numbers))).all()
        states.move(work, Certificate, rows, event)

    scene.do("operator", act)


def pay_both(scene: Scene, budget: int, town: Certified) -> None:
    """Have both subsidies of a class paid."""
    for login, kind in ((REGISTRAR, TRAINING), (EVALUATOR, EVALUATION)):
        scene.pay(claim(scene, login, kind, *town.voucher_ids).batch, budget)


def clawbacks_of(scene: Scene) -> list[Clawback]:
    with scene.database.read() as session:
        return list(session.scalars(select(Clawback).order_by(Clawback.id)))


def live_keys(scene: Scene) -> int:
    with scene.database.read() as session:
        return len(session.scalars(select(Entitlement).where(Entitlement.state == "taken")).all())


def code_of(caught: pytest.ExceptionInfo[Refused]) -> str:
    return caught.value.refusal.code


def test_when_the_time_to_claim_is_over_what_was_paid_is_settled_and_the_rest_completed(
    scene: Scene,
) -> None:
    budget = settle_down(scene)
    paid, unclaimed = certified(scene, budget, ZHANG_SAN, LI_SI).voucher_ids
    scene.pay(claim(scene, REGISTRAR, TRAINING, paid).batch, budget)
    scene.at = on("2025-01-10")
    assert scene.do("clock", close_due_vouchers) == 0
    scene.at = on("2025-01-11")
    assert scene.do("clock", close_due_vouchers) == 2
    assert (voucher(scene, paid).state, voucher(scene, unclaimed).state) == ("settled", "completed")
    assert scene.budget(budget).reserved_fen == 0
    assert live_keys(scene) == 0


def test_a_voucher_whose_every_claim_was_refused_is_completed_unless_it_is_held(scene: Scene) -> None:
    budget = settle_down(scene)
    town = certified(scene, budget, ZHANG_SAN, LI_SI)
    for login, kind in ((REGISTRAR, TRAINING), (EVALUATOR, EVALUATION)):
        batch = claim(scene, login, kind, *town.voucher_ids).batch
        ids = [each.claim_id for each in batch.verdicts if each.claim_id is not None]
        scene.do(
            "初审员",
            partial(
                review.reject,
                batch_id=batch.batch_id,
                step=Step.FIRST_REVIEW,
                claim_ids=ids,
                opinion="资料不实",
            ),
        )
    first, second = town.voucher_ids
    scene.do("初审员", lambda work: open_hold(work, Thing.VOUCHER, second, "待查"))
    assert scene.do("clock", close_due_vouchers) == 1
    assert (voucher(scene, first).state, voucher(scene, second).state) == ("completed", "certified")
    assert scene.budget(budget).reserved_fen == 0


def test_a_revoked_certificate_unpaid_ends_voucher_and_claims(scene: Scene) -> None:
    budget = settle_down(scene)
    town = certified(scene, budget, ZHANG_SAN)
    batch = claim(scene, REGISTRAR, TRAINING, *town.voucher_ids).batch
    scene.review_and_post(batch.batch_id)
    revoke(scene, town)
    assert scene.do("clock", decertify_due) == 1
    assert voucher(scene, town.voucher_ids[0]).state == "lapsed"
    assert claims_of(scene, town.voucher_ids[0])["training"].state == "rejected"
    assert (scene.budget(budget).reserved_fen, live_keys(scene)) == (0, 0)
    assert scene.do("clock", decertify_due) == 0


def test_while_a_payment_is_out_a_revoked_voucher_waits_for_the_bank(scene: Scene) -> None:
    budget = settle_down(scene)
    town = certified(scene, budget, ZHANG_SAN)
    first = town.voucher_ids[0]
    batch = claim(scene, REGISTRAR, TRAINING, first).batch
    scene.review_and_post(batch.batch_id)
    scene.close_notices()
    scene.do("审批员", lambda work: review.sign(work, batch.batch_id, Step.APPROVE, opinion="同意"))
    scene.open_accounts()
    file = scene.do("制单员", lambda work: payment.prepare(work, budget))
    revoke(scene, town)
    assert scene.do("clock", decertify_due) == 0
    with pytest.raises(Refused) as caught:
        scene.do("初审员", lambda work: decertify(work, first, "证书系伪造"))
    assert code_of(caught) == "payment_under_way"
    revoke(scene, town, "reinstate")
    scene.do("付款复核员", lambda work: payment.check(work, file.id))
    scene.do("签发员", lambda work: payment.release(work, file.id))
    revoke(scene, town)
    assert scene.do("clock", decertify_due) == 0
    scene.bank_answers(file)
    assert scene.do("clock", decertify_due) == 1
    assert voucher(scene, first).state == "recovering"
    assert [each.amount_fen for each in clawbacks_of(scene)] == [1200_00]
    assert scene.budget(budget).reserved_fen == 0


def test_what_was_paid_is_owed_by_each_payee_and_the_voucher_is_recovered_with_the_last(
    scene: Scene,
) -> None:
    budget = settle_down(scene)
    town = certified(scene, budget, ZHANG_SAN)
    first = town.voucher_ids[0]
    pay_both(scene, budget, town)
    revoke(scene, town)
    assert scene.do("clock", clawback.open_due_clawbacks) == 0
    assert scene.do("clock", decertify_due) == 1
    owed = clawbacks_of(scene)
    assert sorted(each.amount_fen for each in owed) == [200_00, 1200_00]
    assert len({each.institution_id for each in owed}) == 2
    for place, each in enumerate(owed):
        assert voucher(scene, first).state == "recovering", place
        pay_back(scene, each.id, each.amount_fen)
    assert voucher(scene, first).state == "recovered"


def test_an_upheld_appeal_puts_a_voucher_back_by_two_people_and_it_may_be_taken_back_again(
    scene: Scene,
) -> None:
    budget = settle_down(scene)
    town = certified(scene, budget, ZHANG_SAN)
    first = town.voucher_ids[0]
    pay_both(scene, budget, town)
    revoke(scene, town)
    scene.do("clock", decertify_due)
    with pytest.raises(Refused) as caught:
        scene.do("初审员", lambda work: ask_reinstatement(work, first, "申诉成立"))
    assert code_of(caught) == "certificate_still_revoked"
    revoke(scene, town, "reinstate")
    with pytest.raises(Refused) as caught:
        scene.do("复核员", lambda work: reinstate(work, first))
    assert code_of(caught) == "reinstatement_not_asked"
    scene.do("初审员", lambda work: ask_reinstatement(work, first, "申诉成立"))
    with pytest.raises(Refused) as caught:
        scene.do("初审员", lambda work: reinstate(work, first))
    assert code_of(caught) == "second_person_needed"
    with pytest.raises(Refused) as caught:
        scene.do("异议处理员", lambda work: ask_reinstatement(work, first, "再提"))
    assert code_of(caught) == "reinstatement_asked_already"
    scene.do("复核员", lambda work: reinstate(work, first))
    assert voucher(scene, first).state == "settled"
    assert {each.state for each in claims_of(scene, first).values()} == {"paid"}
    assert {each.state for each in clawbacks_of(scene)} == {"waived"}
    scene.do("初审员", lambda work: decertify(work, first, "查实造假"))
    assert voucher(scene, first).state == "recovering"
    assert [each.state for each in clawbacks_of(scene)] == ["waived", "waived", "opened", "opened"]


def test_nobody_takes_back_a_foreign_voucher_or_without_a_reason(scene: Scene) -> None:
    budget = settle_down(scene)
    first = certified(scene, budget, ZHANG_SAN).voucher_ids[0]
    young = certified(scene, budget, LI_SI, until="trained").voucher_ids[0]
    scene.hire("新乡审核", Role.OFFICER_COUNTY, "310101199001010350", XINXIANG)
    for login, voucher_id, why, code in (
        ("新乡审核", first, "造假", "voucher_missing"),
        ("operator", first, "造假", "role_missing"),
        ("初审员", first, " ", "opinion_missing"),
        ("初审员", young, "造假", "event_not_allowed"),
    ):
        with pytest.raises(Refused) as caught:
            scene.do(login, partial(decertify, voucher_id=voucher_id, why=why))
        assert code_of(caught) == code
    scene.do("初审员", lambda work: decertify(work, first, "造假"))
    assert voucher(scene, first).state == "lapsed"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whoever_filed_one_of_many_neither_asks_for_nor_confirms_taking_them_back(scene: Scene) -> None:
    budget = settle_down(scene)
    town = certified(scene, budget, ZHANG_SAN, LI_SI)
    scene.hire("教务员2", Role.SUPERVISOR, "310101199001010310")
    claim(scene, REGISTRAR, TRAINING, town.voucher_ids[1])
    number = claims_of(scene, town.voucher_ids[1])["training"].number
    with scene.database.read() as session:
        seen = read_class_fall(session, town.class_id).found.digest
    ask = partial(ask_class_clawback, class_id=town.class_id, why="查实造假", seen=seen)

    def told(act: Callable[[Work], object]) -> None:
        with pytest.raises(Refused) as caught:
            scene.do("教务员2", act)
        refusal = caught.value.refusal
        assert refusal.code == "filed_some"
        assert refusal.title == f"您申报过其中的申领 {number}，不能办理它们的追回"
        assert refusal.next_step.startswith("请由没有申报过这些申领的人员提出、确认追回")

    told(ask)
    told(partial(decertify, voucher_id=town.voucher_ids[1], why="查实造假"))
    asked = scene.do("初审员", ask).id
    told(partial(confirm_class_clawback, class_clawback_id=asked, seen=seen))
    assert [voucher(scene, each).state for each in town.voucher_ids] == ["certified", "certified"]
    scene.do("复核员", partial(confirm_class_clawback, class_clawback_id=asked, seen=seen))
    assert [voucher(scene, each).state for each in town.voucher_ids] == ["lapsed", "lapsed"]
