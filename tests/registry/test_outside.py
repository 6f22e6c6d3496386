"""Other departments' systems: a real server that answers, drags, fails and lies; lists; every call kept."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from tests.scene import LI_SI, LIMITS, ZHANG_SAN, Scene, write_csv
from tests.town_issue import act, eligible, person_id
from voucher.ledger import audit
from voucher.plumbing.calling import Caller, Failure, NoAnswerError, Patience
from voucher.registry.importing.frame import import_file
from voucher.registry.importing.outside import OutsideImporter
from voucher.registry.outside.asking import Outside, wish_for
from voucher.registry.outside.models import OutsideAnswer, OutsideCall
from voucher.registry.outside.reading import read_outside
from voucher.registry.outside.systems import connect
from voucher.rules.actor import Role
from voucher.rules.outside import FactKind

QUICK = Patience(
    connect_seconds=0.3, read_seconds=0.3, retries=1, backoff_seconds=0.01, failures_before_rest=2,
    rest=timedelta(seconds=0.3),
)  # fmt: skip


@dataclass
class Department:
    """Another department's system, on a real port; `answer` decides what it does with each question."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], tuple[int, bytes]] = lambda _: (200, b"{}")
    address: str = ""


@pytest.fixture
def department() -> Iterator[Department]:
    """Yield a server of its own thread."""
    told = Department()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.asked.append(question)
            told.tokens.append(self.headers.get("Authorization"))
            status, body = told.answer(question)
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # whoever asked has gone

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    told.address = f"http://127.0.0.1:{server.server_address[1]}/facts"
    yield told
    server.shutdown()
    server.server_close()


def said(**line: Any) -> Callable[[dict[str, Any]], tuple[int, bytes]]:
    """Return an answer of one line."""
    return reply(json.dumps({"facts": [{"held": True, **line}]}).encode())


def reply(body: bytes) -> Callable[[dict[str, Any]], tuple[int, bytes]]:
    """Return an answer of these bytes, whatever is asked."""
    return lambda _: (200, body)


def failure(caller: Caller) -> str:
    """Return why there was no answer."""
    with pytest.raises(NoAnswerError) as caught:
        caller.ask({"number": ZHANG_SAN[1]})
    assert ZHANG_SAN[1] not in str(caught.value)
    return str(caught.value.failure)


def test_a_call_is_retried_times_out_and_is_given_a_rest(department: Department) -> None:
    flaky = iter([(503, b""), (200, b'{"ok": 1}')])
    department.answer = lambda _: next(flaky)
    caller = Caller(department.address, token="geheim", patience=QUICK)
    assert caller.ask({"kind": "pension"}) == {"ok": 1}
    assert len(department.asked) == 2, "one retry"
    assert department.tokens == ["Bearer geheim"] * 2

    # it answered and would not: that is no sign of ill health, however often
    department.answer = lambda _: (404, b"nobody")
    assert [failure(caller) for _ in range(4)] == [Failure.REFUSED] * 4
    department.answer = lambda _: (302, b"")
    assert failure(caller) == Failure.REFUSED, "a redirect is never followed"

    def drag(_: dict[str, Any]) -> tuple[int, bytes]:
        time.sleep(0.6)
        return 200, b"{}"

    department.answer = drag
    before = len(department.asked)
    assert failure(caller) == Failure.UNREACHABLE
    assert len(department.asked) == before + 2, "a time-out on each of two tries"
    department.answer = lambda _: (200, b"<html>")
    assert failure(caller) == Failure.MALFORMED
    before = len(department.asked)
    assert failure(caller) == Failure.RESTING
    assert len(department.asked) == before, "an open breaker asks nobody"
    time.sleep(0.35)
    department.answer = lambda _: (200, b'{"well": 1}')
    assert caller.ask({}) == {"well": 1}, "after its rest it is tried again"
    assert failure(Caller("http://127.0.0.1:1/", patience=QUICK)) == Failure.UNREACHABLE


def administrator(scene: Scene) -> str:
    """Return the login of somebody who may connect systems."""
    scene.hire("接入员", Role.OFFICER_PROVINCE, "310101199001010330")
    return "接入员"


def calls(scene: Scene) -> list[tuple[str, str]]:
    """Return every call of the log by kind and outcome."""
    with scene.database.read() as session:
        return [
            (each.kind, each.outcome)
            for each in session.scalars(select(OutsideCall).order_by(OutsideCall.id))
        ]


