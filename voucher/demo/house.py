"""An installation the demonstration plays in: whoever acts, at whichever moment the play says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from voucher.ledger.sealing import seal_all
from voucher.plumbing.clock import SHANGHAI, day_of
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.users import CLOCK_LOGIN, load_actor

Result = TypeVar("Result")


def moment(day: date, hour: int = 10) -> datetime:
    """Return an hour of a Shanghai day."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)


@dataclass(slots=True)
class House:
    """Database, keys and anchor file, and the play's present moment."""

    database: Database
    keyring: Keyring
    anchor_file: Path
    at: datetime

    def act(self, login: str, act: Callable[[Work], Result]) -> Result:
        """Do one act as somebody, a minute after the last one."""
        self.at += timedelta(minutes=1)
        with self.database.read() as session:
            actor = load_actor(session, login, day_of(self.at))
        return perform(self.database, self.keyring, actor, self.at, act)

    def seal(self) -> None:
        """Seal the trail up to now."""
        with self.database.read() as session:
            actor = load_actor(session, CLOCK_LOGIN, day_of(self.at))
        seal_all(self.database, self.keyring, actor, self.at, self.anchor_file)
