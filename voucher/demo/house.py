"""An installation the demonstration plays in: whoever acts, at whichever moment the play says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from voucher.ledger.sealing import seal_all
from voucher.plumbing.clock import SHANGHAI, day_of
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.users import CLOCK_LOGIN, load_actor
from voucher.rules.actor import Actor

Result = TypeVar("Result")
UNKNOWN = Actor(user_id=0, login="anybody", person_id=0, grants=())


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
    _actors: dict[tuple[str, date], Actor] = field(default_factory=dict)

    def act(self, login: str, act: Callable[[Work], Result]) -> Result:
        """Do one act as somebody, a minute after the last one."""
        self.at += timedelta(minutes=1)
        return perform(self.database, self.keyring, self._actor(login), self.at, act)

    def act_unknown(self, act: Callable[[Work], Result]) -> Result:
        """Do one act as somebody who has not signed in."""
        self.at += timedelta(minutes=1)
        return perform(self.database, self.keyring, UNKNOWN, self.at, act)

    def _actor(self, login: str) -> Actor:
        """Return who acts; nobody's roles change within a day of the play once they have acted."""
        day = day_of(self.at)
        if (login, day) not in self._actors:
            with self.database.read() as session:
                self._actors[login, day] = load_actor(session, login, day)
        return self._actors[login, day]

    def seal(self) -> None:
        """Seal the trail up to now."""
        seal_all(self.database, self.keyring, self._actor(CLOCK_LOGIN), self.at, self.anchor_file)
