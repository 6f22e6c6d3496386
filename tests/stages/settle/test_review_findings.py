"""What an adversarial reading of settlement found: each story was once possible."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

import pytest
from sqlalchemy import update

from tests.loop.telling import ready
from tests.scene import LI_SI, ZHANG_SAN, Scene, on
from tests.stages.settle.test_voucher_claims import EVALUATION, TRAINING, claim
from tests.town_certified import EVALUATOR, REGISTRAR, certified, settle_down
from tests.town_issue import voucher
from tests.town_train import code
from voucher.plumbing.unit_of_work import Work
from voucher.registry import sanctions
from voucher.registry.standards import Parameter
from voucher.rules.approval import Step
from voucher.stages.settle import payment, review
from voucher.stages.settle.queries.hands import read_hands_held
from voucher.stages.settle.voucher_ends import close_due_vouchers


def test_a_window_nobody_set_stops_neither_the_bank_nor_the_clock(scene: Scene) -> None:
    budget = settle_down(scene)
    zhang, li = certified(scene, budget, ZHANG_SAN, LI_SI).voucher_ids
    files = [
        claim(scene, login, kind, zhang).batch
        for login, kind in ((REGISTRAR, TRAINING), (EVALUATOR, EVALUATION))
    ]

    def end(work: Work) -> None:
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


def test_nobody_is_paid_who_has_been_stopped_and_all_others_are(scene: Scene) -> None:
    budget = settle_down(scene)
    (zhang,) = certified(scene, budget, ZHANG_SAN).voucher_ids
    trained = claim(scene, REGISTRAR, TRAINING, zhang).batch
    evaluated = claim(scene, EVALUATOR, EVALUATION, zhang).batch
    for each in (trained, evaluated):
        scene.review_and_post(each.batch_id)
    scene.close_notices()
    for each in (trained, evaluated):
        scene.do(
            "审批员", partial(review.sign, batch_id=each.batch_id, step=Step.APPROVE, opinion="同意拨付")
        )
    scene.open_accounts()
    file = scene.do("制单员", lambda work: payment.prepare(work, budget))
    scene.do("付款复核员", lambda work: payment.check(work, file.id))
    house = trained.verdicts[0].payee_id
    for event in ("warn", "rectify", "suspend"):
        scene.do("复核员", partial(sanctions.sanction, institution_id=house, event=event, why="查实虚假培训"))
    assert code(scene, "签发员", lambda work: payment.release(work, file.id)) == "payees_stopped"
    scene.do("签发员", lambda work: payment.void(work, file.id, "有单位停业整顿"))
    rest = scene.make_file(budget)
    assert (rest.line_count, rest.total_fen) == (1, 200_00)
    scene.bank_answers(rest)
    assert code(scene, "制单员", lambda work: payment.prepare(work, budget)) == "nothing_to_pay"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_grants_a_budget_or_names_an_account_had_a_hand_in_money(scene: Scene) -> None:
    """What stays in the trail alone is found too: how long such data is kept counts from the last hand."""
    ready(scene)

    def hands(login: str) -> tuple[int, datetime | None]:
        with scene.database.read() as session:
            found = read_hands_held(session, scene.actor(login).person_id)
        return found.count, found.last_at

    assert hands("operator") == (0, None)
    scene.open_budget()
    assert hands("operator") == (1, scene.at)
    assert hands("付款复核员") == (0, None)
    scene.open_accounts()
    assert hands("付款复核员")[0] > 0
