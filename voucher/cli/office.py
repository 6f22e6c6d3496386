"""The office a command acts in: settings, database, keys, the actor; and the trail sealed after each act."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

import click
from sqlalchemy.orm import Session

from voucher.cli.answering import Answering
from voucher.config import Config, read_config
from voucher.ledger.anchor_mail import post_by_mail
from voucher.ledger.races import RACES
from voucher.plumbing.clock import clock_of, day_of
from voucher.plumbing.db import Database
from voucher.plumbing.schema import check_current
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.users import OPERATOR_LOGIN, load_actor
from voucher.rules.actor import Actor
from voucher.stages.oversee.privacy.keeping_outside import look_outside, seal_and_keep

Result = TypeVar("Result")

# Tables refer to each other across the floors, so all of them are known before the first row is written.
MODELS = ("voucher.ledger.vouchers", "voucher.stages.certify.models", "voucher.stages.settle.models.claims")


@dataclass(slots=True)
class Office:
    """Everything an act needs, opened once per command."""

    config: Config
    database: Database
    keyring: Keyring
    actor: Actor
    now: Callable[[], datetime]

    @property
    def today(self) -> date:
        """Return the Shanghai day it is."""
        return day_of(self.now())

    def act(self, act: Callable[[Work], Result], *, keep: bool = True) -> Result:
        """Do one act in one transaction as the actor, then seal its trail; a dry run keeps nothing."""
        result = perform(self.database, self.keyring, self.actor, self.now(), act, keep=keep, retry_on=RACES)
        if keep:
            self.seal()
        return result

    def seal(self) -> None:
        """Seal what the trail has left open, sign a checkpoint, and post what the second party keeps."""
        post = post_by_mail(self.config.mail_folder, self.config.anchor_mail_to)
        seal_and_keep(self.database, self.keyring, self.actor, self.now(), self.config.anchor_file, post=post)

    @contextmanager
    def look(self) -> Iterator[Session]:
        """Yield a session that only looks."""
        with self.database.read() as session:
            yield session


def open_database() -> tuple[Config, Database]:
    """Return the settings of this run and the database they name."""
    config = read_config(os.environ)
    for name in MODELS:
        importlib.import_module(name)
    return config, Database(config.database_url)


def open_office(ctx: click.Context) -> Office:
    """Return the office of this command, with the account it acts as.

    Raises Refused schema_not_current, database_unreachable, keys_missing, login_unknown.
    """
    config, database = open_database()
    check_current(database)
    keyring = Keyring.open(config.key_file, create=False)
    login = answering_of(ctx).login or OPERATOR_LOGIN
    # acts are dated by the clock of the database, as they are behind the doors
    now = clock_of(database.engine)
    # before the first act: what is kept outside says whether this database is older
    look_outside(database, keyring, now, config.anchor_file)
    with database.read() as session:
        actor = load_actor(session, login, day_of(now()))
    return Office(config, database, keyring, actor, now)


def answering_of(ctx: click.Context) -> Answering:
    """Return how this run answers."""
    return ctx.ensure_object(Answering)
