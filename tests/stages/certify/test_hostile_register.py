"""Ten thousand answers of a register that lies, drags, floods, redirects and falls over: what came of it."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import func, select, text

from tests.loop.telling import person, ready
from tests.registers import Question, Reply, say, serving, truth_of
from tests.scene import Scene
from tests.stages.certify.test_register_port import BODIES, LIES, QUICK, Asked, connect
from voucher.rules.actor import Role
from voucher.stages.certify.asking import Registers
from voucher.stages.certify.models import Certificate, RegisterEntry
from voucher.stages.certify.models_look_ups import RegisterLookUp

ROWS = 100
# every change meets a fifth; SIZE=full is the whole
ANSWERS = 10_000 if os.environ.get("STORM_SIZE") == "full" else 2_000
SLOW_ONE_IN, STATUSES = 200, (301, 302, 303, 307, 308)
# what can be read, and is about this number, takes the place of the truth; what cannot be read leaves it
READ = ("somebody else", "one character", "other trade", "higher level", "no level", "other day",
        "other evaluator", "absent")  # fmt: skip


class Hostile:
    """Answers in turn in every way there is, and remembers of which certificates the truth came last."""

    def __init__(self, rows: list[dict[str, object]], inside: str, look: Callable[[], None]) -> None:
        self._true = {str(row["证书编号"]): truth_of(row) for row in rows}
        self._numbers = list(self._true)
        self._inside, self._look = inside, look
        self._places = [inside, inside.replace("127.0.0.1", "localhost"), "file:///etc/passwd", "//[::1]/x"]
        self._ways = ["the truth", "the truth", *LIES, *BODIES, *(f"moved {each}" for each in STATUSES)]
        self._lock, self._turn = threading.Lock(), 0
        self.told: Counter[str] = Counter()
        self.right: set[str] = set()

    def __call__(self, question: Question) -> Reply:
        with self._lock:
            turn, self._turn = self._turn, self._turn + 1
            # a stride that shares no factor with the ways meets every certificate with every one of them
            way = "slow" if turn % SLOW_ONE_IN == 7 else self._ways[turn * 7 % len(self._ways)]
            self.told[way] += 1
        number = question["number"]
        true = self._true[number]
        other = self._true[self._numbers[self._numbers.index(number) - 1]]
        if way == "slow":
            self._look()
            time.sleep(QUICK.read_seconds + 0.1)
            return say(true)  # nobody waits for it any more
        if way.startswith("moved "):
            place = self._places[turn % len(self._places)]
            return Reply(say(true).body, int(way.removeprefix("moved ")), (("Location", place),))
        if way == "the truth":
            self.right.add(number)
            return say(true)
        if way in READ:
            self.right.discard(number)
        if way in LIES:
            said = LIES[way](dict(true), dict(other))
            return Reply(json.dumps({"certificates": [said]}, ensure_ascii=False).encode())
        return BODIES[way](dict(true))


@pytest.mark.long
@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
def test_ten_thousand_answers_verify_nobody_wrongly_and_reach_no_host_inside(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """After every round exactly those are verified of whom the truth came last; others write meanwhile."""
    ready(scene)
    scene.hire("接入员", Role.OFFICER_PROVINCE, "310101199001010330")
    scene.hire("接入员二", Role.ADMINISTRATOR, "310101199001010250")
    rows = [scene.certificate(person(each)) for each in range(ROWS)]
    scene.import_certificates(rows)
    made = Asked(scene, rows, Registers(scene.database, scene.keyring, patience=replace(QUICK)))
    with scene.database.read() as session:
        made.ids = {each.number: each.id for each in session.scalars(select(Certificate))}
    write = partial(scene.do, "operator", lambda work: work.session.execute(text(WRITTEN)))
    waited: list[float] = []

    def look() -> None:
        """Write as somebody else while the register is waited for: who held a transaction would bar them."""
        began = time.monotonic()
        write()
        waited.append(time.monotonic() - began)
        if not scene.database.is_sqlite:
            with scene.database.read() as session:
                held.append(session.scalar(text(IDLE)) or 0)

    held: list[int] = []
    wrongly = missed = 0
    with serving(lambda _: say()) as inside:
        hostile = Hostile(rows, inside.address, look)
        with serving(hostile) as register:
            connect(scene, register.address)
            for _ in range(ANSWERS // ROWS):
                made.ask()
                right = {made.ids[each] for each in hostile.right}
                wrongly += len(made.verified() - right)
                missed += len(right - made.verified())
        reached = len(inside.asked)
    with scene.database.read() as session:
        kept = session.scalar(select(func.count()).select_from(RegisterLookUp))
        strangers = set(session.scalars(select(RegisterEntry.number).distinct())) - set(made.ids)
    told = {
        "database": "sqlite" if scene.database.is_sqlite else "postgres",
        "answers": sum(hostile.told.values()),
        "ways": len(hostile.told),
        "wrongly_verified": wrongly,
        "truth_not_believed": missed,
        "internal_hosts_reached": reached,
        "slow_answers": hostile.told["slow"],
        "written_by_others_meanwhile": len(waited),
        "transactions_held_meanwhile": sum(held),
    }
    with capsys.disabled():
        sys.stdout.write(f"\n{json.dumps(told)}\n")
    assert (wrongly, missed, reached, sum(held)) == (0, 0, 0, 0)
    assert len(waited) == hostile.told["slow"] == ANSWERS // SLOW_ONE_IN
    assert set(hostile.told) == {"the truth", "slow", *LIES, *BODIES, *(f"moved {each}" for each in STATUSES)}
    assert (kept, strangers) == (ANSWERS, set()), (
        "every question leaves a row, and nobody else is known by it"
    )


WRITTEN = "UPDATE region SET name = name"
IDLE = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND state LIKE 'idle in transaction%'"
)
