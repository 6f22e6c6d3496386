"""Planning an exam: within the filing, for those who were trained for it, each of them once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from tests import town_assess as town
from tests import town_train
from tests.scene import COOK, EV2, LI_SI, NURSE, QIAN_QI, SUN_BA, TURNER, ZHANG_SAN, Scene, on
from voucher.ledger import holds
from voucher.ledger.states import list_events
from voucher.plumbing.unit_of_work import Work
from voucher.registry import sanctions
from voucher.registry.people import Newcomer
from voucher.rules.actor import Role
from voucher.rules.entries import Entry, EntryWay
from voucher.rules.lifecycle import Thing
from voucher.stages.assess import plan
from voucher.stages.assess.entries import Direct
from voucher.stages.assess.plan import NewBatch
from voucher.stages.assess.queries import get_batch, list_batches, list_candidates, list_ready, view_batches


def refused(scene: Scene, login: str, new: NewBatch) -> str:
    return town_train.code(scene, login, lambda work: plan.plan_batch(work, new))


def test_an_exam_is_planned_within_the_filing_and_nowhere_else(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene, trades=[NURSE, COOK], levels=["五级"], until="2024-06-30")
    other = town.evaluator(scene, EV2)
    login, new = town.admin(scene, ev), town.new_batch(scene, ev)
    sins: list[tuple[str, dict[str, Any], str]] = [
        (town.clerk(scene, ev), {}, "role_missing"),
        (town.admin(scene, other), {}, "role_missing"),
        (login, {"certificate_kind": "training_completion", "level": 0}, "kind_not_examined"),
        (login, {"level": 0}, "exam_level_unfit"),
        (login, {"exam_on": new.exam_on - timedelta(days=8)}, "exam_day_past"),
        (login, {"exam_on": new.exam_on - timedelta(days=1)}, "exam_planned_late"),
        (login, {"certificate_kind": "qualification"}, "qualification_unlisted"),
        (login, {"place": "  "}, "exam_batch_incomplete"),
        (login, {"trade_code": TURNER}, "evaluator_out_of_scope"),
        (login, {"level": 3}, "evaluator_out_of_scope"),
        (login, {"exam_on": on("2024-07-01").date()}, "evaluator_out_of_date"),
        (login, {"voucher_ids": [999]}, "voucher_missing"),
    ]
    told = [refused(scene, who, replace(new, **change)) for who, change, _ in sins]
    assert told == [code for _, _, code in sins]
    scene.hire("监管", Role.OFFICER_CITY, "310101199001010330")
    scene.do("监管", lambda work: sanctions.sanction(work, ev, "rectify", "考场管理混乱"))
    assert refused(scene, login, new) == "evaluator_not_standing"
    house = town_train.train_institution(scene)
    unfiled = town_train.staff(scene, house, Role.EVALUATOR_ADMIN)
    assert refused(scene, unfiled, replace(new, institution_id=house)) == "evaluator_not_filed"


def test_only_who_was_trained_for_it_elsewhere_is_listed_and_once(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev, other = town.evaluator(scene), town.evaluator(scene, EV2)
    _, (first, second) = town.finished(scene, ZHANG_SAN, LI_SI)
    login, new = town.admin(scene, ev), town.new_batch(scene, ev)
    worked, own = Entry(EntryWay.WORK, "社保缴费记录 2020—2023", years=6), town.admin(scene, other)
    stranger = Direct(Newcomer(SUN_BA[1], SUN_BA[0]), worked)
    qian = Newcomer(QIAN_QI[1], QIAN_QI[0])
    with scene.database.read() as session:
        assert [each.voucher.id for each in list_ready(session, ev, new.exam_on)] == [first, second]
    batch_id = town.planned(scene, ev, [first], people=[stranger])
    with scene.database.read() as session:
        # who trained them is filed as an evaluator too
        assert list_ready(session, other, new.exam_on) == []
        assert [each.voucher.id for each in list_ready(session, other)] == [second]
    sins: list[tuple[str, dict[str, Any], str]] = [
        (own, {"institution_id": other, "voucher_ids": [second]}, "trained_by_evaluator"),
        (login, {"voucher_ids": [second, second]}, "candidate_listed_already"),
        (login, {"voucher_ids": [second], "people": [Direct(Newcomer(LI_SI[1], LI_SI[0]), worked)]},
         "candidate_listed_already"),
        (login, {"voucher_ids": [first]}, "candidate_planned_elsewhere"),
        (own, {"institution_id": other, "people": [stranger]},
         "candidate_planned_elsewhere"),
        (login, {"people": [Direct(Newcomer(LI_SI[1], "李死"), worked)]}, "candidate_name_differs"),
        (login, {"people": [Direct(qian)]}, "entry_way_missing"),
        (login, {"people": [Direct(qian, Entry(EntryWay.EXCEPTION, " "))]}, "entry_evidence_missing"),
        (login, {"people": [Direct(qian, Entry(EntryWay.EDUCATION, "毕业证"))]}, "entry_education_missing"),
        (login, {"trade_code": COOK, "voucher_ids": [second]}, "candidate_unfit"),
        (login, {"level": 3, "voucher_ids": [second]}, "candidate_unfit"),
    ]  # fmt: skip
    told = [refused(scene, who, replace(new, **change)) for who, change, _ in sins]
    assert told == [code for _, _, code in sins]
    # a batch that came to nothing is no candidate's fault
    hold = scene.do("operator", lambda work: holds.open_hold(work, Thing.VOUCHER, second, "线索核查"))
    add = partial(plan.add_candidates, batch_id=batch_id, voucher_ids=[second])
    assert town_train.code(scene, login, add) == "on_hold"
    scene.do("operator", lambda work: holds.close_hold(work, work.session.merge(hold), "查无此事"))
    scene.do(login, add)
    assert town_train.code(scene, login, add) == "candidate_listed_already"
    assert town_train.code(scene, town.admin(scene, other), add) == "exam_batch_missing"
    with scene.database.read() as session:
        listed = list_candidates(session, scene.keyring, batch_id)
        (view,) = view_batches(session, list_batches(session, (), [ev]))
        assert list_batches(session, (), [other]) == []
        assert get_batch(session, batch_id, ["419001"]).number == "PJ-419001-2024-0001"
    assert [each.masked_name for each in listed] == ["张*", "孙*", "李*"]
    assert [each.entry_way for each in listed] == [None, "work_years", None]
    assert (view.candidates, view.admitted, view.entered, view.state_name) == (3, 0, 0, "待评价")
    assert not any(ZHANG_SAN[1] in str(each) or ZHANG_SAN[0] in str(each) for each in listed)


def test_a_cancelled_exam_frees_its_candidates(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene)
    _, (voucher_id,) = town.finished(scene, ZHANG_SAN)
    batch_id = town.planned(scene, ev, [voucher_id])
    login = town.admin(scene, ev)

    def cancel(why: str) -> Callable[[Work], object]:
        return lambda work: plan.cancel_batch(work, batch_id, why)

    assert town_train.code(scene, login, cancel(" ")) == "assessment_why_missing"
    scene.do(login, cancel("考场停电"))
    assert town_train.code(scene, login, cancel("再取消")) == "event_not_allowed"
    add = partial(plan.add_candidates, batch_id=batch_id, voucher_ids=[voucher_id])
    assert town_train.code(scene, login, add) == "exam_batch_closed"
    again = town.planned(scene, ev, [voucher_id])
    with scene.database.read() as session:
        assert [each.event for each in list_events(session, Thing.EXAM_BATCH, again)] == ["plan"]
