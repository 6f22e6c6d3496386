"""券的申领：培训补贴给培训机构，评价补贴给评价机构；占用随券转入申领，付清即兑现。"""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from tests.scene import EV1, JIYUAN, LI_SI, XINXIANG, ZHANG_SAN, Scene
from tests.town_certified import EVALUATOR, REGISTRAR, certified, hire_at, settle_down
from tests.town_issue import voucher
from voucher.ledger import budget as budgets
from voucher.ledger.entries import EntrySearch, page_entries
from voucher.ledger.holds import close_hold, open_hold
from voucher.ledger.postings import Line
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import Outcome, SubsidyKind
from voucher.stages.assess.models import Candidate
from voucher.stages.assess.models_examiners import CandidateEntry
from voucher.stages.settle import clear, payment, review
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.queries.ledger_lines import tell_entries
from voucher.stages.settle.resubmit import resubmit
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.turn_down import turn_down
from voucher.stages.settle.voucher_claims import Filed, file_claims
from voucher.stages.settle.waiting import serve_due_queues
from voucher.stages.settle.withdraw import withdraw
from voucher.stages.train.models.places import Redemption

TRAINING, EVALUATION = SubsidyKind.TRAINING, SubsidyKind.EVALUATION


def claim(scene: Scene, login: str, kind: SubsidyKind, *voucher_ids: int) -> Filed:
    return scene.do(login, lambda work: file_claims(work, kind, voucher_ids, PLEDGED))


def refused(scene: Scene, login: str, kind: SubsidyKind, *voucher_ids: int) -> str:
    with pytest.raises(Refused) as caught:
        claim(scene, login, kind, *voucher_ids)
    return caught.value.refusal.code


def claims_of(scene: Scene, voucher_id: int) -> dict[str, Claim]:
    with scene.database.read() as session:
        rows = session.scalars(select(Claim).where(Claim.voucher_id == voucher_id).order_by(Claim.id))
        return {each.kind: each for each in rows}


def reverse_redemption(work: Work, voucher_id: int, *, back: bool = False) -> None:
    """Mark a redemption reversed behind the act's back, or put it right again."""
    row = work.session.scalars(select(Redemption).where(Redemption.voucher_id == voucher_id)).one()
    row.reversed_by_person_id = None if back else work.actor.person_id
    row.reversed_at = None if back else work.at


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
    with scene.database.read() as session:
        found = page_entries(session, [JIYUAN], EntrySearch(), before_id=None, limit=100)
        lines = tell_entries(session, found, {})
    spent = {(each.voucher, bool(each.claim)) for each in lines if each.act == "支出"}
    numbers = {voucher(scene, each).number for each in town.voucher_ids}
    assert spent == {(number, True) for number in numbers}, "what moves for a claim names its voucher too"
    assert {each.voucher for each in lines if each.act == "下达"} == {""}


def test_what_cannot_be_claimed_is_told_by_name_and_a_foreign_voucher_like_a_missing_one(
    scene: Scene,
) -> None:
    budget = settle_down(scene)
    done = certified(scene, budget, ZHANG_SAN).voucher_ids[0]
    waiting = certified(scene, budget, LI_SI, until="assessed").voucher_ids[0]
    assert refused(scene, REGISTRAR, TRAINING) == "no_voucher_chosen"
    assert refused(scene, REGISTRAR, TRAINING, done, waiting) == "voucher_not_certified"
    assert refused(scene, EVALUATOR, EVALUATION, waiting) == "voucher_not_certified"
    assert refused(scene, REGISTRAR, TRAINING, 987654) == "voucher_missing"
    assert refused(scene, REGISTRAR, EVALUATION, done) == "role_missing"
    hire_at(scene, "别家教务", Role.REGISTRAR, "310101199001010330", EV1)
    assert refused(scene, "别家教务", TRAINING, done) == "voucher_missing"
    scene.hire("新乡经办", Role.OPERATOR, "310101199001010340", XINXIANG)
    assert refused(scene, "新乡经办", TRAINING, done) == "voucher_missing"
    scene.do("operator", lambda work: reverse_redemption(work, done))
    assert refused(scene, "operator", TRAINING, done) == "claim_without_redemption"
    scene.do("operator", lambda work: reverse_redemption(work, done, back=True))
    hold = scene.do("初审员", lambda work: open_hold(work, Thing.VOUCHER, done, "机构停业整顿"))
    assert refused(scene, "operator", TRAINING, done) == "on_hold"
    scene.do("初审员", lambda work: close_hold(work, work.session.merge(hold), "无问题"))
    assert claim(scene, "operator", TRAINING, done).verdicts[0].outcome is Outcome.PAYABLE
    again = claim(scene, REGISTRAR, TRAINING, done).verdicts[0]
    assert again.refusal is not None
    assert again.refusal.code == "duplicate_entitlement"
    assert again.claim_id is None


