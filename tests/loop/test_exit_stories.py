"""机构中途退出：在培的券停住，学时保留；整班转班，或本人另选、换一张新券。"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import select

from tests import town_issue
from tests import town_train as town
from tests.scene import LI_SI, QIAN_QI, ZHANG_SAN, Scene, on
from voucher.ledger.holds import Hold
from voucher.rules.actor import Role
from voucher.stages.issue import issuing
from voucher.stages.issue.replacing import ask_own_replacement
from voucher.stages.train import enrol, exits, transfer
from voucher.stages.train.choosing_anew import choose_anew
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.queries import hours_of
from voucher.stages.train.queries.exits import read_leaving


def test_机构自愿退出_一人转班学时保留_一人换新券_未核销的另选(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    scene.hire_everybody()
    budget = scene.open_budget(50_000)
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    nurses = town_issue.programme(scene, budget)
    gone = town.open_class(scene, house)
    # the other school begins a week later, with room for everybody
    later = town.sessions(scene, gone)[0].starts_at.date() + timedelta(days=14)
    taking = town.open_class(scene, other, starts_on=later, teacher="李老师", place="乙校一号楼")
    moved, anew, unscanned = (
        town.enrolled(scene, nurses, person, gone) for person in (ZHANG_SAN, LI_SI, QIAN_QI)
    )
    scene.at = town.morning(scene, gone)
    for person, voucher in ((ZHANG_SAN, moved), (LI_SI, anew)):
        town.scan(scene, person, voucher, gone)
    town.sit_through(scene, gone, {moved: 8, anew: 8})
    head = town.staff(scene, house, Role.INSTITUTION_ADMIN)
    zhang, li, qian = (town_issue.worker(scene, each) for each in (ZHANG_SAN, LI_SI, QIAN_QI))
    # nothing has happened yet: nobody chooses anew
    assert town.code(scene, li, partial(choose_anew, voucher_id=anew)) == "exit_not_there"
    ask = partial(exits.ask_exit, institution_id=house)
    stranger = town.staff(scene, other, Role.INSTITUTION_ADMIN)
    registrar = town.staff(scene, house, Role.REGISTRAR)
    assert town.code(scene, stranger, partial(ask, why="停业")) == "institution_absent"
    assert town.code(scene, head, partial(ask, why=" ")) == "training_why_missing"
    assert town.code(scene, registrar, partial(ask, why="停业")) == "role_missing"

    # asked and taken back again: nothing was stopped
    first = scene.do(head, partial(ask, why="准备停业")).id
    assert town.code(scene, head, partial(ask, why="再提一次")) == "exit_asked_already"
    scene.do(registrar, partial(exits.withdraw_exit, exit_id=first, why="续租了"))
    assert town.code(scene, registrar, partial(exits.confirm_exit, exit_id=first, seen="")) == "exit_settled"
    assert town.voucher(scene, moved).state == "training"

    # asked by one, confirmed by another who has seen what stops
    wanted = scene.do(head, partial(ask, why="校舍拆迁，停止办学")).id
    with scene.database.read() as session:
        effect = read_leaving(session, house)
    assert (effect.enrolled, effect.training, effect.hours_kept) == (1, 2, 16)
    assert [(each.id, each.vouchers) for each in effect.classes] == [(gone, 3)]
    confirm = partial(exits.confirm_exit, exit_id=wanted, seen=effect.digest)
    assert town.code(scene, head, confirm) == "second_person_needed"
    assert town.code(scene, stranger, confirm) == "exit_missing"
    assert (
        town.code(scene, registrar, partial(exits.confirm_exit, exit_id=wanted, seen="0-0")) == "exit_changed"
    )
    left = scene.do(registrar, confirm)
    assert left.vouchers_held == 3
    assert town.code(scene, registrar, confirm) == "exit_settled"
    assert town.code(scene, head, partial(ask, why="再退一次")) == "event_not_allowed"
    with scene.database.read() as session:
        holds = session.scalars(select(Hold).where(Hold.closed_at.is_(None))).all()
    assert {each.institution_id for each in holds} == {house}
    assert {each.why for each in holds} == {f"{town.T1[0]}：自愿退出（校舍拆迁，停止办学）"}

    # one is transferred by the office: hours and redemption go along, the hold is over
    act = partial(transfer.transfer, voucher_ids=[moved], class_id=taking, why="机构退出，整班转班")
    assert scene.do(town.reviewer(scene), act) == 1
    with scene.database.read() as session:
        assert hours_of(session, [moved])[moved] == 8
    assert town.voucher(scene, moved).state == "training"
    assert town.code(scene, zhang, partial(choose_anew, voucher_id=moved)) == "exit_not_there"

    # one takes a new voucher: the old one ends, another person issues the new one
    assert town.code(scene, zhang, partial(choose_anew, voucher_id=anew)) == "voucher_missing"
    assert town.code(scene, li, partial(ask_own_replacement, voucher_id=anew)) == "exit_not_there"
    scene.do(li, partial(choose_anew, voucher_id=anew))
    assert town.voucher(scene, anew).state == "dropped"
    assert town.code(scene, zhang, partial(ask_own_replacement, voucher_id=anew)) == "voucher_missing"
    issue = scene.do(li, partial(ask_own_replacement, voucher_id=anew))
    assert town.code(scene, li, partial(ask_own_replacement, voucher_id=anew)) == "voucher_replaced_already"
    issued = scene.do("复核员", partial(issuing.issue_roster, issue_id=issue.id))
    assert issued.issued == 1

    # one who was not redeemed yet is free at once, and chooses another class himself
    freed = scene.do(qian, partial(choose_anew, voucher_id=unscanned))
    assert freed.state == "accepted"
    with scene.database.read() as session:
        ended = session.scalars(select(Enrolment.ended_by).where(Enrolment.voucher_id == unscanned)).all()
        assert ended == ["leave"]
    scene.do(qian, partial(enrol.enrol, voucher_id=unscanned, class_id=taking))
    assert town.voucher(scene, unscanned).state == "enrolled"
