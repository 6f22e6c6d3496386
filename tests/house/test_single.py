"""There is one commit, one clock and one writer of state."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.source import VOUCHER, Room, dotted, plant, rooms

COMMITTER = "plumbing/unit_of_work.py"
# the session of an act hands the word on to its connection, in its own `commit` and nowhere else
HANDED_ON = "plumbing/writing.py"
CLOCK = "plumbing/clock.py"
STATE_WRITERS = frozenset(
    {
        "ledger/states.py",
        "ledger/stepping.py",  # the updates of `states.move`, of one object and of many
        "ledger/vouchers.py",
        "ledger/entitlements.py",  # a key is no thing with a trail of events: one conditional update per end
        "plumbing/jobs.py",  # the progress of a job is no life
    }
)
READS_OF_THE_CLOCK = (
    re.compile(r"(^|\.)(datetime|date)\.(now|utcnow|today)$"),
    re.compile(r"(^|\.)time\.(time|time_ns|localtime|gmtime|ctime)$"),
    re.compile(r"(^|\.)func\.(now|current_timestamp|current_date|localtime|statement_timestamp)$"),
)
CLOCK_IN_SQL = re.compile(
    r"\b(CURRENT_TIMESTAMP|CURRENT_DATE)\b|\b(now|clock_timestamp|unixepoch)\(\)", re.IGNORECASE
)
STATE_IN_SQL = re.compile(r"\bUPDATE\b.*\bSET\b[^;]*?\bstate\s*=", re.IGNORECASE | re.DOTALL)


def find_commits(root: Path) -> list[str]:
    """Return every commit outside the unit of work, by name or by a block that commits at its end."""
    found = []
    for room in rooms(root):
        if room.path == COMMITTER:
            continue
        passed_on = _list_passed_on(room) if room.path == HANDED_ON else []
        for call in room.calls():
            if not isinstance(call.func, ast.Attribute) or call in passed_on:
                continue
            owner = dotted(call.func.value).lower()
            if call.func.attr == "commit" or (call.func.attr == "begin" and owner.endswith("engine")):
                found.append(room.sin(call, f"{call.func.attr}()"))
    return found


def _list_passed_on(room: Room) -> list[ast.AST]:
    """Return what stands in the room's own `commit`, which nobody reaches but by saying it."""
    return [inner for node in room.each(ast.FunctionDef) if node.name == "commit" for inner in ast.walk(node)]


def find_clock_readings(root: Path) -> list[str]:
    """Return every reading of the clock outside its one room, in Python or in SQL."""
    found = []
    for room in rooms(root):
        if room.path == CLOCK:
            continue
        for reading in room.each(ast.Attribute):
            name = dotted(reading)
            if any(pattern.search(name) for pattern in READS_OF_THE_CLOCK):
                found.append(room.sin(reading, name))
        for node in room.each(ast.ImportFrom):
            wrong = {alias.name for alias in node.names} & {"time", "time_ns", "localtime", "gmtime"}
            if node.module == "time" and wrong:
                found.append(room.sin(node, f"from time import {', '.join(sorted(wrong))}"))
        for call in room.calls():
            if dotted(call.func).endswith("text"):
                found += [
                    room.sin(call, "clock in SQL") for word in _words(call) if CLOCK_IN_SQL.search(word)
                ]
    return found


def find_state_writers(root: Path) -> list[str]:
    """Return every writing of an object's state outside the ledger's own rooms."""
    return [
        sin
        for room in rooms(root)
        if room.path not in STATE_WRITERS
        for node in room.each(*WRITES)
        for sin in _state_writings(room, node)
    ]


WRITES: tuple[type[ast.AST], ...] = (ast.Assign, ast.AugAssign, ast.Call)


