"""One way to ask: SQL of either database, a window of moments, rows streamed, moments as whole seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.types import Day, UtcTime
from voucher.rules.risk.measures import EPOCH

AT_A_TIME = 5_000


@dataclass(frozen=True, slots=True)
class Window:
    """The days a run looks at, first and last, as local days."""

    first_on: date
    last_on: date

    @property
    def since(self) -> datetime:
        """Return the first moment."""
        return datetime.combine(self.first_on, time(), SHANGHAI).astimezone(UTC)

    @property
    def until(self) -> datetime:
        """Return the first moment after it."""
        return datetime.combine(self.last_on + timedelta(days=1), time(), SHANGHAI).astimezone(UTC)


def stream(
    session: Session, sql: str, window: Window, *, moments: tuple[str, ...] = (), days: tuple[str, ...] = ()
) -> Iterator[Any]:
    """Yield the rows of a query that may ask for :since, :until (moments), :first_on and :last_on (days)."""
    statement = text(sql)
    given: dict[str, object] = {
        "since": window.since, "until": window.until, "first_on": window.first_on, "last_on": window.last_on
    }  # fmt: skip
    kinds: dict[str, Any] = {"since": UtcTime(), "until": UtcTime(), "first_on": Day(), "last_on": Day()}
    used = [name for name in given if f":{name}" in sql]
    bound = statement.bindparams(*(bindparam(name, type_=kinds[name]) for name in used))
    typed = bound.columns(**dict.fromkeys(moments, UtcTime()), **dict.fromkeys(days, Day()))
    yield from session.execute(
        typed, {name: given[name] for name in used}, execution_options={"yield_per": AT_A_TIME}
    )


def seconds(at: datetime | None) -> int | None:
    """Return a moment in whole seconds."""
    return None if at is None else int(at.timestamp())


def day(on: date | None) -> int | None:
    """Return a day as its number."""
    return None if on is None else (on - EPOCH).days


def midnight(on: date) -> int:
    """Return the first second of a local day."""
    return int(datetime.combine(on, time(), SHANGHAI).timestamp())


def name(number: int | None) -> str:
    """Return the number of a row as facts say it; nothing where there is none."""
    return "" if number is None else str(number)
