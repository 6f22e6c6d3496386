"""Whom the sign-on vouches for is the person of the account, or does not come in and is not linked."""

from __future__ import annotations

import pytest

from tests.doors.telephone import furnish
from tests.doors.test_entrance import send
from tests.doors.world import PASSWORD, World
from tests.scene import LI_SI, ZHANG_SAN
from voucher.config import SignOn
from voucher.doors.auth import single_sign_on
from voucher.doors.auth.single_sign_on import Identified

ISSUER = "https://sso.example"
HIDDEN = "4101**********991X"


def test_another_s_identity_neither_links_nor_opens_an_account(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(world, SignOn(ISSUER, "voucher", "a secret", "豫事办", "identity_number"))
    world.worker("zhangsan", *ZHANG_SAN)
    said: list[str | None] = []
    monkeypatch.setattr(
        single_sign_on, "_identify", lambda *_: Identified(ISSUER, "subject", ZHANG_SAN[0], said[-1])
    )

    def come_back(number: str | None, *, linking: bool = False) -> tuple[int, bool]:
        said.append(number)
        browser = world.app.test_client()
        if linking:
            send(browser, "/login", login="zhangsan", password=PASSWORD)
            send(browser, "/sessions/identity")
        answer = browser.get("/login/sso/back")
        return answer.status_code, "不是同一人" in answer.text

    assert come_back(LI_SI[1], linking=True) == (403, True)
    assert come_back(None) == (403, False), "it is not linked"
    assert come_back(HIDDEN, linking=True) == (303, False)
    assert come_back(LI_SI[1]) == (403, True), "linked, and vouched for as somebody else since"
    for number in (ZHANG_SAN[1], HIDDEN, None):
        assert come_back(number) == (303, False)
