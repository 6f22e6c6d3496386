"""Accounts and devices an institution keeps for itself: suspended, reset, named, approved, struck off."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests import town_train as town
from tests.loop.telling import set_parameter
from tests.scene import Scene, on
from voucher.plumbing.unit_of_work import Work
from voucher.registry import counter_devices
from voucher.registry.access import colleagues, passwords
from voucher.registry.access.staffing import grant_role
from voucher.registry.users import UserAccount
from voucher.rules.actor import Role


def user_of(scene: Scene, login: str) -> int:
    return scene.actor(login).user_id


def test_an_administrator_suspends_resets_and_takes_up_again_whom_he_may(scene: Scene) -> None:
    scene.at = on("2024-03-06")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    head = town.staff(scene, house, Role.INSTITUTION_ADMIN)
    second = town.staff(scene, house, Role.INSTITUTION_ADMIN, serial=2)
    scanner, registrar = town.staff(scene, house, Role.SCANNER), town.staff(scene, house, Role.REGISTRAR)
    stranger = town.staff(scene, other, Role.INSTITUTION_ADMIN)
    who = user_of(scene, scanner)
    suspend = partial(colleagues.suspend_colleague, institution_id=house, user_id=who)
    resume = partial(colleagues.resume_colleague, institution_id=house, user_id=who)
    reset = partial(colleagues.reset_colleague, institution_id=house, user_id=who)
    assert town.code(scene, registrar, suspend) == "role_missing"
    assert town.code(scene, stranger, suspend) == "colleague_missing"
    for admin in (head, second):
        act = partial(colleagues.suspend_colleague, institution_id=house, user_id=user_of(scene, admin))
        assert town.code(scene, head, act) == "colleague_missing", "no administrator is another's to manage"
    assert town.code(scene, head, resume) == "colleague_active"
    account, password = scene.do(head, reset)
    assert account.must_change_password
    assert len(password) >= 12
    with scene.database.read() as session:
        kept = session.get_one(UserAccount, who).password_hash or ""
    assert passwords.HASHER.verify(kept, password)
    scene.do(head, suspend)
    assert not scene.actor(scanner).serves(house, Role.SCANNER), "from this moment on"
    assert town.code(scene, head, suspend) == "colleague_suspended"
    assert town.code(scene, head, reset) == "colleague_suspended"
    with scene.database.read() as session:
        listed = colleagues.list_colleagues(session, [house], scene.at)
        shown = {each.account.id: each for each in listed}
        assert shown[who].is_suspended
        assert shown[who].roles == (Role.SCANNER,)
        assert not shown[user_of(scene, second)].is_managed
    scene.do(head, resume)
    assert scene.actor(scanner).serves(house, Role.SCANNER)
    # an account that is something elsewhere too is not one school's to reset
    scene.do("administrator", partial(_grant, login=scanner, house=town.T2[1]))
    assert town.code(scene, head, reset) == "colleague_elsewhere"


def _grant(work: Work, login: str, house: str) -> None:
    grant_role(work, login, Role.TEACHER, None, house)


def test_a_device_is_named_approved_and_struck_off_at_once(scene: Scene) -> None:
    scene.at = on("2024-03-06")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    head, scanner = town.staff(scene, house, Role.INSTITUTION_ADMIN), town.staff(scene, house, Role.SCANNER)
    stranger = town.staff(scene, other, Role.INSTITUTION_ADMIN)
    named = partial(counter_devices.name_device, institution_id=house, name="前台一号机")
    foreign = partial(counter_devices.name_device, institution_id=other, name="前台一号机")
    assert town.code(scene, scanner, foreign) == "counter_device_missing"
    blank = partial(counter_devices.name_device, institution_id=house, name=" ")
    assert town.code(scene, scanner, blank) == "counter_device_unnamed"
    made, secret = scene.do(scanner, named)
    assert made.approved_at is None
    assert secret not in made.secret_hash
    check = partial(counter_devices.check_device, institution_ids=[house], secret=secret)
    unknown = partial(counter_devices.check_device, institution_ids=[house], secret="")
    # unless the office asks for approval, a device is only noted
    assert scene.do(scanner, check) is not None
    assert scene.do(scanner, unknown) is None
    set_parameter(scene, counter_devices.APPROVAL, "1", "2024-03-01")
    assert town.code(scene, scanner, check) == "counter_device_unapproved"
    assert town.code(scene, scanner, unknown) == "counter_device_unapproved"
    approve = partial(counter_devices.approve_device, device_id=made.id)
    strike = partial(counter_devices.strike_device, device_id=made.id)
    assert town.code(scene, scanner, approve) == "role_missing"
    assert town.code(scene, stranger, approve) == "counter_device_missing"
    scene.do(head, approve)
    found = scene.do(scanner, check)
    assert found is not None
    assert found.label == f"counter-{made.id}"
    scene.do(head, strike)
    refused = town.refusal(scene, scanner, check)
    assert refused.code == "counter_device_struck"
    assert refused.title == "这台设备“前台一号机”已被本机构停用，不能核销"
    assert town.code(scene, head, approve) == "counter_device_struck"
    # for good, past every act
    for change in (
        "struck_at = NULL, struck_by_person_id = NULL",
        "secret_hash = name",
        "name = secret_hash",
    ):
        with (
            pytest.raises(DBAPIError, match=r"never changes|written once"),
            scene.database.engine.begin() as raw,
        ):
            raw.execute(text(f"UPDATE counter_device SET {change}"))
    with pytest.raises(DBAPIError, match="never deleted"), scene.database.engine.begin() as raw:
        raw.execute(text("DELETE FROM counter_device"))
    # whoever administers needs nobody's approval for the device in hand
    own, _ = scene.do(head, named)
    assert own.approved_at is not None
