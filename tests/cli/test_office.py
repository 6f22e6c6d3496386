"""Acts at the command line are dated by the same clock as those behind the doors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from voucher.cli.group import officers
from voucher.cli.office import open_office
from voucher.plumbing.clock import DatabaseClock, day_of
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring

TOLD = datetime(2031, 5, 5, tzinfo=UTC)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_an_act_is_dated_by_the_database_and_not_by_the_machine(
    database: Database, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOUCHER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VOUCHER_KEY_FILE", str(keyring.folder / "keys.json"))
    monkeypatch.setenv("VOUCHER_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setattr(DatabaseClock, "_ask", lambda _: TOLD)
    office = open_office(click.Context(officers))
    try:
        assert TOLD <= office.act(lambda work: work.at) < TOLD + timedelta(minutes=1)
        assert office.today == day_of(TOLD)
    finally:
        office.database.dispose()
