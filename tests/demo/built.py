"""A small province of the demonstration: every cohort, of two or three people instead of whole classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from unittest.mock import patch

from flask import Flask

from tests.settings import config_of
from voucher.app import DUE_ACTS, create_app
from voucher.demo.house import House, moment
from voucher.demo.province import playing
from voucher.demo.province.cohorts import COHORTS
from voucher.demo.province.sandbox import Sandbox, open_sandbox
from voucher.demo.seed import keep_accounts
from voucher.demo.staff import DemoAccount, hire
from voucher.doors.auth.door import DoorLimits
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import perform
from voucher.registry.founding import FOUNDER

TODAY = date(2026, 11, 21)
OPENED_ON = date(2026, 4, 1)
# whoever looks comes at ten in the morning
LOOKED_AT = moment(TODAY, 10)
SIZE = 2
# where one gives up, fails or pays back, a third has to be left
THREE = {"settled", "revoked", "certified", "attended"}
SMALL = tuple(
    replace(each, size=3 if each.key in THREE else SIZE, failing=min(each.failing, 1)) for each in COHORTS
)
WIDE = DoorLimits(sign_in_rate="10000 per minute")


@dataclass(frozen=True)
class Built:
    """A province and whose logins are printed."""

    database: Database
    keyring: Keyring
    folder: Path
    accounts: tuple[DemoAccount, ...]
    sandbox: Sandbox

    @cached_property
    def demo(self) -> Flask:
        """Return the application as the demonstration serves it."""
        return self.open_app(demo=True)

    def open_app(self, *, demo: bool) -> Flask:
        """Return the application over the province, as a demonstration or as any other installation."""
        config = config_of(self.folder, demo=demo)
        app = create_app(config, self.database, self.keyring, lambda: LOOKED_AT, limits=WIDE)
        app.testing = True
        return app


def build(database: Database, keyring: Keyring, folder: Path) -> Built:
    """Play the small province in a founded database, as `voucher demo` plays the whole one."""
    house = House(database, keyring, folder / "anchors.jsonl", moment(OPENED_ON))
    staff = perform(database, keyring, FOUNDER, house.at - timedelta(hours=1), hire)
    with patch.object(playing, "COHORTS", SMALL):
        printed, stage = playing.play_province(
            house, TODAY, folder / "files", [act for _, act in DUE_ACTS], lambda _told: None
        )
    sandbox = open_sandbox(stage)
    house.seal()
    accounts = [*printed, *staff]
    keep_accounts(folder, accounts)
    return Built(database, keyring, folder, tuple(accounts), sandbox)
