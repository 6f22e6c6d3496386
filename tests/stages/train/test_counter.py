"""At the counter: check consumes nothing, redeem happens once, and every refusal has its own reason."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests import town_issue as issue
from tests import town_train as town
from tests.scene import LI_SI, ZHANG_SAN, Scene, on
from voucher.ledger import commitments, holds
from voucher.ledger.credentials import ScreenCode
from voucher.ledger.vouchers import get_voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Person
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.measures.imposing import impose
from voucher.stages.train import attend, enrol, redeem, reverse, scans
from voucher.stages.train.models.places import Redemption
from voucher.stages.train.queries import list_scans, redemption_of
from voucher.stages.train.reading import find_enrolment
from voucher.stages.train.redeem import Checked, Redeeming


def use(
    digits: str, class_id: int, last4: str = ZHANG_SAN[1][-4:], nonce: str = "n"
) -> Callable[[Work], Redemption]:
    """Return the scanner's act."""
    return lambda work: redeem.redeem(work, Redeeming(digits, class_id, last4, town.DEVICE, nonce))


def look(digits: str, class_id: int) -> Callable[[Work], Checked]:
    """Return the looking without effect."""
    return lambda work: redeem.check(work, digits, class_id)


def test_a_code_is_looked_at_without_effect_and_used_once(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    programme = issue.programme(scene, scene.open_budget(10_000))
    class_id = town.open_class(scene, house)
    elsewhere = town.open_class(scene, other)
    scanner, colleague = town.staff(scene, house, Role.SCANNER), town.staff(scene, house, Role.SCANNER, 2)
    outsider = town.staff(scene, other, Role.SCANNER)
    voucher_id = town.accepted(scene, programme, ZHANG_SAN)
    digits = town.show(scene, ZHANG_SAN, voucher_id)
    seen = scene.do(scanner, look(digits, class_id))
    assert (seen.masked_name, seen.fits, seen.possible, seen.refusal) == ("张*", True, ("enrol",), None)
    assert town.code(scene, scanner, use(digits, class_id)) == "not_enrolled"
    scene.do(scanner, lambda work: enrol.enrol_by_code(work, digits, class_id))
    digits = town.show(scene, ZHANG_SAN, voucher_id)
    # before the first day
    assert town.code(scene, scanner, use(digits, class_id)) == "class_not_started"
    early = scene.do(scanner, look(digits, class_id)).refusal
    assert early is not None
    assert early.code == "class_not_started"
    scene.at = town.morning(scene, class_id)
    assert town.code(scene, scanner, use(digits, class_id)) == "code_expired"
    digits = town.show(scene, ZHANG_SAN, voucher_id)
    assert scene.do(scanner, look(digits, class_id)).possible == ("redeem",)
    assert town.code(scene, outsider, use(digits, elsewhere)) == "other_institution"
    assert town.code(scene, outsider, use(digits, class_id)) == "class_missing"
    assert town.code(scene, scanner, use("1" * 22, class_id)) == "code_malformed"
    wrong = town.refusal(scene, scanner, use(digits, class_id, "0000"))
    assert wrong.code == "identity_differs"
    assert "991X" not in f"{wrong}"
    # nothing so far has used the code up; x is X
    done = scene.do(scanner, use(digits, class_id, "991x"))
    assert town.voucher(scene, voucher_id).state == "training"
    # the same scan again is the same redemption, whatever the code is good for now
    scene.at += timedelta(minutes=2)
    assert scene.do(scanner, use(digits, class_id)).id == done.id
    again = town.refusal(scene, scanner, use(digits, class_id, nonce="n2"))
    assert (again.code, again.facts["by_you"]) == ("redeemed_already", True)
    assert "2024-03-22 07:45 由您在本机构核销" in again.title
    assert "由本机构其他人员" in town.refusal(scene, colleague, use(digits, class_id, nonce="n3")).title
    foreign = town.refusal(scene, outsider, use(digits, elsewhere, nonce="n4"))
    assert (foreign.code, "在其他机构核销" in foreign.title) == ("redeemed_already", True)
    fresh = town.show(scene, ZHANG_SAN, voucher_id)
    assert town.code(scene, scanner, use(fresh, class_id)) == "nonce_reused"
    assert town.code(scene, scanner, use(fresh, class_id, nonce="n5")) == "redeemed_already"


def test_a_redemption_is_its_holders_and_nobody_elses(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    class_id = town.open_class(scene, house := town.train_institution(scene))
    programme = issue.programme(scene, scene.open_budget(10_000))
    voucher_id = town.enrolled(scene, programme, ZHANG_SAN, class_id)
    town.enrolled(scene, programme, LI_SI, class_id)

    def write(work: Work, whose: str) -> None:
        place = find_enrolment(work.session, voucher_id)
        assert place is not None
        others = select(Person.id).where(Person.id != place.person_id).order_by(Person.id.desc())
        people = {"the holder": place.person_id, "another": work.session.scalars(others).first(), "nobody": 0}
        code = ScreenCode(
            voucher_id=voucher_id, digest=whose, shown_at=work.at, shown_to_person_id=1,
            expires_at=work.at + timedelta(minutes=1), used_at=work.at, used_for="redeem",
        )  # fmt: skip
        work.session.add(code)
        work.session.flush()
        work.session.add(
            Redemption(
                voucher_id=voucher_id, person_id=people[whose], enrolment_id=place.id, class_id=class_id,
                institution_id=house, screen_code_id=code.id,
                device="d", nonce=whose, redeemed_at=work.at, redeemed_by_person_id=1,
            )
        )  # fmt: skip
        with pytest.raises(IntegrityError) if whose != "the holder" else nullcontext():
            work.session.flush()
        raise LookupError

    for whose in ("another", "nobody", "the holder"):
        with pytest.raises(LookupError):
            scene.do("operator", partial(write, whose=whose))


def test_every_scan_is_written_down(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    programme = issue.programme(scene, scene.open_budget(10_000))
    class_id = town.open_class(scene, house)
    voucher_id = town.redeemed(scene, programme, ZHANG_SAN, class_id)
    digits = town.show(scene, ZHANG_SAN, voucher_id)
    for house_id, nonce in ((house, "x"), (other, "y")):
        login = town.staff(scene, house_id, Role.SCANNER)
        with pytest.raises(Refused) as caught:
            scene.do(login, use(digits, class_id, nonce=nonce))
        told = caught.value.refusal
        scanned = scans.Scanned("redeem", class_id, digits, town.DEVICE)
        scene.do(login, partial(scans.record_scan, scanned=scanned, refusal=told))
    with scene.database.read() as session:
        written = [
            (each.code, each.voucher_id, each.institution_id) for each in list_scans(session, class_id)
        ]
    # the foreign scanner's scan is kept, but tells the class nothing
    assert written == [("redeemed_already", voucher_id, house), (None, voucher_id, house)]


def test_what_has_ended_or_is_stopped_is_told_by_name(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    budget = scene.open_budget(10_000)
    programme = issue.programme(scene, budget)
    class_id = town.open_class(scene, house)
    second = town.open_class(scene, house, teacher="李老师", place="二号楼")
    scanner, officer = town.staff(scene, house, Role.SCANNER), town.reviewer(scene)
    zhang = town.enrolled(scene, programme, ZHANG_SAN, class_id)
    li = town.enrolled(scene, programme, LI_SI, class_id)
    scene.at = town.morning(scene, class_id)
    digits = town.show(scene, ZHANG_SAN, zhang)
    told = town.refusal(scene, scanner, use(digits, second))
    assert (told.code, told.facts["other"]) == ("other_class", town.a_class(scene, class_id).number)
    held = scene.do(officer, lambda work: holds.open_hold(work, Thing.VOUCHER, zhang, "来源待查"))
    assert town.code(scene, scanner, use(digits, class_id)) == "on_hold"
    seen = scene.do(scanner, look(digits, class_id)).refusal
    assert seen is not None
    assert seen.code == "on_hold"
    scene.do(officer, lambda work: holds.close_hold(work, work.session.merge(held), "查清"))
    later = town.show(scene, LI_SI, li)

    def revoke(work: Work) -> None:
        commitments.end_vouchers(work, [get_voucher(work, li, money=True)], "revoke", "名单有误")

    scene.do("operator", revoke)
    ended = town.refusal(scene, scanner, use(later, class_id, LI_SI[1][-4:]))
    assert (ended.code, "作废" in ended.title) == ("voucher_ended", True)
    scene.do(officer, lambda work: impose(work, house, "suspend", "消防不合格"))
    assert town.code(scene, scanner, use(digits, class_id)) == "institution_suspended"
    scene.at = on("2024-03-27")
    # suspended or not, the class's last day has passed first
    assert town.voucher(scene, zhang).state == "enrolled"


def test_a_redemption_goes_back_by_two_people_before_the_first_session_ends(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    programme = issue.programme(scene, scene.open_budget(10_000))
    class_id = town.open_class(scene, house)
    zhang = town.redeemed(scene, programme, ZHANG_SAN, class_id)
    with scene.database.read() as session:
        found = redemption_of(session, zhang)
    assert found is not None
    redemption_id = found.id
    one, two = town.staff(scene, house, Role.SCANNER), town.staff(scene, house, Role.REGISTRAR)

    def ask(work: Work) -> Redemption:
        return reverse.ask_reversal(work, redemption_id, "扫错了人")

    def back(work: Work) -> Redemption:
        return reverse.reverse(work, redemption_id)

    outsider = town.staff(scene, other, Role.REGISTRAR)
    assert town.code(scene, outsider, ask) == "redemption_missing"
    assert town.code(scene, two, back) == "reversal_unasked"
    scene.do(one, ask)
    assert town.code(scene, two, ask) == "reversal_asked"
    assert town.code(scene, one, back) == "second_person_needed"
    first = town.sessions(scene, class_id)[0]
    scene.at = first.starts_at + timedelta(minutes=5)
    teacher = town.staff(scene, house, Role.TEACHER)
    scene.do(teacher, lambda work: attend.attend(work, first.id, {zhang: 8}))
    assert town.code(scene, two, back) == "reversal_attended"
    scene.do(teacher, lambda work: attend.correct_attendance(work, first.id, zhang, 0, "点名有误"))
    before = town.voucher(scene, zhang)
    scene.do(two, back)
    after = town.voucher(scene, zhang)
    assert (after.state, after.reserved_fen, after.face_value_fen) == (
        "enrolled", before.reserved_fen, before.face_value_fen
    )  # fmt: skip
    assert town.code(scene, two, back) == "reversed_already"
    # the reversed one stays, and makes room for another
    again = town.scan(scene, ZHANG_SAN, zhang, class_id, nonce="again")
    assert again.id != redemption_id
    scene.at = first.ends_at
    late = town.code(scene, one, lambda work: reverse.ask_reversal(work, again.id, "太晚"))
    assert late == "reversal_too_late"
