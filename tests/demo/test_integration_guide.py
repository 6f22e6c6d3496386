"""The guide for institutions' systems, done word for word: its commands run against the sandbox it names."""

from __future__ import annotations

import os
import re
import runpy
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from tests.demo.built import LOOKED_AT, TODAY, WIDE, Built
from tests.receiver import Receiver
from tests.settings import config_of
from voucher.app import create_app
from voucher.demo.house import moment
from voucher.ledger.sealing import seal_rows
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.db import Database
from voucher.plumbing.outbox import deliver_due
from voucher.plumbing.reaching import Messenger
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.systems import webhooks
from voucher.registry.systems.rows import InstitutionSystem
from voucher.registry.systems.webhook_carrying import carry_by, secret_of
from voucher.registry.users import CLOCK_LOGIN, load_actor
from voucher.rules.actor import Actor
from voucher.stages.oversee.telling import tell_due

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("demo")]
GUIDE = Path(__file__).parents[2] / "docs" / "integration.md"


def read_blocks(language: str) -> str:
    """Return the code of one language in the guide, in its order."""
    return "\n".join(
        re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    )


@pytest.fixture
def built(built: Built, tmp_path: Path) -> Iterator[Built]:
    """Yield a copy of the province: what is redeemed here stays out of what others look at."""
    path = tmp_path / "copy.db"
    with (
        closing(sqlite3.connect(str(built.database.url.database))) as first,
        closing(sqlite3.connect(path)) as second,
    ):
        first.backup(second)
    copied = replace(built, database=Database(f"sqlite:///{path}"))
    yield copied
    copied.database.dispose()


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def served(built: Built) -> Iterator[str]:
    with serve(built.demo) as address:
        yield address


def follow(built: Built, address: str, worker: dict[str, object], commands: str) -> str:
    """Run commands of the guide with what is printed of one holder, and return what they print."""
    told = {
        "BASE": address, "CLIENT_ID": built.sandbox.client_id, "CLASS_ID": built.sandbox.class_id,
        "CLIENT_SECRET": built.sandbox.client_secret, "WORKER": worker["login"],
        "PASSWORD": worker["password"], "VOUCHER_ID": worker["voucher_id"], "LAST4": worker["last4"],
    }  # fmt: skip
    ran = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", commands],
        env={"PATH": os.environ["PATH"], "NO_PROXY": "*", **{key: str(told[key]) for key in told}},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, (ran.stdout, ran.stderr)
    with built.database.read() as session:
        assert session.get_one(Voucher, worker["voucher_id"]).state == "training"
    return ran.stdout


def as_somebody(built: Built, login: str) -> Actor:
    with built.database.read() as session:
        return load_actor(session, login, LOOKED_AT.date())


def test_whoever_comes_in_the_evening_redeems_those_who_are_locked_already(built: Built) -> None:
    """The class has begun and locks nobody any more; the guide says whom to take then."""
    evening = moment(TODAY, 21)
    app = create_app(
        config_of(built.folder, demo=True), built.database, built.keyring, lambda: evening, limits=WIDE
    )
    commands = "\n".join(each for each in read_blocks("sh").splitlines() if "/enrolments" not in each)
    locked = [each for each in built.sandbox.workers if each["is_locked"]]
    assert 0 < len(locked) < len(built.sandbox.workers)
    with serve(app) as address:
        assert "redeem" in follow(built, address, locked[0], commands)


def test_whoever_follows_the_guide_comes_from_the_token_to_the_notice(
    built: Built, served: str, tmp_path: Path
) -> None:
    worker = next(each for each in built.sandbox.workers if not each["is_locked"])

    def act(login: str, call: Callable[[Work], Any]) -> Any:
        return perform(built.database, built.keyring, as_somebody(built, login), LOOKED_AT, call)

    with built.database.read() as session:
        system_id = session.scalars(select(InstitutionSystem.id)).one()
    with Receiver() as receiver:

        def listen(work: Work) -> str:
            chosen = ["voucher.enrolled", "voucher.redeemed"]
            made = webhooks.register_webhook(work, system_id, receiver.url, chosen, local=True)
            # what happens at the very moment of the registration is not told
            made.registered_at = made.registered_at.replace(hour=0)
            return secret_of(work.keyring, made.seed)

        secret = act("sandbox", listen)
        follow(built, served, worker, read_blocks("sh"))
        act(CLOCK_LOGIN, seal_rows)
        keeper = as_somebody(built, CLOCK_LOGIN)
        tell_due(built.database, built.keyring, lambda: keeper, lambda: LOOKED_AT)
        carrier = carry_by(
            built.database, built.keyring, Messenger(local=True), lambda: keeper, lambda: LOOKED_AT
        )
        deliver_due(built.database, built.keyring, lambda: LOOKED_AT, {webhooks.TOPIC: carrier})
    types = [each.body.decode().partition('"type":"')[2].partition('"')[0] for each in receiver.taken]
    assert types[-2:] == ["voucher.enrolled", "voucher.redeemed"]
    checking = tmp_path / "checking.py"
    checking.write_text(read_blocks("python"), "utf-8")
    genuine, now = runpy.run_path(str(checking))["is_genuine"], LOOKED_AT.timestamp()
    for each in receiver.taken:
        assert genuine(secret, each.headers, each.body, now)
        assert not genuine(secret, each.headers, each.body + b" ", now)
        assert not genuine(secret, each.headers, each.body, now + 301)
