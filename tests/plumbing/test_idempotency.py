"""A key that is written with its answer: whoever comes in between with the same key is told the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from tests.scene import JIYUAN, Scene
from voucher.ledger.budget import Budget, open_budget
from voucher.ledger.races import RACES
from voucher.plumbing.idempotency import Answer, IdempotencyKey, fingerprint, once
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.errors import Family, KeptRefused, Reason, Refused
from voucher.rules.vocabulary import FundSource

ASKED, OTHER = fingerprint("POST", "/budgets", 1), fingerprint("POST", "/budgets", 2)
NO = Reason("planted_no", "不行", "请换一个", "【设】", Family.INVALID)
# two transactions at once: on SQLite the second could not begin
at_once = pytest.mark.parametrize("database", ["postgres"], indirect=True)


def _open(year: int) -> Answer:
    return Answer(201, {"year": year})


def _act(work: Work, year: int) -> Answer:
    open_budget(work, region_code=JIYUAN, year=year, source=FundSource.FISCAL, amount_fen=100)
    return _open(year)


def _ask(scene: Scene, act: Callable[[Work], Answer], asked: str = ASKED) -> Answer:
    return perform(
        scene.database,
        scene.keyring,
        scene.actor("operator"),
        scene.at,
        lambda work: once(work, "k", asked, act, lambda _work, _key: None),
        retry_on=RACES,
    )


def _years(scene: Scene) -> list[int]:
    with scene.database.read() as session:
        assert len(session.scalars(select(IdempotencyKey.answer)).all()) <= 1
        return list(session.scalars(select(Budget.year)))


def test_the_key_that_comes_back_gets_its_answer_and_another_body_is_refused(scene: Scene) -> None:
    runs: list[int] = []

    def act(work: Work) -> Answer:
        runs.append(1)
        return _act(work, 2024)

    assert [_ask(scene, act) for _ in range(2)] == [_open(2024)] * 2
    assert len(runs) == 1
    with pytest.raises(Refused) as refused:
        _ask(scene, act, OTHER)
    assert refused.value.refusal.code == "idempotency_key_reused"
    assert _years(scene) == [2024]


@pytest.mark.parametrize("kept", [False, True])
def test_a_refused_act_leaves_no_key(scene: Scene, *, kept: bool) -> None:
    def refuse(_work: Work) -> Answer:
        raise KeptRefused(NO.refusal()) if kept else NO.refused()

    with pytest.raises(Refused):
        _ask(scene, refuse)
    assert _ask(scene, lambda work: _act(work, 2024)) == _open(2024)


@at_once
@pytest.mark.parametrize("is_refused", [False, True])
def test_of_two_at_once_with_one_key_the_later_gets_the_answer_of_the_other(
    scene: Scene, *, is_refused: bool
) -> None:
    told: list[str] = []

    def act(work: Work) -> Answer:
        work.after_commit(lambda: told.append("mine"))
        _act(work, 2025)
        # meanwhile the same request is answered, which this one has not seen
        assert _ask(scene, lambda other: _act(other, 2024)) == _open(2024)
        if is_refused:
            raise NO.refused()
        return _open(2025)

    assert _ask(scene, act) == _open(2024)
    # what the later one had written is gone, and nobody is told of it
    assert (_years(scene), told) == ([2024], [])


@at_once
def test_of_two_at_once_with_one_key_and_different_bodies_the_later_is_refused(scene: Scene) -> None:
    def act(work: Work) -> Answer:
        _ask(scene, lambda other: _act(other, 2024), OTHER)
        return _act(work, 2025)

    with pytest.raises(Refused) as refused:
        _ask(scene, act)
    assert refused.value.refusal.code == "idempotency_key_reused"
    assert _years(scene) == [2024]