def test_answers_are_kept_with_their_system_and_time_and_no_transaction_is_open(
    scene: Scene, department: Department
) -> None:
    eligible(scene, ZHANG_SAN)
    zhang, outside = person_id(scene, ZHANG_SAN), Outside(scene.database, scene.keyring, patience=QUICK)
    asker = scene.actor("operator")
    assert outside.ask(asker, scene.at, {zhang: [FactKind.PENSION]}) == {}, "nobody is connected"
    chief = administrator(scene)
    scene.do(chief, act(connect, FactKind.INSURANCE, name="省失业保险系统", address=department.address))

    def meanwhile(question: dict[str, Any]) -> tuple[int, bytes]:
        # the only write lock of a SQLite file is free while the other side thinks
        scene.do("operator", lambda work: audit.record_one(work, "person", zhang, "meanwhile"))
        assert question["number"] == ZHANG_SAN[1]
        return said(amount=18, since="2023-01-01")(question)

    department.answer = meanwhile
    assert outside.ask(asker, scene.at, {zhang: [FactKind.INSURANCE]}) == {(zhang, FactKind.INSURANCE): True}
    for lie in (
        b'{"facts": [{"held": "yes"}]}', b'{"facts": {}}', b'{"facts": [{"held": true, "amount": true}]}',
        b'{"facts": [{"held": true, "since": "soon"}]}', b'{"facts": [{"held": true, "level": 9}]}',
    ):  # fmt: skip
        department.answer = reply(lie)
        assert not any(outside.ask(asker, scene.at, {zhang: [FactKind.INSURANCE]}).values())
    department.answer = reply(b'{"facts": []}')
    assert not any(outside.ask(asker, scene.at, {zhang: [FactKind.INSURANCE]}).values())
    outcomes = [outcome for _, outcome in calls(scene)]
    assert outcomes == ["answered", *["malformed"] * 5, "unknown"]
    with scene.database.read() as session:
        (answer,) = session.scalars(select(OutsideAnswer))
        assert (answer.system, answer.amount, answer.told_at) == ("省失业保险系统", 18, scene.at)
        kept = [str(value) for row in session.scalars(select(OutsideCall)) for value in vars(row).values()]
        facts = read_outside(session, [zhang])[zhang]
    assert not any(ZHANG_SAN[0] in each or ZHANG_SAN[1] in each for each in kept), "no name in the log"
    for sin in ("UPDATE outside_call SET outcome = 'answered'", "DELETE FROM outside_answer"):
        with pytest.raises(DBAPIError):
            scene.plant(sin)
    assert facts[FactKind.INSURANCE][0].amount == 18


def test_lists_answer_in_the_place_of_a_system_and_say_that_they_are_lists(scene: Scene) -> None:
    eligible(scene, ZHANG_SAN, LI_SI)
    same = {"证件号码": ZHANG_SAN[1], "名单日期": "2024-01-31", "来源": "社保中心"}
    rows = [
        {**same, "姓名": ZHANG_SAN[0], "事项": "按月领取养老金"},
        {**same, "姓名": "张叁", "事项": "实名核验（金保工程）"},
    ]
    path = write_csv(scene.folder / "outside.csv", rows)
    report = scene.do("operator", lambda work: import_file(work, OutsideImporter, path, limits=LIMITS))
    assert (report.rows_added, report.rows_refused) == (2, 0)
    chief = administrator(scene)
    for kind in (FactKind.PENSION, FactKind.IDENTITY, FactKind.STUDENT):
        scene.do(chief, act(connect, kind))
    zhang, li = person_id(scene, ZHANG_SAN), person_id(scene, LI_SI)
    asked = {each: [FactKind.PENSION, FactKind.IDENTITY, FactKind.STUDENT] for each in (zhang, li)}
    answered = Outside(scene.database, scene.keyring).ask(scene.actor("operator"), scene.at, asked)
    assert answered == {
        (zhang, FactKind.PENSION): True, (zhang, FactKind.IDENTITY): True, (zhang, FactKind.STUDENT): False,
        (li, FactKind.PENSION): True, (li, FactKind.IDENTITY): False, (li, FactKind.STUDENT): False,
    }, "no list of students was handed over, and who stands on no list of identities is unknown"  # fmt: skip
    with scene.database.read() as session:
        facts = read_outside(session, [zhang, li])
    assert facts[zhang][FactKind.PENSION][0].held
    assert not facts[li][FactKind.PENSION][0].held, "not on the list of those who draw one"
    assert not facts[zhang][FactKind.IDENTITY][0].held, "the name on the list is another"
    assert "内置名单" in facts[zhang][FactKind.PENSION][0].system
    assert facts[zhang][FactKind.PENSION][0].told_on.isoformat() == "2024-01-31", "as old as the list"


def test_what_nobody_answers_is_asked_ever_more_seldom_and_keeps_nothing_new_waiting(
    scene: Scene, department: Department
) -> None:
    eligible(scene, ZHANG_SAN, LI_SI)
    zhang, li = person_id(scene, ZHANG_SAN), person_id(scene, LI_SI)
    chief = administrator(scene)
    scene.do(chief, act(connect, FactKind.INSURANCE, name="省失业保险系统", address=department.address))
    department.answer = lambda _: (404, b"nobody")
    outside, keeper = Outside(scene.database, scene.keyring, patience=QUICK), scene.actor("clock")

    def wish(person: int, kind: FactKind) -> None:
        scene.do("operator", lambda work: wish_for(work, "419001", {person: [kind]}))

    wish(zhang, FactKind.INSURANCE)
    wish(zhang, FactKind.PENSION)  # nobody is connected for it: no call, no try
    began, told = scene.at, []
    for minutes in (0, 9, 10, 69, 70, 429, 430, 1869, 1870, 3309, 3310):
        scene.at = began + timedelta(minutes=minutes)
        outside.ask_due(keeper, scene.at)
        told.append(len(calls(scene)))
    assert told == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]

    scene.at += timedelta(days=1)
    wish(li, FactKind.INSURANCE)
    outside.ask_due(keeper, scene.at, most=1)
    with scene.database.read() as session:
        asked = session.scalars(select(OutsideCall.person_id).order_by(OutsideCall.id)).all()
    assert asked[6:] == [li, zhang], "what is new first"

    scene.do(chief, act(connect, FactKind.PENSION))
    scene.at += timedelta(minutes=10)
    outside.ask_due(keeper, scene.at)
    assert "pension" in [kind for kind, _ in calls(scene)], "as soon as somebody is connected"
