"""The door of an exam by code and slip: listed, of now, once, and with the card in hand."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from tests import town_assess as town
from tests import town_train
from tests.scene import EV2, LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from tests.town_phone import phone
from voucher.registry.people import Newcomer
from voucher.rules.code_format import Kind
from voucher.rules.entries import Entry, EntryWay
from voucher.rules.errors import KeptRefused, Refusal, Refused
from voucher.stages.assess import arrive, plan, results
from voucher.stages.assess.entries import Direct
from voucher.stages.assess.models import Candidate
from voucher.stages.assess.models_arrivals import ExamArrival
from voucher.stages.assess.queries import list_candidates
from voucher.stages.assess.queries.door import count_door, list_arrivals
from voucher.stages.assess.queries.slips import slip_number_of
from voucher.stages.assess.scoring import Scores

ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def opened(scene: Scene) -> tuple[int, dict[int | None, int], list[int], str]:
    """Return an exam of today with Zhang, Li and, without a voucher, Sun; and who stands at its door."""
    scene.at = on("2024-01-10")
    ev = town.evaluator(scene)
    _, vouchers = town.finished(scene, ZHANG_SAN, LI_SI)
    sun = Direct(
        Newcomer(SUN_BA[1], SUN_BA[0]),
        Entry(EntryWay.WORK, "社保缴费证明 7 号", years=1),
    )
    batch_id = town.planned(scene, ev, vouchers, people=[sun])
    town.arrange(scene, batch_id)
    scene.at = on(town.batch(scene, batch_id).exam_on.isoformat(), 9)
    return batch_id, town.candidates(scene, batch_id), vouchers, town.examiner(scene, ev)


def slip(scene: Scene, batch_id: int, candidate_id: int) -> str:
    return slip_number_of(town.batch(scene, batch_id), candidate_id)


def test_a_code_and_the_end_of_the_card_open_the_door_once(scene: Scene) -> None:
    batch_id, listed, (first, second), door = opened(scene)
    zhang = phone(scene, ZHANG_SAN)
    come = partial(arrive.arrive, batch_id=batch_id)

    def code(shown: str, last4: str) -> str:
        return town_train.code(scene, door, partial(come, shown=shown, last4=last4))

    shown = zhang.show(first)
    looked = scene.do(door, partial(arrive.look_at_door, batch_id=batch_id, shown=shown))
    assert (looked.id, looked.admitted_at) == (listed[first], None)
    # the card is fetched from a bag meanwhile: a code looked at in time still counts
    scene.at += timedelta(seconds=100)
    assert code(shown, "0000") == "candidate_card_differs"
    let_in = scene.do(door, partial(come, shown=shown, last4="991x"))
    assert (let_in.candidate_id, let_in.way, let_in.by_person_id) == (
        listed[first],
        "code",
        scene.actor(door).person_id,
    )
    assert code(shown, "991X") == "candidate_arrived_already"
    scene.at += timedelta(seconds=20)
    assert code(zhang.show(first, Kind.F), "991X") == "candidate_arrived_already"
    # a number read out, for who has no key in the phone; another's is nobody's on this list
    li = town_train.show(scene, LI_SI, second)
    assert code("72" + "0" * 20, "991X") in ("code_malformed", "code_unknown")
    scene.do(door, partial(come, shown=li, last4=LI_SI[1][-4:]))
    with scene.database.read() as session:
        counted = count_door(session, batch_id)
    assert (counted.listed, counted.arrived) == (3, 2)


@ONE
def test_who_is_refused_at_the_door_is_kept_and_tries_are_counted(scene: Scene) -> None:
    batch_id, listed, (first, _), door = opened(scene)
    sun = listed[None]
    number = slip(scene, batch_id, sun)
    come = partial(arrive.arrive, batch_id=batch_id)

    def refused(shown: str, last4: str, login: str = door) -> Refusal:
        with pytest.raises(Refused) as caught:
            scene.do(login, partial(come, shown=shown, last4=last4))
        told = caught.value.refusal
        # a wrong card has been written down by the act itself
        if login == door and not isinstance(caught.value, KeptRefused):
            scene.do(door, lambda work: arrive.record_refused(work, batch_id, shown, told))
        return told

    assert refused(slip(scene, batch_id, 999), "0000").code == "candidate_not_listed"
    assert refused("20240000", "0000").code == "slip_number_malformed"
    for _ in range(5):
        assert refused(number, "0000").code == "candidate_card_differs"
    assert refused(number, SUN_BA[1][-4:]).code == "candidate_card_tries_used_up"
    other = slip(scene, batch_id, listed[first])
    scene.do(door, partial(come, shown=other, last4="991X"))
    again = refused(other, "991X")
    assert (again.code, "09:00" in again.title) == ("candidate_arrived_already", True)
    # tomorrow the exam is over; at another evaluator there is no such exam
    elsewhere = town.examiner(scene, town.evaluator(scene, EV2))
    assert refused(number, "0000", elsewhere).code == "exam_batch_missing"
    keep = partial(arrive.record_refused, batch_id=batch_id, shown=number, refusal=again)
    assert town_train.code(scene, elsewhere, keep) == "exam_batch_missing"
    clerk = town.clerk(scene, town.batch(scene, batch_id).institution_id)
    assert refused(number, "0000", clerk).code == "role_missing"
    scene.at += timedelta(days=1)
    assert refused(number, "0000").code == "not_exam_day"
    with scene.database.read() as session:
        arrivals = list_arrivals(session, scene.keyring, batch_id)
        assert count_door(session, batch_id).refused == 10
        assert SUN_BA[1] not in repr(session.execute(text("SELECT * FROM exam_arrival")).all())
    assert [each.code for each in arrivals[:4]] == [
        "not_exam_day",
        "candidate_arrived_already",
        None,
        "candidate_card_tries_used_up",
    ]
    assert [each.masked_name for each in arrivals[-2:]] == ["", ""]


@ONE
def test_a_wrong_card_is_counted_before_anybody_is_told(scene: Scene) -> None:
    batch_id, listed, _, door = opened(scene)
    number = slip(scene, batch_id, listed[None])

    def guess(last4: str) -> KeptRefused:
        """Guess, and hear nothing of it: as a form that is gone before it is answered."""
        with pytest.raises(KeptRefused) as caught:
            scene.do(door, lambda work: arrive.arrive(work, batch_id, number, last4))
        return caught.value

    for wrong in ("0000", "0001", "0002", "0003", "0004"):
        assert guess(wrong).refusal.code == "candidate_card_differs"
    assert guess(SUN_BA[1][-4:]).refusal.code == "candidate_card_tries_used_up"
    with scene.database.read() as session:
        kept = session.execute(select(ExamArrival.candidate_id, ExamArrival.code)).all()
    assert [tuple(each) for each in kept] == [
        *[(listed[None], "candidate_card_differs")] * 5,
        (listed[None], "candidate_card_tries_used_up"),
    ]


@ONE
def test_scores_follow_the_arrival_and_the_list_hides_what_is_asked_at_the_door(scene: Scene) -> None:
    batch_id, listed, (first, second), door = opened(scene)

    def ends() -> list[bool]:
        with scene.database.read() as session:
            rows = list_candidates(session, scene.keyring, batch_id)
        return [each.masked_number.endswith("*") for each in rows]

    # who is still to come types the end of the card: it is read off no screen before
    assert ends() == [True, True, True]
    scene.do(door, lambda work: arrive.arrive(work, batch_id, slip(scene, batch_id, listed[first]), "991X"))
    assert ends() == [False, True, True]
    clerk = town.clerk(scene, town.batch(scene, batch_id).institution_id)
    absent = [Scores(listed[second], 7000, 7000)]
    enter = partial(results.enter_results, batch_id=batch_id, rows=absent)
    assert town_train.code(scene, clerk, enter) == "candidate_not_admitted"
    with scene.database.engine.begin() as connection:
        connection.execute(text("UPDATE parameter SET value = '0' WHERE name = 'exam_arrival_needed'"))
    assert scene.do(clerk, enter) == 1
    admin = town.admin(scene, town.batch(scene, batch_id).institution_id)
    scene.do(admin, lambda work: plan.cancel_batch(work, batch_id, "停电"))
    late = partial(
        arrive.arrive, batch_id=batch_id, shown=slip(scene, batch_id, listed[second]), last4="1234"
    )
    assert town_train.code(scene, door, late) == "exam_batch_closed"


def test_the_database_lets_nobody_in_twice_and_forgets_nobody(scene: Scene) -> None:
    batch_id, listed, (first, _), door = opened(scene)
    made = scene.do(
        door, lambda work: arrive.arrive(work, batch_id, slip(scene, batch_id, listed[first]), "991X")
    )
    twice = "INSERT INTO exam_arrival (batch_id, candidate_id, way, at, by_person_id) SELECT batch_id, "
    for sin in (
        f"{twice}candidate_id, 'slip', at, 1 FROM exam_arrival",
        f"{twice}NULL, 'slip', at, 1 FROM exam_arrival",
        "UPDATE exam_arrival SET by_person_id = 1",
        "DELETE FROM exam_arrival",
    ):
        with pytest.raises(DatabaseError), scene.database.engine.begin() as connection:
            connection.execute(text(sin))
    with scene.database.read() as session:
        assert session.scalars(select(ExamArrival.id)).all() == [made.id]
        assert session.get_one(Candidate, listed[first]).admitted_at == scene.at
