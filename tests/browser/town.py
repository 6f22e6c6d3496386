"""A town to look at: the demonstration's people and organisations, served on a port of this machine.

The application's clock runs like every clock, and jumps to another day where a story says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pyotp
from flask import Flask, Response, g, template_rendered
from jinja2 import Template
from sqlalchemy import update
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.settings import config_of
from voucher.app import DUE_ACTS, create_app
from voucher.demo.house import House, moment
from voucher.demo.province.cast import MAIN_LOGIN
from voucher.demo.province.opening import open_accounts, open_organisations, open_payees
from voucher.demo.province.playing import SEED, open_offers
from voucher.demo.province.stage import Stage, invent_workers
from voucher.demo.staff import PASSWORD, hire
from voucher.doors.auth.door import DoorLimits
from voucher.plumbing.db import Database
from voucher.plumbing.outbox import deliver_due
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry import letters
from voucher.registry.access import sessions
from voucher.registry.access.passwords import set_password
from voucher.registry.founding import FOUNDER, found
from voucher.registry.mailbox import Mailbox, list_messages
from voucher.registry.users import CLOCK_LOGIN, WebSession, load_actor

Result = TypeVar("Result")
OFTEN = "10000 per minute"
WIDE = DoorLimits(sign_in_rate=OFTEN, objection_rate=OFTEN, check_rate=OFTEN, figures_rate=OFTEN)
HOST = "127.0.0.1"
# which template an answer was made from
SHOWN = "X-Shown"


@dataclass
class Clock:
    """The clock of a served application."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """Return the present moment of the town."""
        return datetime.now(UTC) + self.ahead

    def turn_to(self, at: datetime) -> None:
        """Jump to a moment; the clock goes on from there."""
        self.ahead = at - datetime.now(UTC)


@dataclass
class Town:
    """Database, keys, whoever can sign in, and where everything is."""

    stage: Stage
    folder: Path
    clock: Clock = field(default_factory=Clock)
    secrets: dict[str, str] = field(default_factory=dict)
    # workers who have chosen a password
    known: set[str] = field(default_factory=lambda: {MAIN_LOGIN})
    address: str = ""

    @property
    def database(self) -> Database:
        """Return the town's database."""
        return self.stage.house.database

    def do(self, login: str, act: Callable[[Work], Result], at: datetime | None = None) -> Result:
        """Do one act as somebody who may today, past the doors, at the town's present moment or another."""
        now = self.clock.now()
        with self.database.read() as session:
            actor = load_actor(session, login, now.date())
        return perform(self.database, self.stage.house.keyring, actor, at or now, act)

    def run_clock(self) -> None:
        """Let the clock do what is due, as the worker beside the application does every minute."""
        for _, act in DUE_ACTS:
            self.do(CLOCK_LOGIN, act)

    def seal(self) -> None:
        """Seal the trail, as the worker beside the application does every few seconds."""
        self.stage.house.at = self.clock.now()
        self.stage.house.seal()

    def code(self, login: str) -> str:
        """Return what the telephone of an account shows now."""
        return pyotp.TOTP(self.secrets[login]).at(self.clock.now())

    def give_password(self, login: str) -> None:
        """Give a worker the password of everybody in this town, once."""
        if login in self.known:
            return
        self.known.add(login)
        with self.database.read() as session:
            user_id = load_actor(session, login, self.clock.now().date()).user_id
        self.do("operator", lambda work: set_password(work, user_id, PASSWORD))

    def ring(self) -> str:
        """Carry the short messages that are due, and return the words of the newest."""
        house = self.stage.house
        port = Mailbox(self.database, house.keyring, self.clock.now)
        carriers = {letters.TOPIC: letters.carry_by(self.database, house.keyring, port)}
        deliver_due(self.database, house.keyring, self.clock.now, carriers)
        with self.database.read() as session:
            return list_messages(session, house.keyring)[0].words

    def open_session(self, login: str, *, half_way: bool = False) -> str:
        """Return the cookie of a session opened past the sign-in pages."""
        opened = self.do(
            login,
            lambda work: sessions.start_session(
                work, work.actor.user_id, lifetime_minutes=24 * 60, second_factor=not half_way
            ),
        )
        self.let_sign(login, proven=not half_way)
        return opened

    def let_sign(self, login: str, *, proven: bool = True) -> None:
        """Let somebody sign without being asked for the code again, or have them asked."""

        def act(work: Work) -> None:
            work.session.execute(
                update(WebSession)
                .where(WebSession.user_id == work.actor.user_id)
                .values(signing_proven_at=work.at + timedelta(days=1) if proven else None)
            )

        self.do(login, act)


def open_town(folder: Path, today: date, begun: date) -> Town:
    """Found a database and open organisations, accounts, payees and programmes, as the demonstration does."""
    database = Database(f"sqlite:///{folder / 'voucher.db'}")
    keyring = Keyring.open(folder / "keys.json", create=True)
    house = House(database, keyring, folder / "anchors.jsonl", moment(begun - timedelta(days=2)))
    found(database, keyring, house.at)
    house.at = moment(begun - timedelta(days=1))
    printed = perform(database, keyring, FOUNDER, house.at, hire)
    stage = Stage(house, today, [act for _, act in DUE_ACTS], invent_workers(SEED, today))
    open_organisations(stage, folder / "files", begun)
    printed += open_accounts(stage)
    open_payees(stage)
    open_offers(stage, begun)
    return Town(stage, folder, secrets={each.login: each.totp_secret for each in printed})


def make_app(town: Town, *, demo: bool) -> Flask:
    """Return the application over a town."""
    config = config_of(town.folder, demo=demo, anchor_file=town.stage.house.anchor_file, max_xlsx_rows=10_000)
    app = create_app(config, town.database, town.stage.house.keyring, town.clock.now, limits=WIDE)
    _name_pages(app)
    return app


def _name_pages(app: Flask) -> None:
    """Have every answer say which template it was made from, so that a test knows what it looks at."""

    def remember(_app: Flask, template: Template, **_more: Any) -> None:
        g.shown = template.name

    def name(answer: Response) -> Response:
        if "shown" in g:
            answer.headers[SHOWN] = g.shown
        return answer

    template_rendered.connect(remember, app, weak=False)
    app.after_request(name)


class _Quiet(WSGIRequestHandler):
    """Says nothing about requests."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 — werkzeug's name
        """Say nothing."""


@contextmanager
def serve(town: Town, app: Flask) -> Iterator[Town]:
    """Serve a town on a free port until the end of the block."""
    server = make_server(HOST, 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    town.address = f"http://{HOST}:{server.server_port}"
    try:
        yield town
    finally:
        server.shutdown()
        thread.join()
        town.database.dispose()
