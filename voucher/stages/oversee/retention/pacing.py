"""Short pieces: SQLite has one writer at a time, so whoever works long lets the others in between."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TypeVar

Each = TypeVar("Each")

SECONDS_AT_MOST = 1
# whoever waits for SQLite looks up every tenth of a second, and would else always come too late
BREATH = timedelta(milliseconds=250)


def for_a_while(rows: Iterable[Each]) -> Iterator[Each]:
    """Yield one row after the other until the time of a piece is over; the first always."""
    began = time.monotonic()
    for each in rows:
        yield each
        if time.monotonic() - began >= SECONDS_AT_MOST:
            return


def breathe() -> None:
    """Leave the database to whoever waits for it, between two pieces."""
    time.sleep(BREATH.total_seconds())
