"""Assembles the house: nothing below imports it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from argon2 import PasswordHasher
from flask import Flask

from voucher.config import Config
from voucher.doors import api, errors, web
from voucher.doors.auth import access, door, shield, visitors
from voucher.doors.auth.door import Door, DoorLimits
from voucher.plumbing.db import Database
from voucher.plumbing.files import FileStore
from voucher.plumbing.secrets import Keyring
from voucher.registry.passwords import HASHER

STATIC = Path(__file__).resolve().parents[1] / "static"
TEMPLATES = Path(__file__).resolve().parent / "doors" / "web" / "templates"


def create_app(
    config: Config,
    database: Database,
    keyring: Keyring,
    clock: Callable[[], datetime],
    *,
    hasher: PasswordHasher = HASHER,
    limits: DoorLimits | None = None,
) -> Flask:
    """Return the web application over one database, one key ring and one clock."""
    app = Flask("voucher", static_folder=str(STATIC), template_folder=str(TEMPLATES))
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Chinese stays readable
    opened = Door(
        config=config,
        database=database,
        keyring=keyring,
        clock=clock,
        hasher=hasher,
        store=FileStore(config.files_folder),
        limits=limits or DoorLimits(),
    )
    door.install(app, opened)
    visitors.install(app)
    # in this order a request is looked at: headers and rates, the access matrix, the form token
    shield.install(app, opened)
    access.install(app)
    shield.install_csrf_guard(app)
    errors.install(app)
    api.install(app)
    web.install(app)
    return app
