"""What an adversarial reading of exams found: each story was once possible."""

from __future__ import annotations

from tests import town_assess as town
from tests.scene import LI_SI, XINXIANG, ZHANG_SAN, Scene, on
from tests.town_train import T1, code
from voucher.plumbing.unit_of_work import Work
from voucher.stages.assess import admit, plan
from voucher.stages.assess.models import ExamBatch


def test_an_exam_that_was_never_closed_does_not_keep_for_ever_who_did_not_come(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    _, (zhang, li) = town.finished(scene, ZHANG_SAN, LI_SI)
    first = town.evaluator(scene)
    second = town.evaluator(scene, (*T1, "S000041030003"))
    batch_id = town.planned(scene, first, [zhang, li])

    def plan_for(voucher_id: int) -> ExamBatch:
        new = town.new_batch(scene, second, voucher_ids=[voucher_id])
        return scene.do(town.admin(scene, second), lambda work: plan.plan_batch(work, new))

    def told(voucher_id: int) -> str:
        new = town.new_batch(scene, second, voucher_ids=[voucher_id])
        return code(scene, town.admin(scene, second), lambda work: plan.plan_batch(work, new))

    def let_in(work: Work) -> object:
        return admit.admit(work, town.candidates(scene, batch_id)[zhang], ZHANG_SAN[1])

    assert told(li) == "candidate_planned_elsewhere"
    scene.at = on("2024-03-08", 9)
    town.arrange(scene, batch_id)
    scene.do(town.examiner(scene, first), let_in)
    # the day passes and the evaluator neither publishes nor cancels: who sat it waits for the scores
    scene.at = on("2024-03-09")
    assert told(zhang) == "candidate_planned_elsewhere"
    # who was not let in on the day can have no scores there any more
    assert plan_for(li).id != batch_id


def test_an_evaluator_of_another_region_neither_learns_of_vouchers_here_nor_keeps_them(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    _, (zhang,) = town.finished(scene, ZHANG_SAN)
    town.evaluator(scene)
    afar = town.evaluator(scene, (*T1, "S000041070003"), region=XINXIANG)
    new = town.new_batch(scene, afar, voucher_ids=[zhang])
    told = code(scene, town.admin(scene, afar), lambda work: plan.plan_batch(work, new))
    assert told == "voucher_missing"