def _state_writings(room: Room, node: ast.AST) -> list[str]:
    if isinstance(node, ast.Assign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        flat = [each for target in targets for each in ast.walk(target)]
        if any(isinstance(each, ast.Attribute) and each.attr == "state" for each in flat):
            return [room.sin(node, "assigns .state")]
    if not isinstance(node, ast.Call):
        return []
    name = dotted(node.func).rsplit(".", 1)[-1]
    if not name and isinstance(node.func, ast.Attribute):
        name = node.func.attr
    if name == "values" and _is_update(node.func) and _names_state(node):
        return [room.sin(node, "updates state")]
    if name in {"setattr", "set_committed_value"} and "state" in _words(node):
        return [room.sin(node, f"{name} state")]
    if name == "bring_up" and _names_state(node):
        return [room.sin(node, "brings state up")]
    if any(STATE_IN_SQL.search(word) for word in _words(node)):
        return [room.sin(node, "SQL updates state")]
    return []


def _is_update(chain: ast.AST) -> bool:
    return any(
        isinstance(each, ast.Call) and dotted(each.func).rsplit(".", 1)[-1] == "update"
        for each in ast.walk(chain)
    )


def _names_state(call: ast.Call) -> bool:
    tables = [arg for arg in call.args if isinstance(arg, ast.Dict)]
    keys = [key.value for table in tables for key in table.keys if isinstance(key, ast.Constant)]
    return "state" in keys or any(keyword.arg == "state" for keyword in call.keywords)


def _words(call: ast.Call) -> list[str]:
    return [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]


PAY = "stages/settle/pay.py"
SINS: list[tuple[Callable[[Path], list[str]], str, str]] = [
    (find_commits, PAY, "def pay(work):\n    work.session.commit()\n"),
    (find_commits, PAY, "def pay(engine):\n    with engine.begin() as connection:\n        pass\n"),
    (find_commits, "ledger/unit_of_work.py", "session.commit()\n"),
    (find_commits, HANDED_ON, "def close(self):\n    self._own.commit()\n"),
    (find_clock_readings, PAY, "at = datetime.now(UTC)\n"),
    (find_clock_readings, PAY, "at = datetime.datetime.utcnow()\n"),
    (find_clock_readings, PAY, "day = date.today()\n"),
    (find_clock_readings, PAY, "at = time.time()\n"),
    (find_clock_readings, PAY, "from time import time\n"),
    (find_clock_readings, PAY, "column = mapped_column(default=datetime.now)\n"),
    (find_clock_readings, PAY, "column = mapped_column(server_default=func.now())\n"),
    (find_clock_readings, PAY, "clause = text('paid_at < CURRENT_TIMESTAMP')\n"),
    (find_state_writers, PAY, "claim.state = 'paid'\n"),
    (find_state_writers, PAY, "claim.state, claim.seq = 'paid', 7\n"),
    (find_state_writers, PAY, "setattr(claim, 'state', 'paid')\n"),
    (find_state_writers, PAY, "set_committed_value(claim, 'state', 'paid')\n"),
    (find_state_writers, PAY, "bring_up(claim, state='paid', seq=7)\n"),
    (find_state_writers, PAY, "session.execute(update(Claim).where(Claim.id == 1).values(state='paid'))\n"),
    (find_state_writers, PAY, "session.execute(update(Claim).values({'state': 'paid', 'seq': 2}))\n"),
    (find_state_writers, PAY, "session.execute(sa.update(Claim).values(state='paid'))\n"),
    (find_state_writers, PAY, "session.execute(text('UPDATE claim SET seq = 2, state = :to'))\n"),
    (find_state_writers, "doors/web/desk.py", "batch.state = 'closed'\n"),
]


@pytest.mark.parametrize("guard", [find_commits, find_clock_readings, find_state_writers])
def test_the_house_is_clean(guard: Callable[[Path], list[str]]) -> None:
    assert guard(VOUCHER) == []


@pytest.mark.parametrize(("guard", "path", "source"), SINS)
def test_a_planted_sin_is_caught(
    guard: Callable[[Path], list[str]], path: str, source: str, tmp_path: Path
) -> None:
    assert len(guard(plant(tmp_path, path, source))) == 1


@pytest.mark.parametrize(
    ("guard", "path"),
    [(find_commits, COMMITTER), (find_clock_readings, CLOCK), (find_state_writers, "ledger/states.py")],
)
def test_the_one_room_is_real_and_does_what_it_is_for(
    guard: Callable[[Path], list[str]], path: str, tmp_path: Path
) -> None:
    text = (VOUCHER / path).read_text(encoding="utf-8")
    assert guard(plant(tmp_path, path, text)) == []
    assert guard(plant(tmp_path, "elsewhere.py", text)) != []


def test_reading_a_state_and_giving_a_first_one_are_no_sins(tmp_path: Path) -> None:
    source = "claim = Claim(state='draft')\nif claim.state == 'paid':\n    pass\nseconds = time.monotonic()\n"
    plant(tmp_path, PAY, source)
    assert find_state_writers(tmp_path) == []
    assert find_clock_readings(tmp_path) == []
