"""What every view needs and nothing else hands out: the database, the keys, the moment, one act at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy.orm import Session

from voucher.config import Config
from voucher.doors.auth.asked import notes, the_app
from voucher.ledger.races import RACES
from voucher.plumbing import unit_of_work
from voucher.plumbing.clock import day_of
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.spreadsheets.guards import Limits
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Actor

Result = TypeVar("Result")

EXTENSION = "voucher"
# whoever has not said who they are: logs in, lodges an objection
ANYBODY = Actor(user_id=0, login="anybody", person_id=0, grants=())


@dataclass(frozen=True, slots=True)
class DoorLimits:
    """How much is taken in at once, and how often from one address (as Flask-Limiter writes it)."""

    body_bytes: int = 1024 * 1024
    sign_in_rate: str = "20 per minute; 200 per hour"
    objection_rate: str = "5 per minute; 30 per hour"
    check_rate: str = "10 per minute; 60 per hour"
    figures_rate: str = "30 per minute"


@dataclass(frozen=True, slots=True)
class Door:
    """The house as a request sees it."""

    config: Config
    database: Database
    keyring: Keyring
    clock: Callable[[], datetime]
    hasher: PasswordHasher
    limits: DoorLimits

    @property
    def at(self) -> datetime:
        """Return the moment of this request, the same however often it is asked."""
        said = notes()
        moment: datetime | None = said.get("voucher_at")
        if moment is None:
            moment = said.voucher_at = self.clock()
        return moment

    @property
    def today(self) -> date:
        """Return the Shanghai day of this request."""
        return day_of(self.at)

    @property
    def table_limits(self) -> Limits:
        """Return how much an uploaded table may hold."""
        rows = self.config.max_xlsx_rows
        return Limits(max_rows=rows, max_bytes=self.config.max_upload_bytes, max_xlsx_rows=rows)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a session that only looks."""
        with self.database.read() as session:
            yield session

    @contextmanager
    def glance(self) -> Iterator[Session]:
        """Yield a session whose every statement stands for itself."""
        with self.database.glance() as session:
            yield session

    def perform_as(self, actor: Actor, act: Callable[[Work], Result], *, keep: bool = True) -> Result:
        """Run one act in one transaction in the name of an actor; with keep=False nothing of it stays.

        Raises whatever the act raises.
        """
        return unit_of_work.perform(
            self.database, self.keyring, actor, self.at, act, keep=keep, retry_on=RACES
        )


def install(app: Flask, door: Door) -> None:
    """Hang the door into the app."""
    app.extensions[EXTENSION] = door


def the_door() -> Door:
    """Return the door of the running app."""
    door: Door = the_app().extensions[EXTENSION]
    return door
