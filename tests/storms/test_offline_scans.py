"""Offline scans in every order and in shuffled batches: one final state, whatever came first.

No two clients meet here, so `make long` plays it on both cores.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from random import Random

import pytest
from sqlalchemy import select

from tests.scene import LI_SI, ZHANG_SAN, Scene
from tests.town_offline import Counter, Final, counter_without_network, final
from voucher.ledger.holds import Hold
from voucher.plumbing.unit_of_work import Work, perform
from voucher.stages.train.confirm import Noted, confirm_scans

pytestmark = pytest.mark.long
# 200 take two minutes: every change meets fewer, STORM_SIZE=full makes them the whole
BATCHES = 200 if os.environ.get("STORM_SIZE") == "full" else 30


@pytest.fixture
def counter(scene: Scene) -> Counter:
    return counter_without_network(scene)


def test_every_order_of_five_scans_comes_to_one_state(counter: Counter) -> None:
    """Two scans of one voucher, a wrong card and then the right one, and a damaged code."""
    scene = counter.scene
    scans = [counter.note(ZHANG_SAN), counter.note(LI_SI, last4="0000")]
    scene.at += timedelta(minutes=2)
    scans += [counter.note(LI_SI), counter.note(ZHANG_SAN)]
    digits = scans[0].digits
    scans.append(replace(scans[0], client_id="damaged", digits=digits[:40] + digits[41:] + "7"))
    scene.at += timedelta(hours=1)
    actor = scene.actor(counter.scanner)

    def play(order: tuple[Noted, ...]) -> Final:
        def act(work: Work) -> Final:
            for each in order:
                confirm_scans(work, counter.class_id, [each])
            confirm_scans(work, counter.class_id, list(order))
            return final(work)

        return perform(scene.database, scene.keyring, actor, scene.at, act, keep=False)

    states = [play(order) for order in permutations(scans)]
    assert len(states) == 120
    assert all(each == states[0] for each in states)
    outcomes, vouchers, redeemed, _ = states[0]
    assert [outcomes[each.client_id] for each in scans] == [
        ("confirmed", None),
        ("conflict", "identity_differs"),
        ("confirmed", None),
        ("confirmed", None),
        ("refused", "code_malformed"),
    ]
    assert set(vouchers.values()) == {"training"}
    assert set(redeemed.values()) == {1}


def test_shuffled_batches_with_a_copied_phone_come_to_one_state(counter: Counter) -> None:
    """Many times in other batches, some sent twice: the copies are told whichever arrives first."""
    scene, (voucher_id, mine) = counter.scene, counter.held["张三"]
    copy = mine.copied()
    scans = [counter.note(ZHANG_SAN), counter.note(LI_SI)]
    scene.at += timedelta(minutes=10)
    counter.held["张三"] = (voucher_id, copy)
    scans.append(counter.note(ZHANG_SAN))
    counter.held["张三"] = (voucher_id, mine)
    scans += [counter.note(ZHANG_SAN), counter.note(LI_SI), counter.note(LI_SI, last4="1111")]
    scene.at += timedelta(hours=1)
    actor, dice = scene.actor(counter.scanner), Random(5)

    def play(work: Work) -> Final:
        left = dice.sample(scans, len(scans)) + dice.sample(scans, 2)
        while left:
            size = dice.randint(1, 4)
            batch, left = left[:size], left[size:]
            confirm_scans(work, counter.class_id, list({each.client_id: each for each in batch}.values()))
        return final(work)

    states = [
        perform(scene.database, scene.keyring, actor, scene.at, play, keep=False) for _ in range(BATCHES)
    ]
    assert all(each == states[0] for each in states)
    outcomes, vouchers, _, frozen = states[0]
    assert [outcomes[each.client_id][1] for each in scans] == [
        "code_copied",
        None,
        "code_copied",
        "code_copied",
        None,
        "identity_differs",
    ]
    assert vouchers[voucher_id] == "training"
    assert frozen == {mine.device_id: True, counter.held["李四"][1].device_id: False}
    counter.send(*scans)
    with scene.database.read() as session:
        held = session.scalars(select(Hold).where(Hold.closed_at.is_(None))).all()
        assert [each.object_id for each in held] == [voucher_id], (
            "nothing moves on until the office has looked"
        )
