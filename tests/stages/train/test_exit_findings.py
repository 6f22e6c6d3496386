"""Exits: scans judged as their house stood, a hold for each that left, wishes that end with the list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Select, select, update
from sqlalchemy.exc import DBAPIError

from tests import town_issue as issue
from tests import town_train as town
from tests.scene import LI_SI, ZHANG_SAN, Scene, on
from tests.town_offline import Counter, counter_without_network
from voucher.ledger.exit_holds import hold_vouchers, release_vouchers
from voucher.ledger.holds import Hold, close_hold, open_hold
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.measures.imposing import impose
from voucher.stages.train import attend, exits, finish, running
from voucher.stages.train.marking import StaffMark, mark_by_staff
from voucher.stages.train.queries import (
    desk_counters,
    hours_of,
    list_stopped_classes,
    list_taught_stopped,
    next_sessions,
)
from voucher.stages.train.queries.desk import list_taking_in, list_unrecorded
from voucher.stages.train.queries.exits import ClassLeft, Leaving
from voucher.stages.train.queries.offline import get_packed_class

SUSPENDED = ("conflict", "institution_suspended")


@pytest.fixture
def counter(scene: Scene) -> Counter:
    return counter_without_network(scene)


def _open_holds(scene: Scene, voucher_id: int) -> list[Hold]:
    with scene.database.read() as session:
        wanted = select(Hold).where(Hold.object_id == voucher_id, Hold.closed_at.is_(None))
        return list(session.scalars(wanted.order_by(Hold.id)))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sent_after_restoring", [False, True])
def test_a_scan_counts_by_how_the_institution_stood_when_the_code_was_shown(
    counter: Counter, sent_after_restoring: bool
) -> None:
    scene, officer = counter.scene, town.reviewer(counter.scene)
    found = town.a_class(scene, counter.class_id)

    def step(event: str) -> None:
        scene.at += timedelta(minutes=10)
        scene.do(officer, lambda work: impose(work, found.institution_id, event, "消防不合格"))
        scene.at += timedelta(minutes=10)

    def pack() -> str:
        with scene.database.read() as session:
            try:
                get_packed_class(session, scene.actor(counter.scanner), found.id)
            except Refused as refused:
                return refused.refusal.code
        return "packed"

    zhang = counter.held["张三"][0]
    before = counter.note(ZHANG_SAN)
    assert pack() == "packed"
    step("suspend")
    assert pack() == "institution_suspended", "a stopped counter takes nothing along"
    during = counter.note(LI_SI)
    if sent_after_restoring:
        step("restore")
    one, two = counter.send(before, during)
    assert (one.outcome, one.code) == ("confirmed", None)
    assert (two.outcome, two.code) == SUSPENDED
    assert "出示时" in (two.title or "")
    assert town.voucher(scene, zhang).state == "training"
    stopped = [each.institution_id for each in _open_holds(scene, zhang)]
    assert stopped == ([] if sent_after_restoring else [found.institution_id]), (
        "used, and stopped all the same"
    )
    if not sent_after_restoring:
        step("restore")
    assert counter.codes(counter.note(LI_SI)) == [None], "shown anew after the way back"


def test_each_that_stops_a_voucher_holds_it_by_itself(counter: Counter) -> None:
    scene, officer = counter.scene, town.reviewer(counter.scene)
    found, zhang = town.a_class(scene, counter.class_id), counter.held["张三"][0]
    teaching, holding = town.train_institution(scene, town.T2), found.institution_id
    chosen = select(Voucher.id).where(Voucher.id == zhang)

    def act(what: Callable[[Work, int, Select[int], str], int], house: int) -> int:
        return scene.do(officer, lambda work: what(work, house, chosen, "退出"))

    tip = scene.do(officer, lambda work: open_hold(work, Thing.VOUCHER, zhang, "举报待查"))
    for house in (holding, teaching, teaching):
        assert act(hold_vouchers, house) == 1, "it stands held, whoever else holds it and since when"
    assert [each.institution_id for each in _open_holds(scene, zhang)] == [None, holding, teaching]
    assert act(release_vouchers, holding) == 1
    scene.do(officer, lambda work: close_hold(work, work.session.merge(tip), "查清"))
    (left,) = _open_holds(scene, zhang)
    assert left.institution_id == teaching, "who teaches is still gone"

    def sin(work: Work) -> None:
        work.session.execute(update(Hold).where(Hold.id == left.id).values(institution_id=holding))

    with pytest.raises(DBAPIError, match="institution_id never changes"):
        scene.do("operator", sin)
    assert act(release_vouchers, teaching) == 1
    # an exit's hold that stood when the code was shown counts, also where it has ended since
    act(hold_vouchers, holding)
    scene.at += timedelta(minutes=1)
    noted = counter.note(ZHANG_SAN)
    scene.at += timedelta(minutes=1)
    act(release_vouchers, holding)
    assert counter.codes(noted) == ["on_hold"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_wish_to_leave_ends_when_the_house_is_off_the_list(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, officer = town.train_institution(scene), town.reviewer(scene)
    head, registrar = (town.staff(scene, house, each) for each in (Role.INSTITUTION_ADMIN, Role.REGISTRAR))
    asked = scene.do(head, partial(exits.ask_exit, institution_id=house, why="停业"))
    assert scene.do("clock", exits.end_due_exits) == 0
    assert town.code(scene, head, exits.end_due_exits) == "role_missing"
    scene.do(officer, lambda work: impose(work, house, "delist", "查实虚假宣传"))
    assert scene.do("clock", exits.end_due_exits) == 1
    assert scene.do("clock", exits.end_due_exits) == 0
    confirm = partial(exits.confirm_exit, exit_id=asked.id, seen="-")
    assert town.code(scene, registrar, confirm) == "exit_settled", "nobody finds it again years later"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_was_taught_after_a_house_was_stopped_is_no_hour(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, officer = town.train_institution(scene), town.reviewer(scene)
    class_id = town.open_class(scene, house, hours=16)
    nurses = issue.programme(scene, scene.open_budget(10_000))
    zhang, li = (town.enrolled(scene, nurses, who, class_id) for who in (ZHANG_SAN, LI_SI))
    scene.at = town.morning(scene, class_id)
    town.scan(scene, ZHANG_SAN, zhang, class_id)
    first, second = town.sessions(scene, class_id)
    scene.at = first.starts_at + timedelta(hours=1)
    scene.do("clock", running.start_due_classes)
    scene.do(officer, lambda work: impose(work, house, "delist", "查实虚假宣传"))
    teacher = town.staff(scene, house, Role.TEACHER)
    sat = partial(attend.attend, session_id=first.id)
    assert scene.do(teacher, partial(sat, hours={zhang: 8})) == 1, "what had begun by then was taught"
    unscanned = town.refusal(scene, teacher, partial(sat, hours={li: 8}))
    assert unscanned.code == "not_in_training"
    assert town.voucher(scene, li).number in unscanned.title, "who sits in the class is told of by number"
    scene.at = second.ends_at
    after = partial(attend.attend, session_id=second.id, hours={zhang: 8})
    refused = town.refusal(scene, teacher, after)
    assert (refused.code, "移出目录" in refused.title) == ("class_session_taught_stopped", True)


def test_what_is_seen_of_a_house_with_hundreds_of_classes_is_a_fingerprint() -> None:
    day = on("2024-03-01").date()
    classes = tuple(ClassLeft(each, "一班", "running", day, day, 30) for each in range(1, 901))
    seen = Leaving(0, 27_000, 0, 0, 0, classes).digest
    assert len(seen) == 64
    one_less = (*classes[:-1], ClassLeft(900, "一班", "running", day, day, 29))
    assert Leaving(0, 27_000, 0, 0, 0, one_less).digest != seen


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_taught_while_an_institution_is_stopped_counts_for_nobody(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    class_id = town.open_class(scene, house)
    nurses = issue.programme(scene, scene.open_budget(50_000))
    zhang = town.enrolled(scene, nurses, ZHANG_SAN, class_id)
    scene.at = town.morning(scene, class_id)
    town.scan(scene, ZHANG_SAN, zhang, class_id)
    teacher, officer = town.staff(scene, house, Role.TEACHER), town.reviewer(scene)
    days = town.sessions(scene, class_id)
    person_id = issue.person_id(scene, ZHANG_SAN)

    def write(position: int) -> None:
        scene.do(teacher, partial(attend.attend, session_id=days[position].id, hours={zhang: 8}))

    def refused(act: Callable[..., object], **more: object) -> str:
        told = town.refusal(scene, teacher, partial(act, session_id=days[2].id, **more))
        assert f"{town.T1[0]}为“停业整顿”，不登记到课" in told.title
        return told.code

    def waits() -> int:
        with scene.database.read() as session:
            return desk_counters(session, [house], scene.at).to_record

    def ahead() -> tuple[list[int], list[int]]:
        with scene.database.read() as session:
            lessons = next_sessions(session, person_id, scene.at)
            return (
                [each.held.position for each in lessons],
                [each.id for each in list_stopped_classes(session, person_id, scene.at)],
            )

    def unwritten() -> tuple[list[int], bool]:
        with scene.database.read() as session:
            left = list_unrecorded(session, class_id, [zhang], scene.at)
            taking = list_taking_in(session, [class_id], issue.day(scene))
            return [each.position for each in left], taking == {class_id}

    scene.at = days[1].ends_at
    scene.do("clock", running.start_due_classes)
    assert ahead() == ([3, 4, 5], [])
    scene.do(officer, lambda work: impose(work, house, "suspend", "消防不合格"))
    assert ahead() == ([], [class_id]), "nobody is sent to a lesson that is not held"
    scene.at = days[2].starts_at + timedelta(minutes=5)
    number = town.voucher(scene, zhang).number
    by_hand = StaffMark(days[2].id, "in", number, ZHANG_SAN[1][-4:])
    signing_in = town.refusal(scene, teacher, partial(mark_by_staff, asked=by_hand))
    assert signing_in.code == "class_session_taught_stopped", "nobody signs in to it either"
    scene.at = days[2].ends_at
    assert unwritten() == ([1, 2], False), "an officer who moves people out hears of it; nobody is moved in"
    assert waits() == 2, "what was taught before is still to be written down, and nothing after it"
    write(0)
    assert refused(attend.attend, hours={zhang: 8}) == "class_session_taught_stopped"
    again = {"voucher_id": zhang, "hours": 8, "why": "漏登", "proof": b"x"}
    assert refused(attend.make_up, **again) == "class_session_taught_stopped"
    assert waits() == 1
    scene.do(officer, lambda work: impose(work, house, "restore", "已整改"))
    scene.at = days[3].ends_at
    assert unwritten()[1], "back in good standing it takes people in again"
    assert refused(attend.attend, hours={zhang: 8}) == "class_session_taught_stopped", "also once it is back"
    assert waits() == 2, "and no desk keeps asking for what it would refuse"
    write(1)
    write(3)
    with scene.database.read() as session:
        assert hours_of(session, [zhang]) == {zhang: 24}
    scene.at = days[4].ends_at + timedelta(days=1)
    assert unwritten() == ([5], False), "nobody is moved into a class that is over"
    with scene.database.read() as session:
        assert list_taught_stopped(session, [each.id for each in days]) == {days[2].id}


@pytest.mark.parametrize("stopped_before_the_end", [False, True])
def test_a_stopped_institution_signs_off_what_it_had_taught_to_the_end(
    scene: Scene, stopped_before_the_end: bool
) -> None:
    scene.at = on("2024-03-01")
    house, officer = town.train_institution(scene), town.reviewer(scene)
    class_id = town.open_class(scene, house, hours=16)
    nurses = issue.programme(scene, scene.open_budget(50_000))
    zhang, li = (town.enrolled(scene, nurses, who, class_id) for who in (ZHANG_SAN, LI_SI))
    scene.at = town.morning(scene, class_id)
    for who, voucher_id in ((ZHANG_SAN, zhang), (LI_SI, li)):
        town.scan(scene, who, voucher_id, class_id)
    teacher, registrar = (town.staff(scene, house, each) for each in (Role.TEACHER, Role.REGISTRAR))
    first, second = town.sessions(scene, class_id)
    scene.at = first.ends_at
    scene.do("clock", running.start_due_classes)
    scene.do(teacher, partial(attend.attend, session_id=first.id, hours={zhang: 8, li: 8}))
    if not stopped_before_the_end:
        scene.at = second.ends_at
        scene.do(teacher, partial(attend.attend, session_id=second.id, hours={zhang: 8, li: 8}))
    scene.do(officer, lambda work: impose(work, house, "suspend", "消防不合格"))
    scene.at = second.ends_at + timedelta(days=1)
    exams: dict[int, int | None] = {zhang: 8_000, li: 8_000}
    sign = partial(finish.sign_off, class_id=class_id, exams=exams)

    def waits() -> int:
        with scene.database.read() as session:
            return desk_counters(session, [house], scene.at).to_sign_off

    def let_go(voucher_id: int) -> None:
        for each in _open_holds(scene, voucher_id):
            scene.do(officer, partial(_close, hold_id=each.id))

    if stopped_before_the_end:
        let_go(zhang)
        told = town.refusal(scene, registrar, sign)
        assert (told.code, "1 次课" in told.title, waits()) == ("class_cut_short", True, 0)
        assert town.a_class(scene, class_id).state == "running", "nobody's hours are frozen short"
        scene.do(officer, lambda work: impose(work, house, "restore", "已整改"))
        assert waits() == 1, "once it is back it adds the lesson, or signs"
        return
    told = town.refusal(scene, registrar, sign)
    assert (told.code, waits()) == ("sign_off_all_on_hold", 0)
    let_go(zhang)
    assert waits() == 1
    done = scene.do(registrar, sign)
    assert (done.finished, done.held, done.failed) == (1, 1, 0)
    assert [town.voucher(scene, each).state for each in (zhang, li)] == ["trained", "training"]
    assert town.code(scene, registrar, sign) == "event_not_allowed"
    let_go(li)
    rest = partial(finish.sign_off, class_id=class_id, exams={li: 8_000})
    assert scene.do(registrar, rest).finished == 1, "and whoever is let go on later is not cheated either"


def _close(work: Work, hold_id: int) -> None:
    close_hold(work, work.session.get_one(Hold, hold_id), "学时已够，可以结业")
