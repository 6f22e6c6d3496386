"""The same key 64 times: one effect and 64 equal answers."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select, text

from tests.scene import JIYUAN, Scene
from tests.storms.gale import CLIENTS, refusals, results, rush, surprises
from voucher.ledger import budget as budgets
from voucher.ledger.budget import Budget
from voucher.plumbing.idempotency import Answer, IdempotencyKey, fingerprint, once
from voucher.plumbing.types import canonical_json
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.vocabulary import FundSource
from voucher.stages.oversee.invariants import find_violations

pytestmark = pytest.mark.storm

ASKED = fingerprint("POST", "/budgets", {"amount_fen": 100})


def open_one(work: Work) -> Answer:
    made = budgets.open_budget(work, region_code=JIYUAN, year=2024, source=FundSource.FISCAL, amount_fen=100)
    return Answer(201, {"id": made.id, "granted_fen": made.granted_fen})


def test_the_same_key_64_times_is_one_effect_and_equal_answers(scene: Scene) -> None:
    operator = scene.actor("operator")

    def ask(_number: int) -> Answer:
        return perform(
            scene.database, scene.keyring, operator, scene.at, lambda work: once(work, "k", ASKED, open_one)
        )

    outcomes = rush(ask)
    assert surprises(outcomes) == []
    assert refusals(outcomes) == []
    answers = results(outcomes)
    assert len(answers) == CLIENTS
    assert {(each.status, canonical_json(each.body)) for each in answers} == {
        (201, '{"granted_fen":100,"id":1}')
    }
    with scene.database.read() as session:
        assert session.scalars(select(Budget.granted_fen)).all() == [100]
        assert session.scalar(text("SELECT COUNT(*) FROM transfer")) == 1


def test_the_same_key_with_another_body_is_refused_whoever_comes_first(scene: Scene) -> None:
    operator = scene.actor("operator")

    def ask(number: int) -> Answer:
        asked = fingerprint("POST", "/budgets", number % 2)
        return perform(
            scene.database, scene.keyring, operator, scene.at, lambda work: once(work, "k", asked, open_one)
        )

    outcomes = rush(ask)
    assert surprises(outcomes) == []
    assert refusals(outcomes) == ["idempotency_key_reused"] * (CLIENTS // 2)
    with scene.database.read() as session:
        assert session.scalars(select(Budget.granted_fen)).all() == [100]


@pytest.mark.plants_violation
def test_the_storm_sees_doubles_where_the_key_is_only_looked_up(scene: Scene) -> None:
    """The control: is the key known? no: act; write the key down afterwards."""
    operator = scene.actor("operator")
    looked = threading.Barrier(CLIENTS)
    scene.do("operator", open_one)

    def ask(_number: int) -> Answer:
        with scene.database.read() as session:
            known = session.scalar(select(func.count()).select_from(IdempotencyKey))
        looked.wait()
        assert not known
        return perform(scene.database, scene.keyring, operator, scene.at, open_one)

    outcomes = rush(ask)
    assert surprises(outcomes) == []
    with scene.database.read() as session:
        assert session.scalars(select(Budget.granted_fen)).all() == [100 * (CLIENTS + 1)]
        assert find_violations(session) == []
