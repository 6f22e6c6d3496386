"""Systems the door remembers: asked about in every attempt of an act, and acting as nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import psycopg
import pytest
from sqlalchemy import Executable, QueuePool, func, select

from tests.doors.loop import LI_SI, Loop
from tests.doors.test_phones import Wire
from tests.doors.test_systems import System, register
from tests.doors.world import refused_with
from voucher.doors.auth.bearers import EXTENSION
from voucher.ledger.credentials.keys import ensure_keys
from voucher.plumbing import unit_of_work
from voucher.plumbing.db import Database
from voucher.plumbing.lines import tell
from voucher.plumbing.wire import Row
from voucher.registry.access.sessions import hash_token
from voucher.registry.sanctions import sanction
from voucher.registry.systems import systems
from voucher.registry.systems.rows import SystemScope
from voucher.registry.systems.tokens import Bearer
from voucher.rules.code_format import encode_presentation
from voucher.stages.train.models.places import Redemption

only_in_a_file = pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
only_on_a_server = pytest.mark.parametrize("loop", ["postgres"], indirect=True)


class Counter:
    """A program at the counter that is remembered, and the phone of one who has come to redeem."""

    def __init__(self, loop: Loop) -> None:
        loop.world.do("operator", ensure_keys)
        self.loop, self.phone = loop, Wire(loop.world, loop=loop).bind()
        self.system: System = register(loop)
        self.voucher_id = loop.ids["other_voucher"]
        self.nonce = 0
        self.be_remembered()

    def be_remembered(self) -> None:
        """Hold a code nobody knows to the scanner, which is told so."""
        assert self.ask_unknown().json["code"] == "code_unknown"

    def ask_unknown(self) -> Any:
        return self._send(encode_presentation(replace(self.phone.present(self.voucher_id), vid=bytes(8))))

    def redeem(self) -> Any:
        return self._send(self.phone.show(self.voucher_id))

    def _send(self, digits: str) -> Any:
        self.nonce += 1
        body = {
            "digits": digits, "class_id": self.loop.ids["class"], "last4": LI_SI[1][-4:], "device": "前台",
            "nonce": f"n{self.nonce}",
        }  # fmt: skip
        return self.system.call("POST", "/redemptions", body, key=f"k{self.nonce}")

    @property
    def kept(self) -> dict[str, Bearer]:
        """Return whom the app remembers."""
        found: dict[str, Bearer] = self.loop.world.app.extensions[EXTENSION]
        return found

    def revoke(self) -> None:
        self.loop.world.do("t1-admin", lambda work: systems.revoke_system(work, self.system.id))

    def count(self) -> int:
        """Return how often the voucher was used."""
        with self.loop.world.database.read() as session:
            mine = select(func.count()).where(Redemption.voucher_id == self.voucher_id)
            return session.scalar(mine) or 0

    def break_line(self) -> Exception:
        """Return what is raised where the line to the database is down."""
        dialect = self.loop.world.database.engine.dialect
        return tell(dialect, psycopg.OperationalError("the line is down"), is_down=True)


@only_in_a_file
def test_a_line_that_breaks_while_the_door_asks_lets_nobody_through(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter, look, asked = Counter(loop), Database.look, list[int]()

    def break_once(database: Database, said: Executable, values: Mapping[str, Any]) -> Sequence[Row]:
        asked.append(len(asked))
        if len(asked) == 1:
            raise counter.break_line()
        return look(database, said, values)

    counter.revoke()
    monkeypatch.setattr(unit_of_work, "_wait", lambda _attempt: None)
    monkeypatch.setattr(Database, "look", break_once)
    refused_with(counter.redeem(), 401, "bearer_refused")
    assert (len(asked), counter.count()) == (2, 0)


@only_in_a_file
def test_a_token_revoked_before_an_act_is_run_again_counts_no_more(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter, runs = Counter(loop), list[int]()

    def break_line(*_: object) -> Redemption:
        runs.append(len(runs))
        raise counter.break_line()

    # the room and its module go by the same name
    monkeypatch.setattr(import_module("voucher.doors.api.train.places"), "redeem", break_line)
    monkeypatch.setattr(unit_of_work, "_wait", lambda _attempt: counter.revoke())
    refused_with(counter.redeem(), 401, "bearer_refused")
    assert (len(runs), counter.count()) == (1, 0)


@only_in_a_file
def test_nobody_acts_as_whoever_was_remembered_by_mistake(loop: Loop) -> None:
    counter = Counter(loop)
    key = hash_token(counter.system.token)
    right = counter.kept[key]
    fewer: dict[str, Any] = {"scopes": frozenset({SystemScope.SCAN}), "written_scopes": "scan"}
    for other in ({"user_id": 1}, {"person_id": 1}, {"institution_id": loop.ids["t2"]}, fewer):
        counter.kept[key] = replace(right, **other)
        answer = counter.redeem()
        refused_with(answer, 401, "bearer_refused")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="voucher", error="invalid_token"'
        assert (counter.count(), counter.kept[key]) == (0, right), "the next one goes by what was found"
    assert counter.redeem().status_code == 201
    with loop.world.database.read() as session:
        done = select(Redemption.redeemed_by_person_id).where(Redemption.voucher_id == counter.voucher_id)
        assert session.scalar(done) == right.person_id


@only_on_a_server
def test_who_is_remembered_is_judged_as_ever_where_the_act_proves_nothing(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter, look, lent = Counter(loop), Database.look, list[int]()
    world, system = loop.world, counter.system

    def count_lent(database: Database, said: Executable, values: Mapping[str, Any]) -> Sequence[Row]:
        pool = database.engine.pool
        assert isinstance(pool, QueuePool)
        lent.append(pool.checkedout())
        return look(database, said, values)

    with monkeypatch.context() as patched:
        patched.setattr(Database, "look", count_lent)
        refused_with(counter.ask_unknown(), 404, "code_unknown")
    assert lent == [0], "whoever holds a connection waits for no second one"

    first, old = system.token, system.secret
    system.secret = world.do("t1-admin", lambda work: systems.rotate_secret(work, system.id))
    assert system.secret != old
    world.do("t1-admin", lambda work: systems.confirm_secret(work, system.id))
    refused_with(counter.redeem(), 401, "bearer_refused")
    assert hash_token(first) not in counter.kept
    assert system.fetch().status_code == 200
    counter.be_remembered()
    world.do("shenhe", lambda work: sanction(work, loop.ids["t1"], "suspend", "停业整顿"))
    refused_with(counter.redeem(), 401, "bearer_refused")
    assert counter.count() == 0
