"""What is due goes by the clock of the database, whatever the machine's own clock says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from tests.conftest import FOUNDED_AT
from voucher.plumbing import clock
from voucher.plumbing.db import Database


def test_a_machine_whose_clock_is_wrong_is_told_the_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = clock.now()
    monkeypatch.setattr(clock, "now", lambda: FOUNDED_AT)
    told = clock.clock_of(database.engine)
    if database.is_sqlite:
        assert told() == FOUNDED_AT  # a file has the clock of its machine
        return
    first = told()
    assert abs(first - right) < timedelta(seconds=30)
    monkeypatch.setattr(clock.DatabaseClock, "_ask", lambda _: pytest.fail("asked again within seconds"))
    assert first <= told() < first + timedelta(seconds=30)
    monkeypatch.undo()
    monkeypatch.setattr(clock, "ASKED_EVERY_SECONDS", 0)
    with database.engine.connect() as connection:
        before = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        assert before <= told()


def test_a_day_is_over_at_midnight_in_shanghai() -> None:
    assert clock.end_of(date(2024, 6, 30)).isoformat() == "2024-06-30T16:00:00+00:00"
    assert clock.day_of(clock.end_of(date(2024, 6, 30))) == date(2024, 7, 1)
