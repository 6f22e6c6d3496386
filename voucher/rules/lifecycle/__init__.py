"""The tables of every life: which state a thing is in, what may happen to it, by whom, and where it goes.

    rows            Thing, Row: the shape of a line
    voucher, claim, settlement, organisations, watching, appeals   the lines, one room per family
    tables          all lines together, with the Chinese word for every state, event and hand
    moves           next_state() and its sisters: the only reading of the tables

One event has one target from one state. Where a life forks, each branch is an event of its own
(`submit` and `refer`, `decertify` and `decertify_paid`), so that a trail of events says by itself where
it led. A square that is not in these tables is refused here, and again by the event table's foreign key.
"""

from __future__ import annotations

from voucher.rules.lifecycle.moves import (
    EVENT_NOT_ALLOWED,
    blocked_by_hold,
    check_event,
    is_terminal,
    live_states,
    may_move,
    next_state,
    possible_events,
    transitions,
)
from voucher.rules.lifecycle.rows import Row, Thing
from voucher.rules.lifecycle.tables import (
    BLOCKED_BY_HOLD,
    EVENT_NAMES,
    ROWS,
    STATE_NAMES,
    THING_NAMES,
    WHO_NAMES,
)

__all__ = [
    "BLOCKED_BY_HOLD",
    "EVENT_NAMES",
    "EVENT_NOT_ALLOWED",
    "ROWS",
    "STATE_NAMES",
    "THING_NAMES",
    "WHO_NAMES",
    "Row",
    "Thing",
    "blocked_by_hold",
    "check_event",
    "is_terminal",
    "live_states",
    "may_move",
    "next_state",
    "possible_events",
    "transitions",
]
