"""锁定: which class a voucher may enter, what it locks, and what comes of leaving again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests import town_issue as issue
from tests import town_train as town
from tests.loop.telling import set_parameter
from tests.scene import LI_SI, TURNER, ZHANG_SAN, ZHAO_LIU, Scene, on
from voucher.ledger import commitments
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.stages.issue import issuing
from voucher.stages.train import enrol, leave, running
from voucher.stages.train.models.places import Enrolment


def enter(voucher_id: int, class_id: int) -> Callable[[Work], Enrolment]:
    """Return the holder's act."""

    def act(work: Work) -> Enrolment:
        return enrol.enrol(work, voucher_id, class_id)

    return act


def promised(scene: Scene, voucher_id: int) -> dict[str, int]:
    """Return what is locked for a voucher, in fen by kind."""
    found = scene.do("operator", lambda work: commitments.find_open(work, [voucher_id]))
    return {each.kind: each.amount_fen for each in found.get(voucher_id, [])}


def test_an_open_voucher_is_worth_what_the_class_is_worth_until_it_begins(scene: Scene) -> None:
    """AC-A4: 1600 for 四级, 1200 after changing to 五级, and no change once the class has begun."""
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    budget = scene.open_budget(10_000)
    programme = issue.programme(scene, budget, **issue.open_terms())
    login = issue.worker(scene, LI_SI)
    issue.eligible(scene, LI_SI)
    taken = scene.do(login, lambda work: issuing.take_voucher(work, programme, True))
    assert taken is not None
    voucher_id = taken.id
    fourth = town.open_class(scene, house, trade_code=TURNER, level=3)
    fifth = town.open_class(scene, house, trade_code=TURNER, level=2, teacher="李老师", place="二号楼")
    third = town.open_class(scene, house, trade_code=TURNER, level=4, teacher="王老师", place="三号楼")
    refused = town.refusal(scene, login, enter(voucher_id, third))
    assert (refused.code, refused.facts["cap"]) == ("value_above_cap", "1,840.00")
    scene.do(login, enter(voucher_id, fourth))
    assert promised(scene, voucher_id) == {"training": 1600_00, "evaluation": 240_00}
    assert town.voucher(scene, voucher_id).face_value_fen == 1600_00
    assert scene.budget(budget).reserved_fen == 1840_00
    assert town.code(scene, login, enter(voucher_id, fifth)) == "enrolled_already"
    scene.do(login, lambda work: leave.leave(work, voucher_id, ""))
    left = town.voucher(scene, voucher_id)
    assert (left.state, left.face_value_fen, left.certify_by, left.reserved_fen) == (
        "accepted", None, None, 1840_00
    )  # fmt: skip
    assert promised(scene, voucher_id) == {}
    scene.do(login, enter(voucher_id, fifth))
    assert town.voucher(scene, voucher_id).face_value_fen == 1200_00
    assert scene.budget(budget).reserved_fen == 1400_00
    scene.at = town.sessions(scene, fifth)[0].starts_at
    scene.do("clock", running.start_due_classes)
    assert town.code(scene, login, lambda work: leave.leave(work, voucher_id, "")) == "leave_too_late"


def test_a_class_that_does_not_fit_is_refused_by_its_own_reason(scene: Scene) -> None:
    """AC-E4: whoever comes after the last place is refused; so is another institution, trade or level."""
    scene.at = on("2024-03-01")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    budget = scene.open_budget(10_000)
    programme = issue.programme(scene, budget, institution_ids=(house,))
    voucher_id = town.accepted(scene, programme, ZHANG_SAN)
    login = issue.worker(scene, ZHANG_SAN)

    def told(class_id: int) -> str:
        return town.code(scene, login, enter(voucher_id, class_id))

    assert told(987) == "class_missing"
    assert told(town.draft(scene, house)) == "class_missing"
    level = town.open_class(scene, house, level=3, at_hour=15)
    trade = town.open_class(scene, house, trade_code=TURNER, at_hour=15, teacher="李", place="二")
    assert (told(level), told(trade)) == ("class_not_for_voucher", "class_not_for_voucher")
    assert told(town.open_class(scene, other)) == "institution_not_in_programme"
    assert told(town.open_class(scene, house, starts_on=date(2024, 7, 1))) == "expires_before_class"
    small = town.open_class(scene, house, capacity=1)
    town.enrolled(scene, programme, LI_SI, small)
    assert told(small) == "class_full"
    stranger = issue.worker(scene, ZHAO_LIU)
    assert town.code(scene, stranger, enter(voucher_id, small)) == "voucher_missing"
    assert town.code(scene, stranger, lambda work: leave.leave(work, voucher_id, "")) == "voucher_missing"
    begun = town.open_class(scene, house, teacher="陈老师", place="五号楼")
    scene.at = town.sessions(scene, begun)[0].starts_at + timedelta(minutes=1)
    assert told(begun) == "class_begun"


