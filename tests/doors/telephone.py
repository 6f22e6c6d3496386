"""A telephone in a test: the demonstration's mailbox behind the doors, and what it rings with."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from flask.testing import FlaskClient

from tests.doors.test_entrance import send
from tests.doors.world import World
from voucher.app import choose_carriers
from voucher.config import SignOn
from voucher.doors.auth import single_sign_on
from voucher.plumbing.outbox import deliver_due
from voucher.registry.mailbox import list_messages

MOBILE = "13800138000"


def furnish(world: World, sign_on: SignOn | None = None) -> None:
    """Let a world send messages, to its own mailbox, and know a single sign-on where one is given."""
    door = world.app.extensions["voucher"]
    fresh = replace(door, config=replace(door.config, demo=True, sign_on=sign_on))
    world.app.extensions["voucher"] = fresh
    single_sign_on.install(world.app, fresh)


def messages(world: World) -> list[str]:
    """Carry what is due and return the words of every message, the newest first."""
    config = world.app.extensions["voucher"].config
    carriers = choose_carriers(config, world.database, world.keyring, lambda: world.at)
    deliver_due(world.database, world.keyring, lambda: world.at, carriers)
    with world.database.read() as session:
        return [each.words for each in list_messages(session, world.keyring)]


def ring(world: World) -> str:
    """Return the code of the newest message."""
    found = re.search(r"验证码 (\d{6})", messages(world)[0])
    assert found is not None
    return found[1]


def ask(browser: FlaskClient, mobile: str = MOBILE) -> Any:
    """Ask for a code at the page."""
    return send(browser, "/login/phone/codes", mobile=mobile)


def prove(browser: FlaskClient, code: str, mobile: str = MOBILE, **fields: str) -> Any:
    """Type a code at the page."""
    return send(browser, "/login/phone", mobile=mobile, code=code, **fields)


def arrive(world: World, browser: FlaskClient, mobile: str = MOBILE, **fields: str) -> Any:
    """Ask for a code, read it and type it."""
    assert ask(browser, mobile).status_code == 200
    return prove(browser, ring(world), mobile, **fields)
