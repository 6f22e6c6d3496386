"""A number an institution wrote beside a name opens nothing until the worker or the office gave it."""

from __future__ import annotations

from functools import partial

import pytest

from tests.scene import LI_SI, ZHANG_SAN, Scene
from tests.town_issue import institution, person_id, staff
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.login_codes import ProvenPhone
from voucher.registry.access.own_accounts import find_accounts, open_by_phone
from voucher.registry.access.workers import open_worker
from voucher.registry.people import Newcomer, open_people
from voucher.registry.vouched_numbers import find_unvouched
from voucher.rules.actor import Role
from voucher.rules.errors import Refused

THEIRS = "13900139000"


def test_an_institution_does_not_sign_in_as_its_own_learners(scene: Scene) -> None:
    school = institution(scene)
    clerk = staff(scene, "教务员", Role.REGISTRAR, school, "310101199001010310")

    def put_on_record(work: Work) -> None:
        open_people(work, [Newcomer(ZHANG_SAN[1], ZHANG_SAN[0], THEIRS)])

    scene.do(clerk, put_on_record)
    scene.do("operator", lambda work: open_people(work, [Newcomer(LI_SI[1], LI_SI[0], THEIRS)]))
    learner, other = person_id(scene, ZHANG_SAN), person_id(scene, LI_SI)
    phone = ProvenPhone(THEIRS, scene.keyring.blind_index("mobile", THEIRS), 0)

    with scene.database.read() as session:
        assert find_unvouched(session, [learner, other]) == {learner}
    with pytest.raises(Refused) as told:
        scene.do("operator", lambda work: open_by_phone(work, phone, ZHANG_SAN[1], ZHANG_SAN[0]))
    assert told.value.refusal.code == "phone_not_on_record"
    opened = scene.do("operator", lambda work: open_by_phone(work, phone, LI_SI[1], LI_SI[0]).id)

    # what was given at the window is the worker's own, though it be the same
    window = partial(open_worker, number=ZHANG_SAN[1], name=ZHANG_SAN[0], login="zhangsan")
    with scene.database.read() as session:
        assert [each.user_id for each in find_accounts(session, phone.mobile_index)] == [opened]
    mine = scene.do("operator", lambda work: window(work, mobile=THEIRS))
    with scene.database.read() as session:
        assert find_unvouched(session, [learner, other]) == set()
        assert {each.user_id for each in find_accounts(session, phone.mobile_index)} == {mine, opened}
