"""A small world behind the doors: an app, people who can sign in, a clock that is told the time."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4
from weakref import ref

import pyotp
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.settings import config_of
from voucher.app import create_app
from voucher.doors.auth import door, outside, register
from voucher.doors.auth.door import Door, DoorLimits
from voucher.doors.auth.shield import limiter
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry import machines, users
from voucher.registry.access import passwords, second_factor, workers
from voucher.registry.outside.asking import AT_THE_COUNTER, Outside
from voucher.rules.actor import Actor, Grant, Role
from voucher.stages.certify.asking import Registers

Result = TypeVar("Result")
OPENED_AT = datetime(2024, 3, 4, 1, 0, tzinfo=UTC)
PASSWORD = "清晨 骑车 过 黄河"
JIYUAN, ZHENGZHOU, PROVINCE = "419001", "410100", "410000"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
FOUNDER = Actor(user_id=0, login="founder", person_id=0, grants=())
OFTEN = "10000 per minute"
WIDE = DoorLimits(sign_in_rate=OFTEN, objection_rate=OFTEN, check_rate=OFTEN)


# an app has some six hundred addresses and as many templates: it goes from a world that has ended to the next
_APPS: dict[tuple[int, DoorLimits, bool], list[_Kept]] = {}


@dataclass
class _Kept:
    """An app, whose it was last, and what it was made with: whoever adds an address keeps it."""

    app: Flask
    owner: ref[World]
    extensions: dict[str, Any]
    settings: dict[str, Any]
    addresses: int

    @property
    def is_free(self) -> bool:
        """Return whether nobody has it and it is as it was."""
        return self.owner() is None and self.addresses == _count_addresses(self.app)


def _count_addresses(app: Flask) -> int:
    return sum(1 for _ in app.url_map.iter_rules())


def lend(world: World) -> Flask:
    """Return an app nobody else uses, with the door of this world and no memory of any other."""
    opened = world.open_door()
    apps = _APPS.setdefault((id(world.keyring), world.limits, world.secure), [])
    kept = _find_free(apps)
    if kept is None and gc.collect():
        # a world may lie in a circle with the refusal its test expected
        kept = _find_free(apps)
    if kept is None:
        app = create_app(
            opened.config, opened.database, opened.keyring, opened.clock, hasher=CHEAP, limits=world.limits
        )
        app.testing = True
        kept = _Kept(app, ref(world), dict(app.extensions), dict(app.config), _count_addresses(app))
        apps.append(kept)
    app, kept.owner = kept.app, ref(world)
    app.extensions.clear()
    app.extensions.update(kept.extensions)
    app.config.clear()
    app.config.update(kept.settings)
    app.extensions[door.EXTENSION] = opened
    outside.install(app, Outside(world.database, world.keyring, token=None, patience=AT_THE_COUNTER))
    register.install(app, Registers(world.database, world.keyring, token=None, patience=AT_THE_COUNTER))
    limiter.reset()
    return app


def _find_free(apps: Sequence[_Kept]) -> _Kept | None:
    return next((each for each in apps if each.is_free), None)


@dataclass(eq=False)
class World:
    """Everything a test at the doors needs."""

    database: Database
    keyring: Keyring
    folder: Path
    limits: DoorLimits = WIDE
    secure: bool = False
    at: datetime = OPENED_AT
    secrets: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = lend(self)

    def open_door(self) -> Door:
        """Return the door of this world; its clock is the world's, for as long as there is one."""
        mine = ref(self)

        def now() -> datetime:
            world = mine()
            assert world is not None, "a request after its world had ended"
            return world.at

        config = config_of(self.folder, secret_cookies=self.secure)
        return Door(config, self.database, self.keyring, now, CHEAP, self.limits)

    def later(self, **span: int) -> None:
        """Let time pass."""
        self.at += timedelta(**span)

    def open_user(self, login: str, *roles: Role, region: str = JIYUAN, fresh: bool = False) -> int:
        """Open an account with a password, not yet bound to a telephone; `fresh` must change the password."""

        def act(work: Work) -> int:
            person = machines.open_system_person(work, login, login)
            grants = [Grant(role=role, region_code=region) for role in roles]
            return users.open_account(
                work,
                login=login,
                display_name=f"{login}的人",
                person_id=person,
                grants=grants,
                since=date(2021, 1, 1),
            ).id

        user_id = perform(self.database, self.keyring, FOUNDER, self.at, act)
        self.give_password(user_id, fresh=fresh)
        return user_id

    def give_password(self, user_id: int, *, fresh: bool = False) -> None:
        """Give an account the password everybody has here."""
        perform(
            self.database,
            self.keyring,
            FOUNDER,
            self.at,
            lambda work: passwords.set_password(work, user_id, PASSWORD, hasher=CHEAP, must_change=fresh),
        )

    def bind_telephone(self, login: str, user_id: int) -> None:
        """Bind a telephone to an account, an hour ago."""

        def act(work: Work) -> str:
            secret = second_factor.propose_totp(work, user_id)
            before = pyotp.TOTP(secret).at(work.at)
            second_factor.accept_code(
                work, user_id, before, passwords.read_sign_in_rules(work.session, work.today)
            )
            return secret

        earlier = self.at - timedelta(hours=1)
        self.secrets[login] = perform(self.database, self.keyring, FOUNDER, earlier, act)

    def staff(self, login: str, *roles: Role, region: str = JIYUAN) -> None:
        """Open an account that can sign in right away."""
        self.bind_telephone(login, self.open_user(login, *roles, region=region))

    def colleague(self, login: str, institution_id: int, *roles: Role) -> None:
        """Open an account of an institution's own staff that can sign in right away."""

        def act(work: Work) -> int:
            person = machines.open_system_person(work, login, login)
            grants = [Grant(role=role, institution_id=institution_id) for role in roles]
            return users.open_account(
                work,
                login=login,
                display_name=f"{login}的人",
                person_id=person,
                grants=grants,
                since=date(2021, 1, 1),
            ).id

        user_id = perform(self.database, self.keyring, FOUNDER, self.at, act)
        self.give_password(user_id)
        self.bind_telephone(login, user_id)

    def worker(self, login: str, name: str, number: str) -> None:
        """Open the account of a worker; a password is the whole sign-in."""
        user_id = self.do("operator", lambda work: workers.open_worker(work, number, name, login, None))
        self.give_password(user_id)

    def do(self, login: str, act: Callable[[Work], Result]) -> Result:
        """Run one act as somebody, past the doors."""
        with self.database.read() as session:
            actor = users.load_actor(session, login, self.at.date())
        return perform(self.database, self.keyring, actor, self.at, act)

    def enable(self, login: str) -> None:
        """Let an account that already exists sign in."""
        with self.database.read() as session:
            user_id = users.load_actor(session, login, self.at.date()).user_id
        self.give_password(user_id)
        self.bind_telephone(login, user_id)

    def code(self, login: str, **off: int) -> str:
        """Return what the telephone of an account shows, now or a little off; a worker has none."""
        if login not in self.secrets:
            return "-"
        return pyotp.TOTP(self.secrets[login]).at(self.at + timedelta(**off))

    def visit(self) -> Client:
        """Return a client nobody knows."""
        return Client(self.app.test_client(), at=self)

    def let_sign(self, login: str, **ahead: int) -> None:
        """Let somebody sign without being asked for the code again; tests of that take it back."""
        until = self.at + timedelta(**(ahead or {"days": 1}))

        def act(work: Work) -> None:
            work.session.execute(
                update(users.WebSession)
                .where(users.WebSession.user_id == work.actor.user_id)
                .values(signing_proven_at=until)
            )

        self.do(login, act)

    def sign_in(self, login: str) -> Client:
        """Return a client of the API with a session of its own."""
        client = self.visit()
        answer = client.open_session(login, PASSWORD, self.code(login))
        assert answer.status_code == 201, answer.json
        client.token = answer.json["csrf_token"]
        self.let_sign(login)
        self.later(seconds=31)  # a code is good once
        return client


@dataclass
class Client:
    """A browser or a program, with its cookies and its form token."""

    http: FlaskClient
    token: str = ""
    # a world lasts as long as whoever knocks at it
    at: World | None = field(default=None, repr=False)

    def open_session(self, login: str, password: str, code: str) -> Any:
        """Try to sign in at the API."""
        return self.http.post("/api/v1/sessions", json={"login": login, "password": password, "code": code})

    def post(self, path: str, body: Any = None, *, key: str | None = None, **more: Any) -> Any:
        """Send a write, with a key of its own unless one is given; an empty key sends none."""
        headers = {"X-CSRFToken": self.token, **more.pop("headers_more", {})}
        if key != "":
            headers["Idempotency-Key"] = key or str(uuid4())
        if body is not None:
            more["json"] = body
        return self.http.post(f"/api/v1{path}", headers=headers, **more)

    def get(self, path: str) -> Any:
        """Ask for something."""
        return self.http.get(f"/api/v1{path}")


def refused_with(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Assert that an answer is this refusal, and return its facts."""
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.json
    facts: dict[str, Any] = answer.json["facts"]
    return facts
