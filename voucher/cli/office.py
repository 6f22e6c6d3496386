"""The office a command acts in: settings, database, keys, the actor; and the trail sealed after each act."""

from __future__ import annotations

import importlib
import os
import pwd
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
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
from voucher.registry.access.terminal import PROOF_NEEDED, Terminal, prove_hand, record_terminal
from voucher.registry.users import COMMON_LOGINS, OPERATOR_LOGIN, UserAccount, load_actor
from voucher.rules.actor import Actor
from voucher.rules.errors import Refusal, Refused
from voucher.stages.oversee.privacy.keeping_outside import look_outside, seal_and_keep

Result = TypeVar("Result")
# what the kernel says of a process that nobody signed in for
NOBODY = 2**32 - 1

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
    terminal: Terminal
    _is_said: bool = False

    @property
    def today(self) -> date:
        """Return the Shanghai day it is."""
        return day_of(self.now())

    def act(self, act: Callable[[Work], Result], *, keep: bool = True) -> Result:
        """Do one act in one transaction as the actor, then seal its trail; a dry run keeps nothing.

        The first one of a command says whose command line it was.
        """

        def said(work: Work) -> Result:
            result = act(work)
            if keep and not self._is_said:
                record_terminal(work, self.terminal)
            return result

        result = perform(self.database, self.keyring, self.actor, self.now(), said, keep=keep, retry_on=RACES)
        if keep:
            self._is_said = True
            self.seal()
        return result

    def check_proven(self) -> None:
        """Refuse what one of two people does for oneself to an account that was not proven just now.

        Raises Refused terminal_proof_needed.
        """
        if not self.terminal.is_proven:
            raise PROOF_NEEDED.refused(login=self.actor.login)

    def say(self) -> None:
        """Write into the trail whose command line it is where no act writes: names leave the house."""
        self.act(lambda _: None)

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

    Raises Refused schema_not_current, database_unreachable, keys_missing, login_unknown,
    terminal_code_needed, totp_refused, sign_in_refused.
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
        is_bound = session.get_one(UserAccount, actor.user_id).totp_confirmed_at is not None
    code, proven, terminal = answering_of(ctx).code, False, read_terminal(ctx)
    # what somebody once bound to a common account proves nobody, and stops no night's work
    if is_bound and login not in COMMON_LOGINS:
        if not code and sys.stdin.isatty():
            code = str(click.prompt(f"{login} 的动态口令", err=True))
        accepted = perform(database, keyring, actor, now(), lambda work: prove_hand(work, code, terminal))
        if isinstance(accepted, Refusal):
            # only now: the failure had to be counted
            raise Refused(accepted)
        proven = True
    return Office(config, database, keyring, actor, now, replace(terminal, is_proven=proven))


def read_terminal(ctx: click.Context) -> Terminal:
    """Return who sits there as the operating system says, not as the environment does."""
    began = Path("/proc/self/loginuid")
    signed_in = int(began.read_text()) if began.exists() else NOBODY
    return Terminal(
        os_user=_name_user(os.getuid()),
        signed_in=None if signed_in == NOBODY else _name_user(signed_in),
        host=socket.gethostname(),
        command=ctx.command_path,
    )


def _name_user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def answering_of(ctx: click.Context) -> Answering:
    """Return how this run answers."""
    return ctx.ensure_object(Answering)
