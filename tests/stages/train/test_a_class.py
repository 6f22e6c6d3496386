"""From a draft to the last signature: one voucher, one class, every number on the way."""

from __future__ import annotations

from tests import town_issue as issue
from tests import town_train as town
from tests.scene import LI_SI, ZHANG_SAN, Scene, on
from voucher.stages.train import running
from voucher.stages.train.queries import (
    OpenFilter,
    counters,
    hours_of,
    list_open_classes,
    next_sessions,
    roster,
)


def test_one_voucher_goes_through_one_class(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    budget = scene.open_budget(10_000)
    programme = issue.programme(scene, budget)
    class_id = town.open_class(scene, house)
    with scene.database.read() as session:
        offered = list_open_classes(session, scene.at, issue.day(scene), OpenFilter())
    assert [(each.view.found.id, each.training_fen, each.own_fen) for each in offered] == [
        (class_id, 1200_00, 300_00)
    ]
    zhang = town.enrolled(scene, programme, ZHANG_SAN, class_id)
    li = town.enrolled(scene, programme, LI_SI, class_id)
    voucher = town.voucher(scene, zhang)
    assert (voucher.state, voucher.reserved_fen, voucher.face_value_fen) == ("enrolled", 1400_00, 1200_00)
    assert str(voucher.certify_by) == "2025-03-26"
    scene.at = town.morning(scene, class_id)
    town.scan(scene, ZHANG_SAN, zhang, class_id)
    town.scan(scene, LI_SI, li, class_id)
    with scene.database.read() as session:
        ahead = next_sessions(session, issue.person_id(scene, ZHANG_SAN), scene.at)
    assert [each.held.position for each in ahead] == [1, 2, 3, 4, 5]
    town.sit_through(scene, class_id, {zhang: 32, li: 31})
    with scene.database.read() as session:
        assert hours_of(session, [zhang, li]) == {zhang: 32, li: 31}
    done = town.sign_off(scene, class_id, {zhang: 60_00, li: 95_00})
    assert (done.finished, done.completed, done.failed, done.held) == (1, 0, 1, 0)
    assert [each.title for each in done.failures[0].refusals] == [
        "到课率 77.5%（31/40 学时）低于 80%，不得结业"
    ]
    assert (town.voucher(scene, zhang).state, town.voucher(scene, li).state) == ("trained", "training")
    with scene.database.read() as session:
        rows = roster(session, scene.keyring, class_id)
        counted = counters(session, class_id)
    assert [(row.masked_name, row.hours_attended, row.passed) for row in rows] == [
        ("张*", 32, True), ("李*", 31, False)
    ]  # fmt: skip
    assert (counted["redeemed"], counted["expected"], counted["finished"]) == (2, 2, 1)
    assert scene.do("clock", running.close_due_classes) == 0
