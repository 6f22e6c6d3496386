"""Codes of bound phones, spoilt in every way, held to a counter with its database: none gets through."""

from __future__ import annotations

import random
from collections import Counter as Count

import pytest

from tests import town_issue as issue
from tests import town_train as town
from tests.ledger.credentials.mutating import Good, mutate
from tests.scene import LI_SI, ZHANG_SAN, Scene, on
from tests.town_phone import phone
from voucher.ledger.credentials.presented import Counter, find_presented
from voucher.registry.phones import read_showing_limits
from voucher.rules.code_format import Kind, decode_base10
from voucher.rules.errors import Refused, list_reasons

FEW, MANY = 120, 10_000
SEED = 20_261_121


def spoil(scene: Scene, many: int) -> tuple[list[str], Count[str]]:
    """Return the spoilt codes a counter took, and what it said to the others."""
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    programme = issue.programme(scene, scene.open_budget(10_000))
    goods = []
    for person in (ZHANG_SAN, LI_SI):
        voucher_id = town.accepted(scene, programme, person)
        mine = phone(scene, person)
        for kind in (Kind.S, Kind.F) * 5:
            mine.online = not mine.online
            goods.append(Good(decode_base10(mine.show(voucher_id, kind)[2:-2]), kind))
    rolled, known = random.Random(SEED), {each.text for each in goods}
    taken, said = [], Count[str]()
    with scene.database.read() as session:
        limits = read_showing_limits(session, scene.at.date())
        counter = Counter(house, frozenset({house}), "redeem", limits)
        for text in known:
            assert find_presented(session, scene.keyring, text, scene.at, counter).signed is not None
        while said.total() < many:
            text = mutate(rolled.choice(goods), rolled, goods)
            if text in known:
                continue
            try:
                find_presented(session, scene.keyring, text, scene.at, counter)
            except Refused as refused:
                said[refused.refusal.code] += 1
            else:
                said["taken"] += 1
                taken.append(text)
    return taken, said


def check(scene: Scene, many: int) -> None:
    taken, said = spoil(scene, many)
    assert taken == []
    assert set(said) <= {each.code for each in list_reasons()}
    # the spoilt codes get past the spelling, and as far as the signatures of issuer and phone
    assert {"code_malformed", "code_unknown", "code_forged", "credential_forged"} <= set(said)


def test_a_counter_takes_no_spoilt_code(scene: Scene) -> None:
    check(scene, FEW)


@pytest.mark.long
def test_a_counter_takes_none_of_ten_thousand_spoilt_codes(scene: Scene) -> None:
    check(scene, MANY)
