"""Four processes and a PostgreSQL: no server error, one effect per key, and nothing answered is ever lost."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from tests.conftest import fresh_database
from tests.storms.gale import CLIENTS, results, rush, surprises
from tests.storms.served import House, Program, house_of, serving
from voucher.ledger.budget import Budget
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.stages.oversee.invariants import find_violations

pytestmark = [pytest.mark.storm, pytest.mark.postgres]

PATH = "/api/v1/budgets"
ACTS_EACH, KILLS = 4, 4
BROKEN_LINES = (OSError, http.client.HTTPException)


def wish(amount_fen: int, year: int) -> dict[str, object]:
    return {"region_code": "419001", "year": year, "source": "fiscal", "amount_fen": amount_fen}


@dataclass
class Town:
    """A house that serves a PostgreSQL database, and a program signed in to it."""

    database: Database
    house: House
    program: Program

    def grant(self, amount_fen: int, year: int, key: str) -> tuple[int, bytes]:
        """Grant money to the budget of a year; each storm has a year of its own."""
        status, content, _ = self.program.send("POST", PATH, wish(amount_fen, year), key)
        return status, content

    def granted_fen(self, year: int) -> int:
        """Return what the budget of a year has been granted."""
        with self.database.read() as session:
            return session.scalars(select(Budget.granted_fen).where(Budget.year == year)).one()


@pytest.fixture(scope="module")
def town(
    templates: dict[str, str], keyring: Keyring, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """Yield one served town for all the storms; afterwards its invariants must hold."""
    folder = tmp_path_factory.mktemp("served")
    with fresh_database("postgres", templates, folder, copied=True) as database:
        with house_of(database, keyring, folder) as (house, program):
            yield Town(database, house, program)
        with database.read() as session:
            assert find_violations(session) == []


def test_one_key_from_64_programs_at_once_is_one_budget(town: Town) -> None:
    key = str(uuid4())
    outcomes = rush(lambda _number: town.grant(500, 2021, key))
    assert surprises(outcomes) == []
    assert {status for status, _ in results(outcomes)} == {201}
    assert len({content for _, content in results(outcomes)}) == 1
    assert town.granted_fen(2021) == 500


def test_64_programs_granting_to_one_budget_meet_no_server_error(town: Town) -> None:
    outcomes = rush(lambda number: town.grant(number + 1, 2022, str(uuid4()))[0])
    assert surprises(outcomes) == []
    statuses = results(outcomes)
    # whoever lost the race of opening the budget is told so, and granted nothing
    assert set(statuses) <= {201, 409}
    granted = sum(number + 1 for number, status in enumerate(statuses) if status == 201)
    assert town.granted_fen(2022) == granted


def load_and_kill(house: House, send: Callable[[int], int], pause_seconds: float = 0) -> set[int]:
    """Send 64 × 4 acts while workers are killed; return the numbers of those answered with 2xx.

    A server that answers at once needs a pause between the acts, or it is done before the first kill.
    """
    answered: set[int] = set()
    calm = threading.Event()

    def kill() -> None:
        number = 0
        while not calm.wait(0.3) and number < KILLS:
            house.kill_worker(number)
            number += 1

    killer = threading.Thread(target=kill)
    killer.start()

    def client(number: int) -> list[int]:
        done = []
        for turn in range(ACTS_EACH):
            act = number * ACTS_EACH + turn
            time.sleep(pause_seconds)
            try:
                status = send(act)
            except BROKEN_LINES:
                time.sleep(0.05)
                continue
            assert status < 500, f"act {act} met a server error"
            if status < 300:
                done.append(act)
        return done

    outcomes = rush(client)
    calm.set()
    killer.join()
    assert surprises(outcomes) == []
    for done in results(outcomes):
        answered.update(done)
    return answered


def test_whatever_was_answered_is_stored_though_workers_are_killed(town: Town) -> None:
    assert town.grant(1, 2023, "first")[0] == 201
    acts = range(CLIENTS * ACTS_EACH)
    keys = [str(uuid4()) for _ in acts]
    answered = load_and_kill(town.house, lambda act: town.grant(act + 1, 2023, keys[act])[0])
    with town.database.read() as session:
        stored = set(session.scalars(text("SELECT key FROM idempotency_key WHERE status = 201")))
    assert answered
    assert {keys[act] for act in answered} <= stored
    # one effect per stored key, whether its answer arrived or was lost on the way
    assert town.granted_fen(2023) == 1 + sum(act + 1 for act in acts if keys[act] in stored)
    lost = [act for act in acts if act not in answered]
    assert lost, "no answer was lost: the kills came too late to prove anything"
    for act in (*lost, *sorted(answered)[:20]):
        ask_until_answered(town, act, keys[act])
    assert town.granted_fen(2023) == 1 + sum(act + 1 for act in acts)


def ask_until_answered(town: Town, act: int, key: str) -> None:
    """Send an act again with its own key, as a program does whose line broke."""
    for _ in range(20):
        try:
            status, content = town.grant(act + 1, 2023, key)
        except BROKEN_LINES:
            time.sleep(0.2)
            continue
        assert status == 201, content
        return
    raise AssertionError("never answered")


def test_the_storm_sees_lost_answers_where_they_come_before_the_commit(tmp_path: Path) -> None:
    """The control: a server that says 201 first and writes it down a moment later."""
    kept = tmp_path / "kept"
    kept.mkdir()
    with serving("tests.storms.hasty:app", {"HASTY_FOLDER": str(kept)}, tmp_path) as house:
        program = Program(house.port)
        answered = load_and_kill(house, lambda act: program.send("POST", f"/{act}")[0], pause_seconds=0.3)
    time.sleep(0.1)
    stored = {int(each.name) for each in kept.iterdir()}
    assert answered - stored, "the control lost nothing: the storm could not have seen a loss"
