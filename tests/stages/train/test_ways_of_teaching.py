"""How and by whom a class is taught: online, in a room and online by turns, by another institution (承训).

What counts is told to the end: hours of every mode, who may stand at the counter and in the room, who signs
the class off, and whom the claim names.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from tests import town_assess, town_issue
from tests import town_train as town
from tests.loop import way
from tests.scene import EV2, LI_SI, SHANGHAI, ZHANG_SAN, Scene
from tests.town_phone import phone
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.vocabulary import Outcome
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims
from voucher.stages.train import attend, classes, finish, redeem, reviewing, running
from voucher.stages.train.models.places import Redemption
from voucher.stages.train.models.subcontracts import Subcontract
from voucher.stages.train.planning import NewSession
from voucher.stages.train.queries import completion_of, hours_of, list_classes, roster
from voucher.stages.train.subcontracting import agree_to_teach

MONDAY = date(2024, 3, 25)


def lesson(mode: str, day: int, hours: int) -> NewSession:
    """Return one lesson of a day after the first, from nine in the morning on."""
    begins = datetime.combine(MONDAY + timedelta(days=day), datetime.min.time(), SHANGHAI).replace(hour=9)
    return NewSession(mode, "护理操作", begins, begins + timedelta(minutes=45 * hours), hours)


def taught(mode: str, *lessons: tuple[str, int]) -> dict[str, Any]:
    """Return what of a plan says how it is taught: (mode, hours) on one day after the other."""
    sessions = [lesson(each, day, hours) for day, (each, hours) in enumerate(lessons)]
    return {
        "mode": mode,
        "sessions": sessions,
        "hours": sum(each.hours for each in sessions),
        "hours_offline": sum(each.hours for each in sessions if each.mode == "offline"),
        "hours_online": sum(each.hours for each in sessions if each.mode == "online"),
        "starts_on": MONDAY,
        "ends_on": MONDAY + timedelta(days=len(sessions) - 1),
    }


def redeem_here(scene: Scene, login: str, digits: str, person: way.Person, class_id: int) -> Redemption:
    """Redeem a code at somebody's counter."""
    asked = redeem.Redeeming(digits, class_id, person[1][-4:], town.DEVICE, f"n-{login}-{person[1]}")
    return scene.do(login, lambda work: redeem.redeem(work, asked))


def sit(scene: Scene, login: str, class_id: int, rows: Sequence[dict[int, int]]) -> None:
    """Have somebody record, session by session, the hours each voucher's holder sat."""
    for held, sat in zip(town.sessions(scene, class_id), rows, strict=True):
        scene.at = max(scene.at, held.ends_at + timedelta(minutes=5))
        scene.do("clock", running.start_due_classes)
        scene.do(login, partial(attend.attend, session_id=held.id, hours=sat))


@pytest.mark.parametrize(
    ("plan", "zhang_sat", "li_sat"),
    [
        (taught("online", ("online", 8), ("online", 8), ("online", 4)), (8, 8, 0), (8, 7, 0)),
        (taught("blended", ("offline", 8), ("online", 8), ("offline", 4)), (8, 4, 4), (8, 3, 4)),
    ],
    ids=["online", "blended"],
)
def test_hours_online_and_in_a_room_count_alike_from_the_plan_to_the_claim(
    scene: Scene, plan: dict[str, Any], zhang_sat: tuple[int, ...], li_sat: tuple[int, ...]
) -> None:
    """Of twenty hours sixteen are enough, whatever their mode; fifteen are not."""
    place = way.settle_down(scene)
    programme = town_issue.programme(scene, place.budget_id)
    class_id = town.open_class(scene, place.house, **plan)
    opened = town.a_class(scene, class_id)
    assert (opened.mode, opened.hours_planned) == (plan["mode"], 20)
    assert (opened.hours_offline, opened.hours_online) == (plan["hours_offline"], plan["hours_online"])
    held = town.sessions(scene, class_id)
    assert [each.mode for each in held] == [each.mode for each in plan["sessions"]]
    zhang = town.enrolled(scene, programme, ZHANG_SAN, class_id)
    li = town.enrolled(scene, programme, LI_SI, class_id)
    scene.at = town.morning(scene, class_id)
    town.scan(scene, ZHANG_SAN, zhang, class_id)
    town.scan(scene, LI_SI, li, class_id)
    teacher = town.staff(scene, place.house, Role.TEACHER)
    scene.at = held[1].ends_at
    over = town.code(scene, teacher, lambda work: attend.attend(work, held[1].id, {zhang: 9}))
    assert over == "hours_above_session"
    sit(scene, teacher, class_id, [{zhang: a, li: b} for a, b in zip(zhang_sat, li_sat, strict=True)])
    with scene.database.read() as session:
        assert hours_of(session, [zhang, li]) == {zhang: 16, li: 15}
        assert [row.hours_attended for row in roster(session, scene.keyring, class_id)] == [16, 15]
    done = town.sign_off(scene, class_id, {zhang: 80_00, li: 80_00})
    assert [each.refusals[0].title for each in done.failures] == [
        "到课率 75%（15/20 学时）低于 80%，不得结业"
    ]
    with scene.database.read() as session:
        signed = completion_of(session, zhang)
        assert signed is not None
        assert (signed.hours_attended, signed.hours_planned, signed.passed) == (16, 20, True)
    way.examined(place, [ZHANG_SAN], [zhang])
    town_assess.certified(scene, [ZHANG_SAN])
    verdict = way.claim(place, way.TRAINING, zhang).verdicts[0]
    # no document of the province has a blended class earn less, so the modifier stands at the whole
    assert (verdict.outcome, verdict.amount_fen) == (Outcome.PAYABLE, 1200_00)