def test_nobody_sits_in_two_classes_at_once_or_has_the_same_subsidy_twice(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    budget = scene.open_budget(100_000)
    first = issue.programme(scene, budget)
    again = issue.programme(scene, budget, **issue.open_terms())
    turner = issue.programme(scene, budget, name="车工券", trade_code=TURNER)
    one = town.open_class(scene, house)
    twin = town.accepted(scene, again, ZHANG_SAN)
    zhang = town.enrolled(scene, first, ZHANG_SAN, one)
    login = issue.worker(scene, ZHANG_SAN)
    beside = town.open_class(scene, house, trade_code=TURNER, teacher="李老师", place="二号楼")
    lathe = town.accepted(scene, turner, ZHANG_SAN)
    refused = town.refusal(scene, login, enter(lathe, beside))
    assert refused.code == "class_overlaps"
    assert town.a_class(scene, one).number in refused.title
    evening = town.open_class(scene, house, trade_code=TURNER, at_hour=15)
    scene.do(login, enter(lathe, evening))
    later = town.open_class(scene, house, starts_on=date(2024, 4, 15))
    refused = town.refusal(scene, login, enter(twin, later))
    assert refused.code == "duplicate_entitlement"
    assert town.voucher(scene, zhang).number in refused.title
    # leaving gives the key back, and the other voucher may have it
    scene.do(login, lambda work: leave.leave(work, zhang, ""))
    scene.do(login, enter(twin, later))


def test_three_trainings_a_year_and_no_fourth(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    budget = scene.open_budget(100_000)
    login = issue.worker(scene, ZHANG_SAN)
    codes = ("4-10-01-05", "4-10-01-06", "6-18-01-01", "4-03-02-01")
    told = []
    for place, trade in enumerate(codes):
        programme = issue.programme(scene, budget, name=f"券种{place}", trade_code=trade)
        class_id = town.open_class(
            scene, house, trade_code=trade, starts_on=date(2024, 4, 1) + timedelta(days=7 * place)
        )
        voucher_id = town.accepted(scene, programme, ZHANG_SAN)
        if place < 3:
            scene.do(login, enter(voucher_id, class_id))
        else:
            told.append(town.code(scene, login, enter(voucher_id, class_id)))
    assert told == ["yearly_cap_reached"]


def test_the_yearly_cap_of_the_evaluation_subsidy_bars_nobody_from_training(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    set_parameter(scene, "yearly_cap_evaluation", "0", "2024-01-01", "次")
    programme = issue.programme(scene, scene.open_budget(10_000))
    voucher_id = town.enrolled(scene, programme, ZHANG_SAN, town.open_class(scene, house))
    assert promised(scene, voucher_id) == {"training": 1200_00, "evaluation": 200_00}


def test_what_a_class_pays_depends_on_its_certificate(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    budget = scene.open_budget(100_000)
    special: dict[str, Any] = {"certificate_kind": "special_skill", "trade_code": "HNZX-001", "level": 0}
    completion: dict[str, Any] = {
        "certificate_kind": "training_completion",
        "trade_code": "4-10-01-05",
        "level": 0,
    }
    equipment: dict[str, Any] = {
        "certificate_kind": "special_equipment",
        "trade_code": "4-10-01-05",
        "level": 0,
    }
    caps = {"training_cap_fen": 700_00, "evaluation_cap_fen": 200_00}
    for place, (terms, class_terms, expected) in enumerate((
        (special, special, {"training": 800_00, "evaluation": 100_00}),
        (completion, completion, {"training": 400_00}),
        (equipment | caps | {"worth": "offset"}, equipment, None),
        ({"worth": "sign_in"}, {}, {}),
    )):  # fmt: skip
        person = (ZHANG_SAN, LI_SI, ZHAO_LIU, ZHANG_SAN)[place]
        programme = issue.programme(scene, budget, name=f"券种{place}", **terms)
        class_id = town.open_class(scene, house, starts_on=date(2024, 4, 1 + 7 * place), **class_terms)
        if expected is None:
            voucher_id = town.accepted(scene, programme, person)
            told = town.refusal(scene, issue.worker(scene, person), enter(voucher_id, class_id))
            assert told.code == "no_subsidy_for_class"
            continue
        voucher_id = town.enrolled(scene, programme, person, class_id)
        assert promised(scene, voucher_id) == expected
        assert town.voucher(scene, voucher_id).reserved_fen == sum(expected.values())


def test_an_institution_enrols_by_the_code_its_holder_shows(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    programme = issue.programme(scene, scene.open_budget(10_000))
    class_id = town.open_class(scene, house)
    voucher_id = town.accepted(scene, programme, ZHANG_SAN)
    digits = town.show(scene, ZHANG_SAN, voucher_id)
    scanner, outsider = town.staff(scene, house, Role.SCANNER), town.staff(scene, other, Role.SCANNER)

    def act(work: Work) -> Enrolment:
        return enrol.enrol_by_code(work, digits, class_id)

    assert town.code(scene, outsider, act) == "class_missing"
    assert town.code(scene, town.staff(scene, house, Role.TEACHER), act) == "role_missing"
    assert scene.do(scanner, act).voucher_id == voucher_id
    assert town.code(scene, scanner, act) == "code_used"
    # by the desk, with a reason; by somebody else's desk not at all
    foreign = town.staff(scene, other, Role.REGISTRAR)
    assert town.code(scene, foreign, lambda work: leave.leave(work, voucher_id, "调班")) == "voucher_missing"
    desk = town.staff(scene, house, Role.REGISTRAR)
    assert town.code(scene, desk, lambda work: leave.leave(work, voucher_id, "")) == "training_why_missing"
    scene.do(desk, lambda work: leave.leave(work, voucher_id, "本人要求换班"))
    assert town.voucher(scene, voucher_id).state == "accepted"
