"""Codes of a telephone as acts, on both databases: two at once are counted one after the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy import func, select

from tests.scene import Scene
from voucher.registry.access.login_codes import Asked, ProvenPhone, ask_code, prove_code
from voucher.registry.access.login_rows import LoginCode, LoginRefusal
from voucher.rules.errors import Refusal

MOBILE, HERE = "13800138000", "10.0.0.1"


def test_a_code_asked_for_by_many_at_once_is_sent_once_and_guesses_are_all_counted(scene: Scene) -> None:
    ask = partial(ask_code, mobile=MOBILE, address=HERE)
    # the number's key must be there before anybody can wait for it
    assert isinstance(scene.do("operator", ask), Asked)
    with ThreadPoolExecutor(4) as crowd:
        asked = list(crowd.map(lambda _: scene.do("operator", ask), range(4)))
        guess = partial(prove_code, mobile=MOBILE, code="not a code", address=HERE)
        guessed = list(crowd.map(lambda _: scene.do("operator", guess), range(7)))
    assert {each.code for each in asked if isinstance(each, Refusal)} == {"login_code_rests"}
    assert {each.code for each in guessed if isinstance(each, Refusal)} == {"login_code_refused"}
    assert not any(isinstance(each, ProvenPhone) for each in guessed)
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).select_from(LoginCode)) == 1
        assert session.scalar(select(func.count()).select_from(LoginRefusal)) == 11
