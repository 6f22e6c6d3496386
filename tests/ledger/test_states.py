"""A skipped step, in every table: refused in a sentence, by the rule and by the database; nothing moves.

Every thing that has a table of states is played by a pebble: a row with nothing but its state, moved by the
one writer of states. All of it is rolled back, since no pebble is in the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, insert, select
from sqlalchemy.exc import IntegrityError

from tests.scene import Scene
from voucher.ledger import states
from voucher.ledger.states import NOTHING, Snapshot, StateEvent, Transition
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.errors import Family, Refused
from voucher.rules.lifecycle import (
    EVENT_NAMES,
    ROWS,
    STATE_NAMES,
    THING_NAMES,
    Thing,
    may_move,
    possible_events,
    transitions,
)

CHINESE = re.compile(r"[\u4e00-\u9fff]")
PEBBLES = Table(
    "pebble",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("state", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    prefixes=["TEMPORARY"],
)


class Pebble:
    """What is moved in place of vouchers, claims and all the others."""

    __thing__ = Thing.VOUCHER
    __table__ = PEBBLES


def ways(thing: Thing) -> dict[str, list[str]]:
    """Return, for every state, events that lead there from nothing."""
    found: dict[str | None, list[str]] = {None: []}
    for _ in STATE_NAMES[thing]:
        for row in transitions(thing):
            if row.state in found:
                found.setdefault(row.to, [*found[row.state], row.event])
    return {state: way for state, way in found.items() if state is not None}


def place(work: Work, thing: Thing, pebble_id: int, way: list[str]) -> Snapshot:
    """Return a pebble that has gone a way, written by the one writer."""
    Pebble.__thing__ = thing
    first = states.first_state(thing, way[0])
    pebble = Snapshot(pebble_id, str(first["state"]), 1)
    states.begin(work, thing, [pebble_id], way[0])
    work.session.execute(insert(PEBBLES), {"id": pebble_id, "state": pebble.state, "seq": 1})
    for event in way[1:]:
        states.move(work, Pebble, [pebble], event)
    return pebble


def stands(work: Work, thing: Thing, pebble: Snapshot) -> tuple[str, int, int]:
    """Return state and step as they are stored, and how many events there are."""
    row = work.session.execute(select(PEBBLES.c.state, PEBBLES.c.seq).where(PEBBLES.c.id == pebble.id)).one()
    return (*row, len(states.list_events(work, thing, pebble.id)))


def skipped(thing: Thing, state: str) -> Iterator[str]:
    """Yield every event of a table that this state does not allow."""
    return (event for event in EVENT_NAMES[thing] if not may_move(thing, state, event))


def check_refused(work: Work, thing: Thing, pebble: Snapshot, event: str) -> None:
    """Have the writer refuse an event and see that it says so, and what could be done instead."""
    with pytest.raises(Refused) as caught:
        states.move(work, Pebble, [pebble], event)
    told = caught.value.refusal
    assert (told.code, told.family) == ("event_not_allowed", Family.CONFLICT)
    names = (THING_NAMES[thing], STATE_NAMES[thing][pebble.state], EVENT_NAMES[thing][event])
    assert told.title == "{}当前为“{}”，不能{}".format(*names)
    ahead = [EVENT_NAMES[thing][each] for each in possible_events(thing, pebble.state)]
    assert told.next_step == "现在可以办理：" + ("、".join(ahead) or "已终结，无后续办理")
    assert CHINESE.search(names[1])
    assert CHINESE.search(names[2])


def check_shut(work: Work, thing: Thing, pebble: Snapshot, event: str) -> None:
    """Write the event past the writer: the database has no such square, wherever it is said to lead."""
    leads = {row.to for row in transitions(thing) if row.event == event}
    for to in sorted(leads):
        with pytest.raises(IntegrityError), work.session.begin_nested():
            work.session.execute(
                insert(StateEvent).values(
                    thing=str(thing), object_id=pebble.id, seq=pebble.seq + 1, previous_seq=pebble.seq,
                    from_state=pebble.state, event=event, to_state=to, at=work.at, actor_user_id=1,
                    actor_person_id=1,
                )
            )  # fmt: skip


def test_no_table_lets_a_step_be_skipped(scene: Scene) -> None:
    def walk(work: Work) -> int:
        PEBBLES.create(work.session.connection())
        count = 0
        for number, thing in enumerate(Thing):
            for position, (state, way) in enumerate(ways(thing).items()):
                pebble = place(work, thing, 10**9 + 1000 * number + position, way)
                assert stands(work, thing, pebble) == (state, len(way), len(way))
                wrong = list(skipped(thing, state))
                for event in wrong:
                    check_refused(work, thing, pebble, event)
                check_shut(work, thing, pebble, wrong[position % len(wrong)])
                # not one of them moved it or left an event
                assert stands(work, thing, pebble) == (state, len(way), len(way))
                count += len(wrong)
        return count

    tried = perform(scene.database, scene.keyring, scene.actor("operator"), scene.at, walk, keep=False)
    squares = sum(len(STATE_NAMES[thing]) * len(EVENT_NAMES[thing]) for thing in Thing)
    allowed = {(row.thing, row.state, row.event) for thing in Thing for row in transitions(thing)}
    assert tried == squares - sum(state is not None for _, state, _ in allowed)


def test_the_database_knows_the_squares_of_the_tables_and_no_other(scene: Scene) -> None:
    """Every event refers to one of them, so that what was not planted square by square is shut as well."""
    with scene.database.read() as session:
        known = session.execute(
            select(Transition.thing, Transition.from_state, Transition.event, Transition.to_state)
        ).all()
    told = {(str(row.thing), row.state or NOTHING, row.event, row.to) for row in ROWS}
    assert {tuple(row) for row in known} == told


def test_one_that_may_not_go_holds_back_all_that_are_sent_with_it(scene: Scene) -> None:
    def walk(work: Work) -> None:
        PEBBLES.create(work.session.connection())
        good = place(work, Thing.VOUCHER, 10**9, ["issue"])
        bad = place(work, Thing.VOUCHER, 10**9 + 1, ["issue", "accept"])
        with pytest.raises(Refused):
            states.move(work, Pebble, [good, bad], "accept")
        assert stands(work, Thing.VOUCHER, good) == ("issued", 1, 1)
        assert stands(work, Thing.VOUCHER, bad) == ("accepted", 2, 2)

    perform(scene.database, scene.keyring, scene.actor("operator"), scene.at, walk, keep=False)


def test_nothing_begins_in_the_middle_of_its_life(scene: Scene) -> None:
    """What does not begin a life is refused for something that is not there yet."""

    def walk(work: Work) -> None:
        for thing in Thing:
            for event in EVENT_NAMES[thing]:
                if may_move(thing, None, event):
                    continue
                with pytest.raises(Refused) as caught:
                    states.begin(work, thing, [10**9], event)
                assert caught.value.refusal.code == "event_not_allowed"
                assert "尚未建立" in caught.value.refusal.title
                assert states.list_events(work, thing, 10**9) == []

    perform(scene.database, scene.keyring, scene.actor("operator"), scene.at, walk, keep=False)
