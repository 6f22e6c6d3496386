"""The one place where the clock is read; everything else is told the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text

SHANGHAI = ZoneInfo("Asia/Shanghai")
ASKED_EVERY_SECONDS = 30


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


class DatabaseClock:
    """The database's clock, the same for every machine of an installation; call it to be told the moment.

    Asked at most every half minute and carried on in between by a counter nobody can set, so that a machine
    whose own clock is wrong neither expires a voucher early nor lets one be taken late.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._told: datetime | None = None
        self._told_at = 0.0

    def __call__(self) -> datetime:
        """Return the present moment in UTC."""
        with self._lock:
            passed = time.monotonic() - self._told_at
            if self._told is None or passed >= ASKED_EVERY_SECONDS:
                self._told, passed = self._ask(), 0.0
                self._told_at = time.monotonic()
            return self._told + timedelta(seconds=passed)

    def _ask(self) -> datetime:
        with self._engine.connect() as connection:
            told: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return told.astimezone(UTC)


def clock_of(engine: Engine) -> Callable[[], datetime]:
    """Return the clock of a database; that of a file is the clock of the machine it lies on."""
    return now if engine.dialect.name == "sqlite" else DatabaseClock(engine)


def end_of(day: date) -> datetime:
    """Return the moment in which a Shanghai day is over."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), SHANGHAI).astimezone(UTC)


def day_of(moment: datetime) -> date:
    """Return the calendar day in Shanghai on which a moment falls."""
    return moment.astimezone(SHANGHAI).date()
