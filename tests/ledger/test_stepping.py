"""Many moved at once: all of them or none, whichever of them somebody else has moved meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import insert, select, update

from tests.ledger.test_states import PEBBLES, Pebble, place, stands
from tests.scene import Scene
from voucher.ledger import states
from voucher.ledger.states import Snapshot, StateEvent
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing

FIRST = 2 * 10**9
RECORDED, VERIFIED = ["record"], ["record", "verify"]


def act(scene: Scene, does: Callable[[Work], object], *, keep: bool = False) -> None:
    perform(scene.database, scene.keyring, scene.actor("operator"), scene.at, does, keep=keep)


def lay(work: Work, ways: list[list[str]]) -> list[Snapshot]:
    """Return pebbles that stand where certificates stand."""
    PEBBLES.create(work.session.connection())
    return [place(work, Thing.CERTIFICATE, FIRST + i, way) for i, way in enumerate(ways)]


def test_many_in_different_states_take_the_step_together(scene: Scene) -> None:
    def walk(work: Work) -> None:
        pebbles = lay(work, [RECORDED, VERIFIED, RECORDED])
        states.move(work, Pebble, pebbles, "revoke", reason="查实作假")
        assert [stands(work, Thing.CERTIFICATE, each) for each in pebbles] == [
            ("revoked", 2, 2),
            ("revoked", 3, 3),
            ("revoked", 2, 2),
        ]
        assert [(each.state, each.seq) for each in pebbles] == [
            ("revoked", 2),
            ("revoked", 3),
            ("revoked", 2),
        ]

    act(scene, walk)


def test_one_that_was_moved_meanwhile_holds_back_all_that_are_moved_with_it(scene: Scene) -> None:
    """The other one's step is in the trail of events: the second of the same number is refused there."""

    def walk(work: Work) -> None:
        pebbles = lay(work, [RECORDED] * 60)
        seen_before = Snapshot(pebbles[1].id, pebbles[1].state, pebbles[1].seq)
        states.move(work, Pebble, [pebbles[1]], "verify")
        states.move(work, Pebble, [pebbles[0], seen_before, *pebbles[2:]], "revoke")

    with pytest.raises(Refused) as caught:
        act(scene, walk)
    assert caught.value.refusal.code == "changed_meanwhile"
    assert nothing_kept(scene)


def test_one_whose_own_row_stands_elsewhere_holds_back_all_that_are_moved_with_it(scene: Scene) -> None:
    """Its event goes in, its row does not: what is not at the step it was read at is not written over."""

    def walk(work: Work) -> None:
        pebbles = lay(work, [RECORDED] * 60)
        work.session.execute(update(PEBBLES).where(PEBBLES.c.id == pebbles[7].id).values(seq=5))
        states.move(work, Pebble, pebbles, "revoke")

    with pytest.raises(Refused) as caught:
        act(scene, walk)
    assert caught.value.refusal.code == "changed_meanwhile"
    assert nothing_kept(scene)


def test_one_that_is_gone_holds_back_the_others(scene: Scene) -> None:
    def walk(work: Work) -> None:
        pebbles = lay(work, [RECORDED, RECORDED])
        work.session.execute(PEBBLES.delete().where(PEBBLES.c.id == pebbles[1].id))
        states.move(work, Pebble, pebbles, "revoke")

    with pytest.raises(Refused) as caught:
        act(scene, walk)
    assert caught.value.refusal.code == "changed_meanwhile"


def test_the_rows_nobody_moved_stay_as_they_are(scene: Scene) -> None:
    def walk(work: Work) -> None:
        pebbles = lay(work, [RECORDED] * 3)
        work.session.execute(insert(PEBBLES), {"id": FIRST + 99, "state": "recorded", "seq": 1})
        states.move(work, Pebble, pebbles[:2], "verify")
        rows = work.session.execute(select(PEBBLES.c.state).order_by(PEBBLES.c.id)).scalars().all()
        assert rows == ["valid", "valid", "recorded", "recorded"]

    act(scene, walk)


def nothing_kept(scene: Scene) -> bool:
    with scene.database.read() as session:
        return session.scalar(select(StateEvent.id).where(StateEvent.object_id >= FIRST).limit(1)) is None
