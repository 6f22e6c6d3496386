"""The demonstration's province, in small: something of everything for whoever looks at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from voucher.app import DUE_ACTS
from voucher.demo.house import House, moment
from voucher.demo.province import playing
from voucher.demo.province.cohorts import COHORTS
from voucher.demo.staff import hire
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import perform
from voucher.registry.founding import FOUNDER
from voucher.rules.lifecycle.voucher import STATE_NAMES

TODAY = date(2026, 11, 21)
# the cohorts whose vouchers stand where nobody else's do, of three people each instead of a whole class
WANTED = {"settled", "revoked", "uploaded", "certified", "lecture", "attended", "enrolled"}
SMALL = tuple(replace(each, size=3, failing=min(each.failing, 1)) for each in COHORTS if each.key in WANTED)


@pytest.mark.long
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_vouchers_stand_in_every_state_of_the_table(
    database: Database, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playing, "COHORTS", SMALL)
    house = House(database, keyring, tmp_path / "anchors.jsonl", moment(date(2026, 4, 1)))
    perform(database, keyring, FOUNDER, house.at, hire)
    due = [act for _, act in DUE_ACTS]
    playing.play_province(house, TODAY, tmp_path / "files", due, lambda _told: None)
    with database.read() as session:
        assert set(session.scalars(select(Voucher.state).distinct())) == set(STATE_NAMES)
