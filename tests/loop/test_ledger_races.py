"""What two transactions at once may not do to the ledger: fork the trail of an object, or lock crosswise."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import event, func, select

from tests.scene import Scene
from voucher.ledger import audit
from voucher.ledger import budget as budgets
from voucher.ledger.audit import AuditRow
from voucher.ledger.postings import Line
from voucher.ledger.races import RACES
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.errors import Refused

CLIENTS = 8
TOUCHED = re.compile(r"(?:UPDATE|FROM) (budget|account)\b.*(?:SET|FOR UPDATE)", re.DOTALL)


def rush(scene: Scene, retry_on: frozenset[str]) -> int:
    """Have eight transactions record something of one unlocked object at once; return how many were kept."""
    ready = threading.Barrier(CLIENTS)
    kept: list[bool] = []
    actor = scene.actor("operator")

    def act(work: Work) -> None:
        audit.record_one(work, "person", 1, "look", number=threading.get_ident())

    def client() -> None:
        ready.wait()
        try:
            perform(scene.database, scene.keyring, actor, scene.at, act, retry_on=retry_on)
        except Refused:
            kept.append(False)
        else:
            kept.append(True)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return sum(kept)


def test_the_trail_of_one_object_never_forks(scene: Scene) -> None:
    """A fork would leave the trail broken for ever, and nothing could be released any more."""
    assert rush(scene, RACES) >= 5
    with scene.database.read() as session:
        forks = session.scalars(
            select(AuditRow.previous_hash)
            .where(AuditRow.previous_hash.is_not(None))
            .group_by(AuditRow.previous_hash)
            .having(func.count() > 1)
        ).all()
    assert forks == []


def test_a_forked_row_is_refused_by_the_database(scene: Scene) -> None:
    def fork(work: Work) -> None:
        audit.record_one(work, "person", 1, "look", number=1)
        last = work.session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(1)).one()
        columns = {c.name: getattr(last, c.name) for c in AuditRow.__table__.columns if c.name != "id"}
        work.session.add(AuditRow(**columns | {"content_hash": "f" * 64}))
        work.session.flush()

    with pytest.raises(Refused) as caught:
        scene.do("operator", fork)
    assert caught.value.refusal.code == "changed_meanwhile"


@pytest.mark.parametrize(
    "act",
    [
        lambda work, budget: budgets.reserve(work, budget, [Line(100)]),
        lambda work, budget: budgets.release(work, budget, [Line(100)]),
        lambda work, budget: budgets.spend(work, budget, [Line(100)]),
        lambda work, budget: budgets.take_back(work, budget, [Line(100)]),
        lambda work, budget: budgets.grant(work, budget, 100),
    ],
    ids=["reserve", "release", "spend", "take_back", "grant"],
)
def test_every_movement_locks_the_budget_before_its_accounts(
    scene: Scene, act: Callable[[Work, int], None]
) -> None:
    """The other way round, a reservation and a release of one budget wait for each other for ever."""
    budget = scene.open_budget(1000)
    order: list[str] = []

    def listen(_c: object, _u: object, statement: str, *_rest: object) -> None:
        found = TOUCHED.search(statement)
        if found is not None:
            order.append(found.group(1))

    def move(work: Work) -> None:
        budgets.reserve(work, budget, [Line(1000)])
        budgets.spend(work, budget, [Line(500)])
        order.clear()
        act(work, budget)

    event.listen(scene.database.engine, "before_cursor_execute", listen)
    try:
        perform(scene.database, scene.keyring, scene.actor("operator"), scene.at, move, keep=False)
    finally:
        event.remove(scene.database.engine, "before_cursor_execute", listen)
    assert order[0] == "budget"
    assert "account" in order
