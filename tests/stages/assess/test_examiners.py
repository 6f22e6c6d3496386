"""Examiners are filed, enough of them, in one place a day, and nobody's teacher."""

from __future__ import annotations

from datetime import date
from functools import partial

from tests import town_assess as town
from tests import town_train
from tests.scene import EV2, LI_SI, SUN_BA, ZHANG_SAN, Scene, on, staff_number
from voucher.registry.people import Newcomer, read_people
from voucher.registry.teaching import list_teaching_persons
from voucher.rules.actor import Role
from voucher.rules.entries import Entry, EntryWay
from voucher.stages.assess import plan
from voucher.stages.assess.entries import Direct
from voucher.stages.assess.examiners import (
    NewExaminer,
    assign_examiners,
    end_examiner,
    file_examiner,
    list_assigned,
)
from voucher.stages.assess.queries.examiners import list_views

OWN = date(2021, 1, 1)


def test_examiners_are_filed_free_and_nobodys_teacher(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    ev, other = town.evaluator(scene), town.evaluator(scene, EV2)
    _, (first, second) = town.finished(scene, ZHANG_SAN, LI_SI)
    # who trained the candidates is filed as an evaluator too
    teacher = scene.actor(town_train.staff(scene, other, Role.TEACHER)).person_id
    with scene.database.read() as session:
        assert list_teaching_persons(session, [other], date(2024, 1, 17)) == {teacher}
        assert list_teaching_persons(session, [ev], date(2024, 1, 17)) == set()
        card = read_people(session, scene.keyring, [teacher])[teacher]
    admin, foreign = town.admin(scene, ev), town.admin(scene, other)
    batch_id, same_day = town.planned(scene, ev, [first]), town.planned(scene, ev, [second])

    def filing(login: str, person: Newcomer, card: str = "KP1", until: date | None = None) -> str:
        new = NewExaminer(ev, person, card, OWN, until)
        return town_train.code(scene, login, lambda work: file_examiner(work, new))

    def assigning(ids: list[int], batch: int = batch_id, login: str = admin) -> str:
        return town_train.code(scene, login, lambda work: assign_examiners(work, batch, ids))

    sun = Newcomer(SUN_BA[1], SUN_BA[0])
    assert filing(town.clerk(scene, ev), sun) == "role_missing"
    assert filing(foreign, sun) == "role_missing"
    assert filing(admin, sun, " ") == "examiner_incomplete"
    assert filing(admin, sun, until=date(2020, 1, 1)) == "period_reversed"
    one, two, three = town.examiners(scene, ev)
    assert filing(admin, Newcomer(staff_number(f"31010119800101{500 + 10 * ev}"), "考评员乙")) == (
        "candidate_name_differs"
    )
    assert filing(admin, Newcomer(staff_number(f"31010119800101{500 + 10 * ev}"), "考评员甲")) == (
        "examiner_filed_already"
    )
    short = NewExaminer(ev, sun, "KP9", OWN, date(2024, 1, 16))
    ending = scene.do(admin, lambda work: file_examiner(work, short)).id
    # the teacher of the training house, filed as an examiner as well
    taught = _file_person(scene, admin, ev, (card.name, card.number or ""))
    mine = _file_person(scene, admin, ev, (ZHANG_SAN[0], ZHANG_SAN[1]))
    assert assigning([one, 999]) == "examiner_missing"
    assert assigning([one], login=foreign) == "exam_batch_missing"
    assert assigning([one, ending]) == "examiner_not_filed"
    assert assigning([one, taught]) == "examiner_taught"
    assert assigning([one, mine]) == "examiner_is_candidate"
    scene.do(admin, lambda work: assign_examiners(work, batch_id, [one, two]))
    assert assigning([two, three], same_day) == "examiner_busy"
    scene.do(admin, lambda work: assign_examiners(work, batch_id, [one]))
    scene.do(admin, lambda work: assign_examiners(work, same_day, [two, three, mine]))
    # who is on the list of an exam cannot join one he examines at
    zhang = Direct(
        Newcomer(ZHANG_SAN[1], ZHANG_SAN[0]),
        Entry(EntryWay.WORK, "社保缴费证明 1 号", years=1),
    )
    joining = partial(plan.add_candidates, batch_id=same_day, voucher_ids=[], people=[zhang])
    assert town_train.code(scene, admin, joining) == "candidate_planned_elsewhere"
    scene.do(admin, lambda work: plan.cancel_batch(work, batch_id, "停电"))
    assert town_train.code(scene, admin, joining) == "examiner_is_candidate"
    scene.do(admin, lambda work: end_examiner(work, two, "证书注销"))
    blank = partial(end_examiner, examiner_id=three, why=" ")
    assert town_train.code(scene, admin, blank) == "assessment_why_missing"
    assert town_train.code(scene, foreign, blank) == "examiner_missing"
    with scene.database.read() as session:
        assert {each.examiner_id for each in list_assigned(session, same_day)} == {three, mine}
        assert list_assigned(session, batch_id) == []
        shown = {each.id: each for each in list_views(session, scene.keyring, [ev])}
    assert (shown[two].until, shown[one].until) == (date(2024, 1, 9), None)
    assert shown[mine].masked_name == "张*"


def _file_person(scene: Scene, login: str, ev: int, person: tuple[str, str]) -> int:
    new = NewExaminer(ev, Newcomer(person[1], person[0]), f"KP{person[1][-4:]}", OWN, None)
    return scene.do(login, lambda work: file_examiner(work, new)).id
