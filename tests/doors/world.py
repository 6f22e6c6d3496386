"""A small world behind the doors: one founded database, people with roles, a clock that is told the time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyotp
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from voucher.app import create_app
from voucher.config import Config
from voucher.doors.auth.door import DoorLimits
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import perform
from voucher.registry import passwords, people, second_factor, users
from voucher.rules.actor import Actor, Grant, Role

OPENED_AT = datetime(2024, 3, 4, 1, 0, tzinfo=UTC)
PASSWORD = "清晨 骑车 过 黄河"
JIYUAN, ZHENGZHOU, PROVINCE = "419001", "410100", "410000"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
FOUNDER = Actor(user_id=0, login="founder", person_id=0, grants=())


@dataclass
class World:
    """Everything a test at the doors needs."""

    database: Database
    keyring: Keyring
    folder: Path
    limits: DoorLimits = field(
        default_factory=lambda: DoorLimits(sign_in_rate="1000 per minute", objection_rate="1000 per minute")
    )
    secure: bool = False
    at: datetime = OPENED_AT
    secrets: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        config = Config(
            database_url="",
            data_folder=self.folder,
            key_file=self.folder / "keys.json",
            anchor_file=self.folder / "anchors.jsonl",
            reference_folder=None,
            max_xlsx_rows=1000,
            max_upload_bytes=4 * 1024 * 1024,
            demo=False,
            secret_cookies=self.secure,
        )
        self.app: Flask = create_app(
            config, self.database, self.keyring, lambda: self.at, hasher=CHEAP, limits=self.limits
        )
        self.app.testing = True

    def later(self, **span: int) -> None:
        """Let time pass."""
        self.at += timedelta(**span)

    def open_user(
        self, login: str, *roles: Role, region: str = JIYUAN, enrolled: bool = True, fresh: bool = False
    ) -> int:
        """Open an account of a person of its own and return its id; `fresh` must change its password."""

        def act(work: Any) -> int:
            person = people.open_system_person(work, login, login)
            grants = [Grant(role=role, region_code=region) for role in roles]
            account = users.open_account(
                work, login=login, display_name=f"{login}的人", person_id=person, grants=grants
            )
            passwords.set_password(work, account.id, PASSWORD, hasher=CHEAP, must_change=fresh)
            if enrolled:
                self.secrets[login] = second_factor.propose_totp(work, account.id)
            return account.id

        user_id = perform(self.database, self.keyring, FOUNDER, self.at, act)
        if enrolled:
            rules = self.rules()
            perform(
                self.database,
                self.keyring,
                FOUNDER,
                self.at - timedelta(hours=1),
                lambda work: second_factor.accept_code(work, user_id, self.code(login, minutes=-60), rules),
            )
        return user_id

    def rules(self) -> passwords.SignInRules:
        """Return the parameters of signing in."""
        with self.database.read() as session:
            return passwords.read_sign_in_rules(session, self.at.date())

    def code(self, login: str, **off: int) -> str:
        """Return what the telephone of an account shows, now or a little off."""
        return pyotp.TOTP(self.secrets[login]).at(self.at + timedelta(**off))

    def sign_in(self, login: str) -> Client:
        """Return a client of the API with a session of its own."""
        client = Client(self.app.test_client())
        answer = client.http.post(
            "/api/v1/sessions", json={"login": login, "password": PASSWORD, "code": self.code(login)}
        )
        body: Any = answer.json
        assert answer.status_code == 201, body
        client.token = body["csrf_token"]
        self.later(seconds=31)  # a code is good once
        return client


@dataclass
class Client:
    """A browser or a program at the API, with its cookies and its form token."""

    http: FlaskClient
    token: str = ""

    def post(self, path: str, body: Any = None, *, key: str | None = None, **more: Any) -> Any:
        """Send a write with a key of its own."""
        headers = {"X-CSRFToken": self.token, "Idempotency-Key": key or str(uuid4())}
        if body is not None:
            more["json"] = body
        return self.http.post(f"/api/v1{path}", headers=headers, **more)

    def get(self, path: str) -> Any:
        """Ask for something."""
        return self.http.get(f"/api/v1{path}")