def test_a_fee_charged_costs_the_evaluator_its_subsidy_and_nobody_else(scene: Scene) -> None:
    budget = settle_down(scene)
    done = certified(scene, budget, ZHANG_SAN, fee="50").voucher_ids[0]
    filed = claim(scene, EVALUATOR, EVALUATION, done)
    assert filed.verdicts[0].refusal is not None
    assert filed.verdicts[0].refusal.code == "fee_charged"
    assert (filed.verdicts[0].claim_id, claims_of(scene, done)) == (None, {})
    assert voucher(scene, done).reserved_fen == 1400_00
    assert claim(scene, REGISTRAR, TRAINING, done).verdicts[0].amount_fen == 1200_00


def test_a_hold_on_the_voucher_stops_its_claims(scene: Scene) -> None:
    budget = settle_down(scene)
    done = certified(scene, budget, ZHANG_SAN).voucher_ids[0]
    batch = claim(scene, REGISTRAR, TRAINING, done).batch
    scene.do("初审员", lambda work: open_hold(work, Thing.VOUCHER, done, "举报待查"))
    with pytest.raises(Refused) as caught:
        scene.do(
            "初审员", lambda work: review.sign(work, batch.batch_id, Step.FIRST_REVIEW, opinion="材料齐全")
        )
    assert caught.value.refusal.code == "on_hold"


def test_a_claim_withdrawn_comes_back_on_a_new_key_and_waits_for_new_money(scene: Scene) -> None:
    budget = settle_down(scene, 1_400)
    done = certified(scene, budget, ZHANG_SAN).voucher_ids[0]
    claim(scene, REGISTRAR, TRAINING, done)
    first = claims_of(scene, done)["training"]
    scene.do(REGISTRAR, lambda work: withdraw(work, [first.id], "金额有误"))
    assert (scene.budget(budget).available_fen, voucher(scene, done).reserved_fen) == (1200_00, 200_00)
    taken = scene.do("operator", lambda work: budgets.reserve(work, budget, [Line(1200_00)]))
    assert taken is None
    again = claim(scene, REGISTRAR, TRAINING, done).verdicts[0]
    assert again.refusal is not None
    assert again.refusal.code == "budget_exhausted"
    assert claims_of(scene, done)["training"].state == "draft"
    scene.do("operator", lambda work: budgets.release(work, budget, [Line(1200_00)]))
    assert scene.do("clock", serve_due_queues) == 1
    second = claims_of(scene, done)["training"]
    assert (second.state, second.reserved_fen) == ("submitted", 1200_00)
    assert second.entitlement_id != first.entitlement_id


def test_what_a_person_decides_keeps_its_money_with_the_voucher_until_then(scene: Scene) -> None:
    budget = settle_down(scene, 2_800)
    kept, ended = certified(scene, budget, ZHANG_SAN, LI_SI, method="破格").voucher_ids
    filed = claim(scene, EVALUATOR, EVALUATION, kept, ended)
    assert [each.outcome for each in filed.verdicts] == [Outcome.MANUAL] * 2
    assert scene.budget(budget).available_fen == 0
    assert voucher(scene, kept).reserved_fen == 1400_00
    claim_id = claims_of(scene, kept)["evaluation"].id
    scene.do("初审员", lambda work: clear.clear(work, claim_id, 150_00, "破格材料齐全"))
    scene.do("复核员", lambda work: clear.clear(work, claim_id, 150_00, "同意"))
    assert voucher(scene, kept).reserved_fen == 1200_00
    assert claims_of(scene, kept)["evaluation"].reserved_fen == 150_00
    assert scene.budget(budget).available_fen == 50_00
    other = claims_of(scene, ended)["evaluation"].id
    scene.do("初审员", lambda work: turn_down(work, other, "材料不全"))
    assert voucher(scene, ended).reserved_fen == 1200_00
    assert scene.budget(budget).available_fen == 250_00


