"""An act that lost a race is run again where its caller asks for it, and only then."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.scene import JIYUAN, Scene
from voucher.plumbing.unit_of_work import ATTEMPTS, Work, perform
from voucher.rules.errors import Refused

TAKEN = frozenset({"budget_exists"})
INSERT = text(
    "INSERT INTO budget (region_code, year, source, granted_fen, reserved_fen, spent_fen, returned_fen,"
    " opened_at)"
    " VALUES (:region, 2024, 'x', 0, 0, 0, 0, '2024-01-01T00:00:00.000000Z')"
)


def losing(scene: Scene, times: int, runs: list[int]) -> str:
    """Run into the unique constraint of budgets as many times as told, then succeed."""

    def act(work: Work) -> str:
        runs.append(len(runs) + 1)
        for _ in range(2 if len(runs) <= times else 0):
            work.session.execute(INSERT, {"region": JIYUAN})
        return "done"

    operator = scene.actor("operator")
    return perform(
        scene.database, scene.keyring, operator, scene.at, act, retry_on=TAKEN if times else frozenset()
    )


def test_an_act_runs_again_until_it_no_longer_loses(scene: Scene) -> None:
    runs: list[int] = []
    assert losing(scene, 2, runs) == "done"
    assert runs == [1, 2, 3]


def test_after_five_attempts_the_refusal_is_told(scene: Scene) -> None:
    runs: list[int] = []
    with pytest.raises(Refused) as refused:
        losing(scene, ATTEMPTS, runs)
    assert refused.value.refusal.code == "budget_exists"
    assert len(runs) == ATTEMPTS


def test_nobody_is_run_again_who_did_not_ask_for_it(scene: Scene) -> None:
    runs: list[int] = []

    def act(work: Work) -> None:
        runs.append(1)
        work.session.execute(INSERT, {"region": JIYUAN})
        work.session.execute(INSERT, {"region": JIYUAN})

    with pytest.raises(Refused):
        scene.do("operator", act)
    with pytest.raises(Refused):
        perform(
            scene.database,
            scene.keyring,
            scene.actor("operator"),
            scene.at,
            act,
            retry_on=frozenset({"entitlement_taken"}),
        )
    assert len(runs) == 2
