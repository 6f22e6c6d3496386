"""What an invariant is: a number of the design, a title, and a query that must return no row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

UNSEALED_AT_MOST = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Invariant:
    """One promise as plain SQL, the same text on SQLite and PostgreSQL; every row it returns breaks it.

    `asks_time` says that the query compares with a moment and only runs when one is given.
    """

    number: int
    title: str
    sql: str
    asks_time: bool = False


@dataclass(frozen=True, slots=True)
class Violation:
    """One row that breaks an invariant: ids, states and amounts only, never personal data."""

    number: int
    title: str
    row: dict[str, object]
