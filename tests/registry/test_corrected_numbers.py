"""A corrected identity number: two people, one person, and nothing that knew the old number left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from tests.scene import JIYUAN, LI_SI, QIAN_QI, XINXIANG, ZHANG_SAN, Scene, staff_number
from voucher.ledger.audit import AuditRow
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry import card_numbers, corrected, people, renaming, renumbering, subjects
from voucher.registry.corrections import FormerNumber, NumberCorrection
from voucher.registry.people import Newcomer, Person, find_ids, index_of, open_people, read_people
from voucher.rules.actor import Role
from voucher.rules.corrections import FormerUse
from voucher.rules.errors import Refused
from voucher.stages.certify.renumber import approve_number

NEW, THIRD = staff_number("410105199003150010"), staff_number("410105199003150030")
CHANGED, WRONG = FormerUse.CHANGED, FormerUse.WRONG
PAPER = "济公证〔2023〕第 12 号"


@pytest.fixture
def town(scene: Scene) -> Scene:
    """Return a town whose office stands, and one person in it."""
    scene.hire_everybody()
    scene.import_people([{"姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1], "手机号": "13800001111"}])
    return scene


def propose(
    scene: Scene, new: str = NEW, use: FormerUse = CHANGED, old: str = ZHANG_SAN[1], login: str = "初审员"
) -> int:
    proposed = scene.do(
        login,
        lambda work: renumbering.propose_number(work, old, new, use, PAPER).id,
    )
    assert isinstance(proposed, int)
    return proposed


def correct(scene: Scene, new: str = NEW, use: FormerUse = CHANGED, old: str = ZHANG_SAN[1]) -> int:
    proposed = propose(scene, new, use, old)
    scene.do("复核员", lambda work: approve_number(work, proposed, new))
    return proposed


def code(scene: Scene, login: str, act: Callable[[Work], object]) -> str:
    with pytest.raises(Refused) as caught:
        scene.do(login, act)
    return caught.value.refusal.code


def reached(scene: Scene, number: str) -> int | None:
    index = index_of(scene.keyring, number)
    with scene.database.read() as session:
        return find_ids(session, [index]).get(index)


def number_of(scene: Scene, person_id: int) -> str | None:
    with scene.database.read() as session:
        return read_people(session, scene.keyring, [person_id])[person_id].number


def cards_of(scene: Scene, person_id: int, *numbers: str) -> list[bool]:
    """Return which cards of these numbers are told whole where they are the person's."""
    cards = {
        (person_id, card_numbers.write_number(scene.keyring, f"T{each}")): f"T{each}" for each in numbers
    }
    with scene.database.read() as session:
        told = card_numbers.open_numbers(session, scene.keyring, cards)
    assert all(told[card] in (whole, card[1]) for card, whole in cards.items())
    return [told[card] == whole for card, whole in cards.items()]


