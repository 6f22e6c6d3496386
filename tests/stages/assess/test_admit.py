"""The door of an exam: whoever comes with another card does not sit it, and nothing else changes."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from tests import town_assess as town
from tests import town_train
from tests.scene import EV2, LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from voucher.ledger.audit import AuditRow
from voucher.rules.actor import Role
from voucher.stages.assess import admit
from voucher.stages.assess.models import Candidate


def test_another_person_does_not_sit_the_exam(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev, other = town.evaluator(scene), town.evaluator(scene, EV2)
    _, (voucher_id, second) = town.finished(scene, ZHANG_SAN, LI_SI)
    batch_id = town.planned(scene, ev, [voucher_id, second])
    candidate_id = town.candidates(scene, batch_id)[voucher_id]
    door = town.examiner(scene, ev)

    def code(number: str, login: str = door) -> str:
        return town_train.code(scene, login, lambda work: admit.admit(work, candidate_id, number))

    assert code(ZHANG_SAN[1]) == "not_exam_day"
    scene.at = on(town.batch(scene, batch_id).exam_on.isoformat(), 9)
    assert code(ZHANG_SAN[1]) == "examiners_too_few"
    town.arrange(scene, batch_id)
    assert code(SUN_BA[1]) == "candidate_differs"
    assert code(LI_SI[1]) == "candidate_differs"
    assert code("41010519900315991") == "identity_malformed"
    assert code(ZHANG_SAN[1], town.clerk(scene, ev)) == "role_missing"
    foreign = town_train.staff(scene, other, Role.EXAMINER)
    assert code(ZHANG_SAN[1], foreign) == "candidate_missing"
    turned_away = partial(admit.record_turned_away, candidate_id=candidate_id)
    assert town_train.code(scene, foreign, turned_away) == "candidate_missing"
    assert town.state(scene, voucher_id) == "trained"
    scene.do(door, turned_away)
    with scene.database.read() as session:
        assert session.get_one(Candidate, candidate_id).admitted_at is None
    # the card is read as people write it; nobody is let in twice
    first = scene.do(door, lambda work: admit.admit(work, candidate_id, "４１０１０５ 19900315 991x"))
    scene.at = on(town.batch(scene, batch_id).exam_on.isoformat(), 11)
    assert code(ZHANG_SAN[1]) == "candidate_arrived_already"
    assert first.admitted_at == on(town.batch(scene, batch_id).exam_on.isoformat(), 9)
    with scene.database.read() as session:
        acts = session.scalars(
            select(AuditRow.act)
            .where(AuditRow.thing == "candidate", AuditRow.object_id == candidate_id)
            .order_by(AuditRow.id)
        ).all()
    assert acts == ["list", "turn_away", "admit"]
    town.enter(scene, batch_id, {candidate_id: town.PASSED})
    town.publish(scene, batch_id)
    other_candidate = town.candidates(scene, batch_id)[second]
    late = partial(admit.admit, candidate_id=other_candidate, identity_number=LI_SI[1])
    assert town_train.code(scene, door, late) == "exam_batch_closed"