def agree_to_teach_first(work: Work) -> Subcontract:
    """Agree to the first class anybody was asked to teach."""
    return agree_to_teach(work, 1)


def test_one_institution_answers_for_a_class_that_another_one_teaches(scene: Scene) -> None:
    """承训的核销、登记到课；主办的也可以，并由它结业签字、申领；第三家什么也看不到。"""
    place = way.settle_down(scene)
    host, deliverer = place.house, town.train_institution(scene, town.T2)
    third = town.train_institution(scene, EV2[:2])
    programme = town_issue.programme(scene, place.budget_id)
    plan = taught("offline", ("offline", 8), ("offline", 8))

    # the one that teaches can neither write the plan of the other nor file it
    handed = {"delivering_institution_id": deliverer, "subcontract_why": "缺少实训设备"}
    class_id = town.draft(scene, host, **handed, **plan)
    teaching = town.staff(scene, deliverer, Role.REGISTRAR)
    answering = town.staff(scene, host, Role.REGISTRAR)
    filing = town_issue.act(classes.file_class, class_id, True)
    assert town.code(scene, teaching, filing) == "class_missing"
    assert town.code(scene, answering, filing) == "subcontract_not_agreed"
    scene.do(teaching, agree_to_teach_first)
    scene.do(answering, filing)
    approve = town_issue.act(reviewing.approve_class, class_id, "材料齐全，准予开班")
    scene.do(town.reviewer(scene), approve)
    with scene.database.read() as session:
        seen = {each: list_classes(session, institution_ids=[each]) for each in (host, deliverer, third)}
    assert [len(seen[each]) for each in (host, deliverer, third)] == [1, 1, 0]

    zhang = town.enrolled(scene, programme, ZHANG_SAN, class_id)
    li = town.enrolled(scene, programme, LI_SI, class_id)
    mine = phone(scene, ZHANG_SAN)
    scene.at = town.morning(scene, class_id)
    counters = {each: town.staff(scene, each, Role.SCANNER) for each in (host, deliverer, third)}
    code = mine.show(zhang)
    asked = redeem.Redeeming(code, class_id, ZHANG_SAN[1][-4:], town.DEVICE, "n-third")
    stranger = town.code(scene, counters[third], lambda work: redeem.redeem(work, asked))
    assert stranger == "class_missing"
    there = redeem_here(scene, counters[deliverer], code, ZHANG_SAN, class_id)
    here = redeem_here(scene, counters[host], town.show(scene, LI_SI, li), LI_SI, class_id)
    assert (there.institution_id, here.institution_id) == (deliverer, host)

    held = town.sessions(scene, class_id)
    scene.at = held[0].ends_at
    scene.do("clock", running.start_due_classes)
    teachers = {each: town.staff(scene, each, Role.TEACHER) for each in (host, deliverer, third)}
    record = town_issue.act(attend.attend, held[0].id, {zhang: 8})
    assert town.code(scene, teachers[third], record) == "class_session_missing"
    assert town.code(scene, counters[deliverer], record) == "role_missing"
    scene.do(teachers[deliverer], record)
    scene.do(teachers[host], town_issue.act(attend.attend, held[0].id, {li: 8}))
    scene.at = held[1].ends_at
    scene.do(teachers[deliverer], town_issue.act(attend.attend, held[1].id, {zhang: 8, li: 8}))

    exams: dict[int, int | None] = {zhang: 80_00, li: 80_00}
    signing = town_issue.act(finish.sign_off, class_id, exams)
    assert town.code(scene, teaching, signing) == "class_missing"
    assert scene.do(answering, signing).finished == 2

    way.examined(place, [ZHANG_SAN, LI_SI], [zhang, li])
    town_assess.certified(scene, [ZHANG_SAN, LI_SI])
    claiming = town_issue.act(file_claims, way.TRAINING, [zhang], PLEDGED)
    assert town.code(scene, teaching, claiming) == "voucher_missing"
    filed = way.claim(place, way.TRAINING, zhang, li)
    assert [each.outcome for each in filed.verdicts] == [Outcome.PAYABLE] * 2
    assert {way.claims_of(scene, each)["training"].institution_id for each in (zhang, li)} == {host}
    with scene.database.read() as session:
        scanned = session.scalars(select(Redemption.institution_id).order_by(Redemption.id)).all()
    assert scanned == [deliverer, host]
