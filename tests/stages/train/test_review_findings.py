"""What an adversarial reading of training found: each story was once possible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import func, select

from tests import town_issue as issue
from tests import town_train as town
from tests.scene import JIYUAN, LI_SI, NURSE, ZHANG_SAN, Scene, on
from tests.stages.issue.test_races import together
from voucher.plumbing.unit_of_work import Work
from voucher.registry.users import RoleGrant, UserAccount
from voucher.rules.actor import Role
from voucher.rules.errors import Refusal
from voucher.stages.train import attend, classes, enrol, redeem, reverse, reviewing, running, transfer
from voucher.stages.train.models.places import Scan
from voucher.stages.train.queries import redemption_of

COMPLETION = {"certificate_kind": "training_completion", "trade_code": NURSE, "level": 0}


def test_the_last_four_characters_cannot_be_tried_one_after_another(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    programme = issue.programme(scene, scene.open_budget(10_000))
    class_id = town.open_class(scene, house)
    voucher_id = town.enrolled(scene, programme, ZHANG_SAN, class_id)
    scene.at = town.morning(scene, class_id)
    scanner = town.staff(scene, house, Role.SCANNER)

    def guess(last4: str, nonce: str) -> Refusal:
        # a fresh code each time: the limit stands on the voucher, not on the code
        digits = town.show(scene, ZHANG_SAN, voucher_id)
        asked = redeem.Redeeming(digits, class_id, last4, town.DEVICE, nonce)
        return town.refusal(scene, scanner, lambda work: redeem.redeem(work, asked))

    assert {guess(f"000{each}", f"g{each}").code for each in range(5)} == {"identity_differs"}
    # from here on also the right one is refused, and nobody learns that it was right
    refused = guess(ZHANG_SAN[1][-4:], "right")
    assert (refused.code, refused.facts["most"]) == ("card_tries_used_up", 5)
    assert town.voucher(scene, voucher_id).state == "enrolled"
    scene.at += timedelta(days=1)
    town.scan(scene, ZHANG_SAN, voucher_id, class_id)
    assert town.voucher(scene, voucher_id).state == "training"


def test_guesses_sent_at_once_are_no_more_than_those_sent_one_by_one(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    programme = issue.programme(scene, scene.open_budget(10_000))
    class_id = town.open_class(scene, house)
    voucher_id = town.enrolled(scene, programme, ZHANG_SAN, class_id)
    scene.at = town.morning(scene, class_id)
    digits = town.show(scene, ZHANG_SAN, voucher_id)
    scanner = town.staff(scene, house, Role.SCANNER)

    def guess(last4: str) -> tuple[str, Callable[[Work], object]]:
        asked = redeem.Redeeming(digits, class_id, last4, town.DEVICE, f"g{last4}")
        return scanner, lambda work: redeem.redeem(work, asked)

    # every one of them is kept, whoever reads the answer or not
    told = {"identity_differs": 5, "card_tries_used_up": 3}
    assert together(scene, *[guess(f"000{each}") for each in range(8)]) == told
    with scene.database.read() as session:
        kept = dict(session.execute(select(Scan.code, func.count()).group_by(Scan.code)).all())
    assert kept == told
    right = redeem.Redeeming(digits, class_id, ZHANG_SAN[1][-4:], town.DEVICE, "right")
    assert town.code(scene, scanner, lambda work: redeem.redeem(work, right)) == "card_tries_used_up"


def test_nobody_approves_the_class_he_drafted_or_filed(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    class_id = town.draft(scene, house)
    registrar = town.staff(scene, house, Role.REGISTRAR)
    scene.do(registrar, lambda work: classes.file_class(work, class_id, True))

    def promote(work: Work) -> None:
        account = work.session.scalars(select(UserAccount).where(UserAccount.login == registrar)).one()
        work.session.add(
            RoleGrant(user_id=account.id, role=Role.OFFICER_CITY, region_code=JIYUAN, since=work.today)
        )

    scene.do("operator", promote)
    told = town.code(scene, registrar, lambda work: reviewing.approve_class(work, class_id, "同意"))
    assert told == "second_person_needed"
    scene.do(town.reviewer(scene), lambda work: reviewing.approve_class(work, class_id, "同意"))


def test_an_institution_does_not_choose_the_key_by_naming_another_project(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    budget = scene.open_budget(100_000)
    programme = issue.programme(scene, budget, **COMPLETION)
    second = issue.programme(scene, budget, name="第二个券种", **COMPLETION)
    own = town.open_class(scene, house, **COMPLETION)
    renamed = town.open_class(
        scene, house, project_code="TRAIN-STAFF", starts_on=date(2024, 4, 15), **COMPLETION
    )
    first = town.enrolled(scene, programme, ZHANG_SAN, own)
    assert town.voucher(scene, first).state == "enrolled"
    issue.eligible(scene, LI_SI)
    voucher_id = town.accepted(scene, second, LI_SI)
    worker = issue.worker(scene, LI_SI)
    # a class of the same content under another name of the project would be a second key for the same thing
    told = town.code(scene, worker, lambda work: enrol.enrol(work, voucher_id, renamed))
    assert told == "class_of_other_project"
    officer = town.reviewer(scene)
    moved = town.code(scene, officer, lambda work: transfer.transfer(work, [first], renamed, "机构退出"))
    assert moved == "class_of_other_project"


def test_who_went_to_another_institution_is_reversed_there_and_not_by_the_former_one(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    programme = issue.programme(scene, scene.open_budget(10_000))
    class_id = town.open_class(scene, house)
    late = town.open_class(scene, other, starts_on=date(2024, 4, 15))
    zhang = town.redeemed(scene, programme, ZHANG_SAN, class_id)
    with scene.database.read() as session:
        found = redemption_of(session, zhang)
    assert found is not None
    redemption_id = found.id
    scene.do(town.reviewer(scene), lambda work: transfer.transfer(work, [zhang], late, "机构退出"))

    def ask(work: Work) -> object:
        return reverse.ask_reversal(work, redemption_id, "学员走了")

    assert town.code(scene, town.staff(scene, house, Role.REGISTRAR), ask) == "redemption_missing"
    scene.do(town.staff(scene, other, Role.REGISTRAR), ask)
    scene.do(town.staff(scene, other, Role.SCANNER), lambda work: reverse.reverse(work, redemption_id))
    assert town.voucher(scene, zhang).state == "enrolled"
    scene.at = town.morning(scene, late)
    town.scan(scene, ZHANG_SAN, zhang, late, nonce="there")


def test_who_failed_a_class_is_not_moved_to_another_where_nothing_could_be_signed(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    programme = issue.programme(scene, scene.open_budget(10_000))
    class_id = town.open_class(scene, house)
    late = town.open_class(scene, other, starts_on=date(2024, 4, 15))
    zhang = town.redeemed(scene, programme, ZHANG_SAN, class_id)
    town.sit_through(scene, class_id, {zhang: 40})
    assert town.sign_off(scene, class_id, {zhang: 30_00}).failed == 1
    told = town.code(scene, town.reviewer(scene), lambda work: transfer.transfer(work, [zhang], late, "补考"))
    assert told == "signed_off_already"


def test_nobody_sits_in_two_classes_at_once_by_being_moved(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    programme = issue.programme(scene, scene.open_budget(10_000))
    class_id = town.open_class(scene, house)
    beside = town.open_class(scene, other)
    zhang = town.redeemed(scene, programme, ZHANG_SAN, class_id)
    first, second = town.sessions(scene, class_id)[:2]
    there = town.sessions(scene, beside)
    scene.at = first.ends_at + timedelta(minutes=5)
    teacher = town.staff(scene, house, Role.TEACHER)
    scene.do(teacher, lambda work: attend.attend(work, first.id, {zhang: 8}))
    scene.at = second.starts_at + timedelta(hours=1)
    scene.do("clock", running.start_due_classes)
    scene.do(town.reviewer(scene), lambda work: transfer.transfer(work, [zhang], beside, "机构退出"))
    # while the first lesson of the new class was taught, this person sat in the former one
    teacher = town.staff(scene, other, Role.TEACHER)
    told = town.code(scene, teacher, lambda work: attend.attend(work, there[0].id, {zhang: 8}))
    assert told == "class_session_before_place"
    scene.do(teacher, lambda work: attend.attend(work, there[1].id, {zhang: 4}))


def test_an_unused_voucher_is_not_moved_to_where_it_could_no_longer_be_used(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    programme = issue.programme(scene, scene.open_budget(10_000), validity_days=40)
    class_id = town.open_class(scene, house)
    late = town.open_class(scene, other, starts_on=date(2024, 4, 22))
    zhang = town.enrolled(scene, programme, ZHANG_SAN, class_id)
    told = town.code(scene, town.reviewer(scene), lambda work: transfer.transfer(work, [zhang], late, "退出"))
    assert told == "expires_before_class"