def test_returned_lines_are_judged_again_against_the_promise(scene: Scene) -> None:
    budget = settle_down(scene)
    done = certified(scene, budget, ZHANG_SAN).voucher_ids[0]
    batch = claim(scene, REGISTRAR, TRAINING, done).batch
    first = claims_of(scene, done)["training"]
    scene.do(
        "初审员",
        lambda work: review.return_claims(work, batch.batch_id, Step.FIRST_REVIEW, [first.id], "缺签到表"),
    )
    scene.do(REGISTRAR, lambda work: resubmit(work, [first.id]))
    again = claims_of(scene, done)["training"]
    assert (again.state, again.revision, again.amount_fen) == ("submitted", 2, 1200_00)


def test_a_certificate_or_a_key_of_a_voucher_is_not_settled_by_period(scene: Scene) -> None:
    budget = settle_down(scene)
    done = certified(scene, budget, ZHANG_SAN)
    held = certified(scene, budget, LI_SI, until="trained").voucher_ids[0]
    elsewhere = scene.certificate(LI_SI, issued="2024-01-10")
    scene.certify(elsewhere)
    settled = scene.settle(budget, since="2024-01-01", until="2024-01-31")
    proven = scene.line(settled, done.certificates[0]).refusal
    assert proven is not None
    assert (proven.code, proven.facts["voucher"]) == (
        "settled_by_voucher",
        voucher(scene, done.voucher_ids[0]).number,
    )
    barred = scene.line(settled, elsewhere).refusal
    assert barred is not None
    assert (barred.code, barred.facts["earlier"]) == (
        "duplicate_entitlement",
        voucher(scene, held).number,
    )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_let_somebody_into_the_exam_is_asked_before_anybody_signs_and_before_money_moves(
    scene: Scene,
) -> None:
    """报考凭的成绩已撤销：提交申领时就说清；审批以后才撤销的，同一本证书的两条申领都列名。"""
    budget = settle_down(scene)
    zhang, li = certified(scene, budget, ZHANG_SAN, LI_SI).voucher_ids
    for login, kind in ((REGISTRAR, TRAINING), (EVALUATOR, EVALUATION)):
        batch_id = claim(scene, login, kind, zhang).batch.batch_id
        scene.review_and_post(batch_id)
        scene.close_notices()
        scene.do("审批员", partial(review.sign, batch_id=batch_id, step=Step.APPROVE, opinion="同意"))
    scene.open_accounts()

    def enter_by_place(work: Work) -> None:
        for each in work.session.scalars(select(Candidate).where(Candidate.voucher_id.in_((zhang, li)))):
            way = {"way": "competition", "competition": "provincial_trade_2", "team": 1, "place": 3}
            by = {"declared_at": work.at, "declared_by_person_id": work.actor.person_id}
            work.session.add(CandidateEntry(candidate_id=each.id, evidence="获奖证书", **way, **by))

    scene.do("operator", enter_by_place)
    with pytest.raises(Refused, match="entries_taken_back") as caught:
        scene.do("制单员", lambda work: payment.prepare(work, budget))
    both = sorted(each.number for each in claims_of(scene, zhang).values())
    assert sorted(str(caught.value.refusal.facts["claims"]).split("、")) == both, (
        "one certificate, two claims"
    )
    (line,) = claim(scene, EVALUATOR, EVALUATION, li).verdicts
    assert (line.outcome, line.refusal and line.refusal.code) == (Outcome.REFUSED, "entry_taken_back")