def test_a_changed_number_and_the_one_before_reach_the_same_person(town: Scene) -> None:
    person_id = reached(town, ZHANG_SAN[1])
    assert person_id is not None
    proposed = propose(town)
    assert number_of(town, person_id) == ZHANG_SAN[1], "a proposal changes nothing"
    assert code(town, "初审员", lambda work: approve_number(work, proposed, NEW)) == "second_person_needed"
    assert code(town, "复核员", lambda work: approve_number(work, proposed, THIRD)) == "number_typed_differs"
    assert code(town, "复核员", lambda work: approve_number(work, proposed, "1")) == "identity_malformed"
    assert code(town, "operator", lambda work: approve_number(work, proposed, NEW)) == "role_missing"
    town.do("复核员", lambda work: approve_number(work, proposed, NEW))
    assert code(town, "复核员", lambda work: approve_number(work, proposed, NEW)) == "correction_missing"
    assert reached(town, NEW) == reached(town, ZHANG_SAN[1]) == person_id
    assert number_of(town, person_id) == NEW
    with town.database.read() as session:
        (done,) = corrected.list_done(session, town.keyring, person_id)
        acts = session.execute(
            select(AuditRow.act, AuditRow.content).where(
                AuditRow.thing == "person", AuditRow.object_id == person_id, AuditRow.act.like("%_number")
            )
        ).all()
    assert (done.former, done.new) == ("410105********991X", NEW[:6] + "*" * 8 + NEW[-4:])
    assert [act for act, _ in acts] == ["propose_number", "approve_number"]
    assert not any(number in str(content) for _, content in acts for number in (NEW, ZHANG_SAN[1]))
    # a file that still says the old number is of the same person, whose number is not written over
    again = town.import_people([{"姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1], "手机号": "13800002222"}])
    assert (again.rows_added, again.rows_changed) == (0, 1)
    assert number_of(town, person_id) == NEW
    index = index_of(town.keyring, ZHANG_SAN[1])
    with town.database.read() as session:
        assert people.find_registered(session, [index])[index].person_id == person_id
    assert cards_of(town, person_id, NEW, ZHANG_SAN[1], THIRD) == [True, True, False]
    # the old number still finds whom to correct next, and one hop leads from every number
    correct(town, THIRD, CHANGED, old=ZHANG_SAN[1])
    assert {reached(town, number) for number in (ZHANG_SAN[1], NEW, THIRD)} == {person_id}


def test_a_wrong_number_is_free_for_whoever_owns_it_and_opens_nothing_of_the_other(town: Scene) -> None:
    person_id = reached(town, ZHANG_SAN[1])
    assert person_id is not None
    renamed = town.do("初审员", lambda work: renaming.propose_name(work, ZHANG_SAN[1], "张叁", "户口簿"))
    town.do("复核员", lambda work: renaming.approve_name(work, renamed.id))
    correct(town, use=WRONG)
    assert reached(town, ZHANG_SAN[1]) is None
    town.import_people([{"姓名": "真张", "证件号码": ZHANG_SAN[1]}])
    owner = reached(town, ZHANG_SAN[1])
    assert owner not in (None, person_id)
    town.do("operator", lambda work: subjects.destroy_key(work, index_of(work.keyring, ZHANG_SAN[1])))
    with town.database.read() as session:
        # the owner's key opened nothing of the other's any more: all of it was sealed anew
        person = read_people(session, town.keyring, [person_id])[person_id]
        done = corrected.list_done(session, town.keyring, person_id)
    assert (person.name, person.number) == ("张叁", NEW)
    assert {each.what for each in done} == {"number", "name"}


def test_erasing_a_person_takes_the_numbers_before_along(town: Scene) -> None:
    person_id = reached(town, ZHANG_SAN[1])
    assert person_id is not None
    correct(town)
    town.do("operator", lambda work: subjects.destroy_key(work, index_of(work.keyring, NEW)))
    with town.database.read() as session:
        assert read_people(session, town.keyring, [person_id]) == {}
        assert cards_of(town, person_id, NEW, ZHANG_SAN[1]) == [False, False]
        kept = subjects.find_keys(session, town.keyring, [index_of(town.keyring, ZHANG_SAN[1])])
    assert list(kept.values()) == [None]
    for number in (NEW, ZHANG_SAN[1]):
        again = partial(renumbering.propose_number, number=number, new_number=THIRD, former_use=CHANGED)
        assert code(town, "初审员", partial(again, evidence=PAPER)) == "subject_erased"
    town.import_people([{"姓名": LI_SI[0], "证件号码": LI_SI[1]}])
    onto = partial(renumbering.propose_number, number=LI_SI[1], former_use=WRONG, evidence=PAPER)
    assert code(town, "初审员", partial(onto, new_number=NEW)) == "number_of_another"


def test_a_number_may_be_theirs_again(town: Scene) -> None:
    person_id = reached(town, ZHANG_SAN[1])
    correct(town)
    correct(town, ZHANG_SAN[1], WRONG, old=NEW)
    assert (reached(town, ZHANG_SAN[1]), reached(town, NEW)) == (person_id, None)
    assert cards_of(town, person_id or 0, ZHANG_SAN[1], NEW) == [True, False], "what never was theirs"
    with town.database.read() as session:
        assert session.scalars(select(FormerNumber.ended_at)).one() is not None
    correct(town)
    assert (reached(town, ZHANG_SAN[1]), reached(town, NEW)) == (person_id, person_id)
    # how a number changed before anybody was known here comes to be known: given back, and changed again
    correct(town, ZHANG_SAN[1], CHANGED, old=NEW)
    assert number_of(town, person_id or 0) == ZHANG_SAN[1]
    assert cards_of(town, person_id or 0, ZHANG_SAN[1], NEW) == [True, True]


def test_what_cannot_be_corrected_says_why(town: Scene) -> None:
    town.import_people(
        [{"姓名": LI_SI[0], "证件号码": LI_SI[1]}, {"姓名": QIAN_QI[0], "证件号码": QIAN_QI[1]}]
    )
    act = partial(
        renumbering.propose_number,
        number=ZHANG_SAN[1],
        new_number=NEW,
        former_use=CHANGED,
        evidence=PAPER,
    )
    assert code(town, "制单员", act) == "role_missing"
    assert code(town, "初审员", partial(act, number=THIRD)) == "person_missing"
    assert code(town, "初审员", partial(act, number="12")) == "identity_malformed"
    assert code(town, "初审员", partial(act, new_number=NEW[:17] + "?")) == "identity_malformed"
    assert code(town, "初审员", partial(act, new_number=ZHANG_SAN[1].lower())) == "number_unchanged"
    assert code(town, "初审员", partial(act, new_number=LI_SI[1])) == "number_of_another"
    assert code(town, "初审员", partial(act, evidence=" ")) == "correction_evidence_missing"
    own = staff_number("310101199001010010")
    assert code(town, "初审员", partial(act, number=own)) == "own_identity"
    first = propose(town)
    assert code(town, "初审员", act) == "correction_open"
    assert code(town, "初审员", partial(act, number=QIAN_QI[1])) == "correction_open"
    assert (
        code(town, "复核员", partial(renumbering.decline_number, correction_id=first, why=" "))
        == "why_missing"
    )
    alone = partial(renumbering.decline_number, correction_id=first, why="证明是别人的")
    assert code(town, "初审员", alone) == "second_person_needed"
    town.do("复核员", alone)
    assert code(town, "复核员", alone) == "correction_missing"
    with town.database.read() as session:
        (row,) = corrected.list_numbers(session, town.keyring, [JIYUAN], limit=5)
    assert (row.state, row.why) == ("declined", "证明是别人的")
    noted = town.do(
        "初审员", partial(act, evidence=f"证明写明 {NEW}")
    )  # what is written in clear never carries the number
    assert noted.evidence == f"证明写明 {NEW[:6]}********{NEW[-4:]}"


def test_a_proposed_name_is_turned_down_with_a_reason(town: Scene) -> None:
    proposed = town.do("初审员", lambda work: renaming.propose_name(work, ZHANG_SAN[1], "张叁", "户口簿"))
    for login, why, told in (
        ("初审员", "证明是别人的", "second_person_needed"),
        ("复核员", " ", "why_missing"),
        ("operator", "证明是别人的", "role_missing"),
    ):
        act = partial(renaming.decline_name, former_name_id=proposed.id, why=why)
        assert code(town, login, act) == told
    town.do("复核员", lambda work: renaming.decline_name(work, proposed.id, "证明是别人的"))
    assert code(town, "复核员", lambda work: renaming.approve_name(work, proposed.id)) == "renaming_missing"
    person_id = reached(town, ZHANG_SAN[1])
    assert person_id is not None
    with town.database.read() as session:
        assert read_people(session, town.keyring, [person_id])[person_id].name == ZHANG_SAN[0]
        assert len(people.accepted_name_indexes(session, [person_id])[person_id]) == 1
        (row,) = corrected.list_names(session, town.keyring, [JIYUAN], limit=5)
        assert corrected.list_done(session, town.keyring, person_id) == []
    assert (row.state, row.why) == ("declined", "证明是别人的")


def test_somebody_of_another_county_is_nobody(town: Scene) -> None:
    town.import_people([{"姓名": LI_SI[0], "证件号码": LI_SI[1], "户籍地区": JIYUAN}])
    town.hire("县甲", Role.OFFICER_COUNTY, "310101199001012010", XINXIANG)
    town.hire("县乙", Role.OFFICER_COUNTY, "310101199001012030", JIYUAN)
    act = partial(
        renumbering.propose_number, number=LI_SI[1], new_number=NEW, former_use=CHANGED, evidence=PAPER
    )
    assert code(town, "县甲", act) == "person_missing"
    assert (
        code(town, "县甲", lambda work: renaming.propose_name(work, LI_SI[1], "李五", PAPER))
        == "person_missing"
    )
    proposed = town.do("县乙", act)
    named = town.do("县乙", lambda work: renaming.propose_name(work, LI_SI[1], "李五", PAPER))
    for decide in (
        lambda work: approve_number(work, proposed.id, NEW),
        lambda work: renumbering.decline_number(work, proposed.id, "不是"),
    ):
        assert code(town, "县甲", decide) == "correction_missing"
    assert code(town, "县甲", lambda work: renaming.approve_name(work, named.id)) == "renaming_missing"
    with town.database.read() as session:
        assert corrected.count_waiting(session, [XINXIANG], person_id=0)[0] == 0
        assert corrected.count_waiting(session, [JIYUAN], person_id=0)[0] == 2
        for get in (corrected.get_number, partial(corrected.get_name, whole=True)):
            with pytest.raises(Refused):
                get(session, town.keyring, [XINXIANG], 1)


def test_the_database_lets_nobody_past_a_correction(town: Scene) -> None:
    """The sins: a number written over, a number given up opened again, a decision taken back."""
    person_id = reached(town, ZHANG_SAN[1])
    proposed = correct(town)
    old = index_of(town.keyring, ZHANG_SAN[1])
    sins = (
        (f"UPDATE person SET blind_index = '{'0' * 64}' WHERE id = {person_id}", "never changes"),
        (f"UPDATE number_correction SET approved = 0 WHERE id = {proposed}", "goes one way"),
        ("UPDATE number_correction SET kind = 'wrong'", "never changes"),
        ("DELETE FROM number_correction", "never deleted"),
        ("DELETE FROM former_number", "never deleted"),
        (f"UPDATE number_correction SET decided_by_person_id = {person_id}", "not_own_decision"),
    )
    for sin, told in sins:
        with pytest.raises(DBAPIError, match=told):
            town.plant(sin)

    def open_again(work: Work) -> None:
        people.open_newcomers(work, {old: Newcomer(ZHANG_SAN[1], "真张")})

    assert code(town, "operator", open_again) == "changed_meanwhile"


def _together(*acts: Callable[[], object]) -> list[object]:
    """Run acts at the same moment and return what each came to: its result or the code of its refusal."""
    results: list[object] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(position: int) -> None:
        start.wait()
        try:
            results[position] = acts[position]()
        except Refused as refused:
            results[position] = refused.refusal.code

    threads = [threading.Thread(target=run, args=(each,)) for each in range(len(acts))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return results


def test_of_two_who_decide_at_once_one_is_too_late(town: Scene) -> None:
    proposed = propose(town)

    def decide(login: str) -> Callable[[], object]:
        return lambda: bool(town.do(login, lambda work: approve_number(work, proposed, NEW)))

    told = _together(decide("复核员"), decide("异议处理员"))
    assert sorted(map(str, told)) == ["True", "correction_missing"]


def test_a_number_is_either_taken_up_or_opened_but_never_both(town: Scene) -> None:
    proposed = propose(town)

    def approve() -> object:
        return bool(town.do("复核员", lambda work: approve_number(work, proposed, NEW)))

    def open_another() -> object:
        # the same constraint stands behind an import: whoever comes second is tried again and finds out
        return perform(
            town.database,
            town.keyring,
            town.actor("operator"),
            town.at,
            lambda work: next(iter(open_people(work, [Newcomer(NEW, "另一人")]).values())),
            retry_on=frozenset({"changed_meanwhile"}),
        )

    approved, opened = _together(approve, open_another)
    person_id = reached(town, ZHANG_SAN[1])
    if approved is True:
        assert opened == person_id == reached(town, NEW)
    else:
        assert approved in ("number_of_another", "changed_meanwhile")
        assert opened == reached(town, NEW) != person_id
    with town.database.read() as session:
        indexes = session.scalars(select(Person.blind_index)).all()
        assert len(indexes) == len(set(indexes))
        assert session.scalars(select(NumberCorrection.approved)).one() is (
            True if approved is True else None
        )
