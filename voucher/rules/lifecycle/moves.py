"""The only reading of the tables: where an event leads, whether it is allowed, what is possible now."""

from __future__ import annotations

from datetime import date

from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle.rows import Row, Thing
from voucher.rules.lifecycle.tables import (
    BLOCKED_BY_HOLD,
    EVENT_NAMES,
    ROWS,
    STATE_NAMES,
    THING_NAMES,
)
from voucher.rules.register import rule

SOURCE = "豫办〔2021〕29号 16; S2-16i; S2-Z1【设】"
SINCE = date(2021, 9, 1)
UNBORN = "尚未建立"

EVENT_NOT_ALLOWED = reason(
    "event_not_allowed",
    "{thing_name}当前为“{state_name}”，不能{event_name}",
    "现在可以办理：{possible}",
    SOURCE,
    Family.CONFLICT,
)

_NEXT: dict[tuple[Thing, str | None, str], str] = {(row.thing, row.state, row.event): row.to for row in ROWS}


def transitions(thing: Thing) -> tuple[Row, ...]:
    """Return the table of the thing, in the order of its life."""
    return tuple(row for row in ROWS if row.thing is thing)


def possible_events(thing: Thing, state: str | None) -> tuple[str, ...]:
    """Return the events the table allows in this state, in the order of the table.

    Raises ValueError where the thing has no such state.
    """
    _check_words(thing, state)
    return tuple(row.event for row in transitions(thing) if row.state == state)


@rule(number="LIF-01", stage="通用", source=SOURCE, since=SINCE)
def next_state(thing: Thing, state: str | None, event: str) -> str:
    """Return the state the event leads to; a square that is not in the table is refused.

    `state` is None before the thing exists. Raises Refused event_not_allowed, and ValueError for a
    state or event that the thing's table does not know at all.
    """
    _check_words(thing, state, event)
    target = _NEXT.get((thing, state, event))
    if target is None:
        raise EVENT_NOT_ALLOWED.refused(
            thing=thing.value,
            state=state,
            event=event,
            **_names(thing, state, event),
            possible=_sentence(thing, state),
        )
    return target


@rule(number="LIF-06", stage="通用", source=SOURCE, since=SINCE)
def check_event(thing: Thing, state: str | None, event: str) -> None:
    """Refuse an event that the table does not allow in this state.

    Raises Refused event_not_allowed, and ValueError for a word that the thing's table does not know.
    """
    next_state(thing, state, event)


@rule(number="LIF-02", stage="通用", source=SOURCE, since=SINCE)
def may_move(thing: Thing, state: str | None, event: str) -> bool:
    """Return whether the table allows the event in this state.

    Raises ValueError for a state or event that the thing's table does not know at all.
    """
    _check_words(thing, state, event)
    return (thing, state, event) in _NEXT


@rule(number="LIF-03", stage="通用", source=SOURCE, since=SINCE)
def is_terminal(thing: Thing, state: str) -> bool:
    """Return whether nothing can happen any more in this state.

    Raises ValueError where the thing has no such state.
    """
    return not possible_events(thing, state)


@rule(number="LIF-04", stage="通用", source=SOURCE, since=SINCE)
def live_states(thing: Thing) -> frozenset[str]:
    """Return the states something can still happen in; a paid claim is live, since it may be recovered."""
    return frozenset(state for state in STATE_NAMES[thing] if not is_terminal(thing, state))


@rule(number="LIF-05", stage="通用", source="LIFECYCLE 挂起不是状态【设】; S2-04p", since=SINCE)
def blocked_by_hold(thing: Thing, event: str) -> bool:
    """Return whether an open hold stops the event: each one toward use or payment, and each one of the clock.

    Raises ValueError for an event that the thing's table does not know.
    """
    _check_words(thing, None, event)
    return event in BLOCKED_BY_HOLD.get(thing, frozenset())


def _check_words(thing: Thing, state: str | None, event: str | None = None) -> None:
    if state is not None and state not in STATE_NAMES[thing]:
        raise ValueError(f"{thing} has no state {state}")
    if event is not None and event not in EVENT_NAMES[thing]:
        raise ValueError(f"{thing} has no event {event}")


def _names(thing: Thing, state: str | None, event: str) -> dict[str, str]:
    return {
        "thing_name": THING_NAMES[thing],
        "state_name": UNBORN if state is None else STATE_NAMES[thing][state],
        "event_name": EVENT_NAMES[thing][event],
    }


def _sentence(thing: Thing, state: str | None) -> str:
    names = [EVENT_NAMES[thing][event] for event in possible_events(thing, state)]
    return "、".join(names) if names else "已终结，无后续办理"
