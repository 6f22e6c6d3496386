"""The one writer of state: every object moves by an event row whose foreign keys allow it or refuse it.

The event table refers to the allowed transitions and to the object's previous event, so a gap, a fork
or a skipped step is refused by the database even where Python is wrong. The object's own `state` and
`seq` refer to its last event.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    UniqueConstraint,
    select,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from voucher.ledger import audit
from voucher.ledger.holds import Before, check_no_hold, check_not_stopped, look_before_step
from voucher.ledger.stepping import step_all
from voucher.plumbing.bulk import bring_up, write_many
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import Thing, check_event, next_state

NOTHING = "-"  # the state before the first event; NOT NULL keeps the foreign keys honest


class Transition(Model):
    """A row of the tables of states, copied from `rules/lifecycle` by `voucher init`."""

    __tablename__ = "transition"
    __table_args__ = ({"sqlite_strict": True},)

    thing: Mapped[str] = mapped_column(Text, primary_key=True)
    from_state: Mapped[str] = mapped_column(Text, primary_key=True)
    event: Mapped[str] = mapped_column(Text, primary_key=True)
    to_state: Mapped[str] = mapped_column(Text, primary_key=True)


class StateEvent(Model):
    """One step of one object; append-only by trigger."""

    __tablename__ = "state_event"
    __table_args__ = (
        UniqueConstraint("thing", "object_id", "seq", "to_state"),
        UniqueConstraint("thing", "object_id", "seq"),
        ForeignKeyConstraint(
            ["thing", "from_state", "event", "to_state"],
            ["transition.thing", "transition.from_state", "transition.event", "transition.to_state"],
        ),
        ForeignKeyConstraint(
            ["thing", "object_id", "previous_seq", "from_state"],
            [
                "state_event.thing",
                "state_event.object_id",
                "state_event.seq",
                "state_event.to_state",
            ],
            name="fk_state_event_previous",
        ),
        CheckConstraint(
            "(seq = 1 AND previous_seq IS NULL AND from_state = '-')"
            " OR (seq > 1 AND previous_seq = seq - 1 AND from_state <> '-')",
            name="no_gap",
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    thing: Mapped[str] = mapped_column(Text, nullable=False)
    object_id: Mapped[int] = mapped_column(Int64, nullable=False)
    seq: Mapped[int] = mapped_column(Int64, nullable=False)
    previous_seq: Mapped[int | None] = mapped_column(Int64)
    from_state: Mapped[str] = mapped_column(Text, nullable=False)
    event: Mapped[str] = mapped_column(Text, nullable=False)
    to_state: Mapped[str] = mapped_column(Text, nullable=False)
    at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    actor_user_id: Mapped[int] = mapped_column(Int64, nullable=False)
    actor_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    reason: Mapped[str | None] = mapped_column(Text)


class Stateful:
    """What an object with a life carries: its kind, its state and the number of its last event.

    The foreign key to that event is deferred, so that the object and its first event can refer to
    each other within one transaction.
    """

    __thing__: Thing

    # Said aloud, because a column of a foreign key does not number itself otherwise.
    id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=True)
    state: Mapped[str] = mapped_column(Text, nullable=False)
    seq: Mapped[int] = mapped_column(Int64, nullable=False)

    @declared_attr
    def thing(cls) -> Mapped[str]:
        """Return the constant that ties the row to its own kind of events."""
        return mapped_column(Text, nullable=False, default=str(cls.__thing__))


def life(thing: Thing, table: str) -> tuple[Any, ...]:
    """Return the constraints every stateful table carries."""
    return (
        ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name=f"fk_{table}_last_event",
            deferrable=True,
            initially="DEFERRED",
        ),
        CheckConstraint(f"thing = '{thing}'", name="thing"),
    )


@dataclass(slots=True)
class Snapshot:
    """An object known only by id, state and last step: what a bulk insert has just written."""

    id: int
    state: str
    seq: int


def first_state(thing: Thing, event: str) -> dict[str, str | int | None]:
    """Return the columns a new object of this kind is inserted with before `begin` writes its event."""
    return state_after(thing, event)


def state_after(thing: Thing, *events: str) -> dict[str, str | int | None]:
    """Return the columns a new object is inserted with where `begin_through` writes these events of it."""
    state = None
    for event in events:
        state = next_state(thing, state, event)
    return {"thing": str(thing), "state": state, "seq": len(events)}


def begin_through(
    work: Work,
    thing: Thing,
    object_ids: Sequence[int],
    *events: str,
    content: dict[int, dict[str, object]] | None = None,
) -> None:
    """Write the first events of new objects, one upon the other; `content` goes with the first.

    The objects stand in the state of the last already (`state_after`): one row of each is written, none
    is changed. Raises Refused on_hold.
    """
    entries: list[audit.Entry] = []
    state: str | None = None
    for seq, event in enumerate(events):
        if seq:
            check_no_hold(work, thing, object_ids, event)
        steps = [(each, seq, state) for each in object_ids]
        entries += _write_steps(work, thing, steps, event, None, {} if seq else content or {})
        state = next_state(thing, state, event)
    audit.record_first(work, entries)


def begin(
    work: Work,
    thing: Thing,
    object_ids: Sequence[int],
    event: str,
    *,
    reason: str | None = None,
    content: dict[int, dict[str, object]] | None = None,
    unheard_of: bool = False,
) -> None:
    """Write the first event of new objects, with its audit rows; `content` is per object id.

    Of objects that are `unheard_of` the trail says nothing yet, and nothing is looked up.
    """
    steps = [(i, 0, None) for i in object_ids]
    entries = _write_steps(work, thing, steps, event, reason, content or {})
    (audit.record_first if unheard_of else audit.record)(work, entries)


def move(
    work: Work,
    model: type[Any],
    objects: Iterable[Any],
    event: str,
    *,
    reason: str | None = None,
    content: dict[int, dict[str, object]] | None = None,
    before: Before | None = None,
) -> None:
    """Move stateful objects by one event: event rows, audit rows, and the objects' own state.

    The objects must have been read (and on PostgreSQL locked) in this transaction; a change made
    meanwhile is refused by the unique step number. `before` is what was read of a single one under its lock.

    Raises Refused event_not_allowed, on_hold.
    """
    listed = list(objects)
    thing: Thing = model.__thing__
    for each in listed:
        check_event(thing, each.state, event)
    steps = [(each.id, each.seq, each.state) for each in listed]
    # a claim is stopped by more than its own holds
    if len(listed) == 1 and thing is not Thing.CLAIM:
        before = before or look_before_step(work, thing, listed[0].id)
        check_not_stopped(thing, listed[0].id, event, before.stopped_why)
        entry = _write_steps(work, thing, steps, event, reason, content or {})[0]
        audit.record_after(work, entry, before.newest_hash)
    elif listed:
        ids = [each.id for each in listed]
        check_no_hold(work, thing, ids, event)
        # asked before the steps are on their way: meanwhile the trail is spelled out
        newest = audit.find_newest(work, {str(thing): ids})
        audit.record_upon(work, _write_steps(work, thing, steps, event, reason, content or {}), newest)
    if listed:
        after = {state: next_state(thing, state, event) for state in {state for _, _, state in steps}}
        targets = [{"key": i, "old": seq, "new": seq + 1, "to": after[state]} for i, seq, state in steps]
        step_all(work, model.__table__, targets)
        for each, target in zip(listed, targets, strict=True):
            set_loaded_state(each, str(target["to"]), int(str(target["new"])))


def set_loaded_state(each: Any, state: str, seq: int) -> None:
    """Bring an object already in memory up to what was just written, without writing it again."""
    if isinstance(each, Snapshot):
        each.state, each.seq = state, seq
    else:
        bring_up(each, state=state, seq=seq)


def _write_steps(
    work: Work,
    thing: Thing,
    steps: Sequence[tuple[int, int, str | None]],
    event: str,
    reason: str | None,
    content: dict[int, dict[str, object]],
) -> list[audit.Entry]:
    """Write the events of steps and return what the trail is to say of each."""
    if not steps:
        return []
    same = {
        "thing": str(thing),
        "event": event,
        "at": work.at,
        "actor_user_id": work.actor.user_id,
        "actor_person_id": work.actor.person_id,
        "reason": reason,
    }
    targets = {state: next_state(thing, state, event) for state in {state for _, _, state in steps}}
    rows = [
        (object_id, seq + 1, seq or None, state or NOTHING, targets[state]) for object_id, seq, state in steps
    ]
    columns = ("object_id", "seq", "previous_seq", "from_state", "to_state")
    write_many(work.session, StateEvent, columns, rows, same)
    said = {"reason": reason} if reason else {}
    return [
        audit.Entry(
            str(thing),
            object_id,
            event,
            {"seq": seq, "from": before, "to": after} | said | content.get(object_id, {}),
        )
        for object_id, seq, _, before, after in rows
    ]


# the same race violates both; PostgreSQL names whichever index it met first
translate(
    "uq_state_event_thing_object_id_seq",
    "state_event.thing, state_event.object_id, state_event.seq",
    CHANGED_MEANWHILE,
)
translate(
    "uq_state_event_thing_object_id_seq_to_state",
    "state_event.thing, state_event.object_id, state_event.seq, state_event.to_state",
    CHANGED_MEANWHILE,
)


def list_events(work_or_session: Any, thing: Thing, object_id: int) -> list[StateEvent]:
    """Return an object's steps, oldest first."""
    session = getattr(work_or_session, "session", work_or_session)
    return list(
        session.scalars(
            select(StateEvent)
            .where(StateEvent.thing == str(thing), StateEvent.object_id == object_id)
            .order_by(StateEvent.seq)
        )
    )
