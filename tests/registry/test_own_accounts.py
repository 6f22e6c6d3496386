"""Accounts people open for themselves: what was disabled for good is opened anew by the window alone."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from tests.scene import ZHANG_SAN, Scene
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import staffing
from voucher.registry.access.linked_identities import find_linked, link
from voucher.registry.access.login_codes import ProvenPhone
from voucher.registry.access.own_accounts import open_by_phone, open_by_sign_on
from voucher.registry.access.workers import open_worker
from voucher.registry.users import UserAccount
from voucher.rules.errors import Refused

MOBILE = "13900139000"
NAME, NUMBER = ZHANG_SAN
IDENTITY = ("https://sso.example.org", "zhang-san")


def account_of(work: Work, login: str) -> int:
    return work.session.scalars(select(UserAccount.id).where(UserAccount.login == login)).one()


def test_who_was_disabled_goes_to_the_window_and_signs_up_nowhere_else(scene: Scene) -> None:
    phone = ProvenPhone(MOBILE, scene.keyring.blind_index("mobile", MOBILE), 0)

    def by_phone(work: Work) -> UserAccount:
        return open_by_phone(work, phone, NUMBER, NAME)

    def by_sign_on(work: Work) -> UserAccount:
        return open_by_sign_on(work, NUMBER, NAME)

    login = scene.do("operator", lambda work: by_phone(work).login)
    assert login.startswith("w0000"), "the name a second one would be given again"
    scene.do("operator", lambda work: link(work, account_of(work, login), *IDENTITY))
    scene.do("administrator", lambda work: staffing.disable_account(work, login))
    for sign_up in (by_phone, by_sign_on):
        with pytest.raises(Refused) as told:
            scene.do("operator", sign_up)
        assert told.value.refusal.code == "worker_disabled"
        assert "窗口" in (told.value.refusal.next_step or "")

    at_window = partial(open_worker, number=NUMBER, name=NAME, login="zhangsan", mobile=MOBILE)
    opened = scene.do("operator", at_window)
    assert scene.do("operator", lambda work: by_sign_on(work).id) == opened
    # the identity went with the old account, so the new one can have it
    scene.do("operator", lambda work: link(work, opened, *IDENTITY))
    with scene.database.read() as session:
        linked = find_linked(session, scene.keyring, *IDENTITY)
        assert linked is not None
        assert linked.id == opened
