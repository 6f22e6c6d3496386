"""Whatever the description allows, and a little more, gets a documented answer and no mistake of ours."""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from itertools import cycle
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.transport.serialization import Binary
from sqlalchemy import select

from tests.doors.loop import Loop
from tests.doors.world import PASSWORD, PROVINCE, Client, World
from tests.scene import Scene
from tests.stages.settle.test_bank import released_file
from voucher.rules.actor import Role
from voucher.stages.settle.models.payments import PaymentLine

# 5,000 take four minutes: every change meets fewer, FUZZ_SIZE=full makes them the whole
CASES = 5_000 if os.environ.get("FUZZ_SIZE") == "full" else 3_000
OWN_HEADERS = frozenset({"user-agent", "x-csrftoken", "idempotency-key", "cookie"})
PROBLEM, MULTIPART = "application/problem+json", "multipart/form-data"
# somebody who may do everything gets furthest; the others meet what is not theirs
VISITORS = ("everybody", "jiban", "shenhe", "t1-admin", "zhang")
# what is said here of a session is said of one that was opened for this call: signing out ends no other
OWN_SESSION = frozenset({"/api/v1/sessions", "/api/v1/sessions/current"})
LODGER = "sun"


def settings_for(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def ground(node: Any, ids: Iterator[int], name: str = "") -> Any:
    """Return a body or the parameters of an address with ids that are there, so that acts are reached."""
    if isinstance(node, dict):
        return {key: ground(inner, ids, str(key)) for key, inner in node.items()}
    if isinstance(node, list):
        return [ground(inner, ids, name) for inner in node]
    named = name.endswith(("_id", "_ids")) and isinstance(node, int) and not isinstance(node, bool)
    return next(ids) if named else node


class Fuzzing:
    """Every operation described, sent by each visitor in turn, and what was answered otherwise than told."""

    def __init__(self, loop: Loop) -> None:
        self.world = loop.world
        self.world.staff("everybody", *Role, region=PROVINCE)
        self.clients = [(login, loop[login]) for login in VISITORS]
        self.turns, self.ids = cycle(range(2 * len(VISITORS))), cycle((1, 2, 3, 999_999))
        self.wrong: list[tuple[Any, ...]] = []
        self.met: dict[str, Counter[int]] = {}

    @property
    def count(self) -> int:
        """Return how many requests were sent."""
        return sum(each.total() for each in self.met.values())

    def play(self, examples: int) -> None:
        """Send so many cases to every operation."""
        described = schemathesis.openapi.from_wsgi("/api/openapi.json", self.world.app)
        for found in described.get_all_operations():
            assert isinstance(found, Ok), found
            strategy = found.ok().as_strategy()
            settings_for(examples)(given(case=strategy)(self.send))()

    def send(self, case: Any) -> None:
        """Send one case, every second time with ids that are there, and judge the answer."""
        turn = next(self.turns)
        login, client = self.clients[turn // 2]
        if turn % 2:
            case.path_parameters = ground(dict(case.path_parameters or {}), self.ids)
            if isinstance(case.body, dict):
                case.body = ground(case.body, self.ids)
        if case.operation.path in OWN_SESSION:
            login, client = self.lodge(case, turn)
        answer = answer_of(client, case)
        self.met.setdefault(case.operation.label, Counter())[answer.status_code] += 1
        known = set(case.operation.definition.raw["responses"]) - {"default"}
        told = answer.headers.get("Content-Type", "").partition(";")[0]
        if str(answer.status_code) not in known or (answer.status_code >= 400 and told != PROBLEM):
            self.wrong.append((case.method, case.formatted_path, login, answer.status_code, answer.json))

    def lodge(self, case: Any, turn: int) -> tuple[str, Client]:
        """Return somebody nobody else is: signed in, without form token, signed out already, or a stranger.

        Whoever signs in does so with the right words every second time.
        """
        client = self.world.visit()
        if case.method == "POST":
            if turn % 2 and isinstance(case.body, dict):
                case.body |= {"login": LODGER, "password": PASSWORD}
            return "stranger", client
        if turn % 5 == 0:
            return "stranger", client
        entered = client.open_session(LODGER, PASSWORD, "-")
        assert entered.status_code == 201, entered.json
        if turn % 5 == 1:
            return "without form token", client
        client.token = entered.json["csrf_token"]
        if turn % 5 == 2:
            left = client.http.delete("/api/v1/sessions/current", headers={"X-CSRFToken": client.token})
            assert left.status_code == 204, left.json
        return LODGER, client


def answer_of(client: Client, case: Any) -> Any:
    sent = case.as_transport_kwargs()
    headers = {k: v for k, v in (sent.get("headers") or {}).items() if k.lower() not in OWN_HEADERS}
    headers |= {"X-CSRFToken": client.token, "Idempotency-Key": str(uuid4())}
    body: dict[str, Any] = {"json": sent.get("json")}
    if case.media_type == MULTIPART:
        headers.pop("Content-Type", None)
        body = {"data": parts_of(case.body), "content_type": MULTIPART}
    return client.http.open(
        case.formatted_path,
        method=case.method,
        query_string=sent.get("params") or {},
        headers=headers,
        **body,
    )


def parts_of(body: Any) -> dict[str, Any]:
    """Return the parts of a form as a browser sends them: a file has a name, everything else is text."""
    fields = body if isinstance(body, dict) else {}
    return {
        name: (io.BytesIO(part.data if isinstance(part, Binary) else part), "回盘.csv")
        if isinstance(part, Binary | bytes)
        else str(part)
        for name, part in fields.items()
    }


@pytest.mark.long
@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_no_request_the_description_allows_is_answered_with_a_mistake(loop: Loop) -> None:
    fuzzing = Fuzzing(loop)
    fuzzing.play(1)
    assert fuzzing.wrong == []
    assert fuzzing.count > 130


@pytest.mark.fuzz
def test_thousands_of_requests_are_answered_as_the_description_says(loop: Loop) -> None:
    described: Any = loop.world.visit().http.get("/api/openapi.json").json
    operations = sum(len(set(methods) - {"parameters"}) for methods in described["paths"].values())
    fuzzing = Fuzzing(loop)
    fuzzing.play(-(-CASES // operations))
    assert fuzzing.wrong == []
    assert fuzzing.count >= CASES
    assert len(fuzzing.met) == operations, "an operation was left out"
    # signing in and out was done as well as refused, and a file was sent that answers no payment file
    assert {201, 401} <= set(fuzzing.met["POST /api/v1/sessions"])
    assert {200, 401} <= set(fuzzing.met["GET /api/v1/sessions/current"])
    assert {204, 401, 403} <= set(fuzzing.met["DELETE /api/v1/sessions/current"])
    assert 404 in fuzzing.met["POST /api/v1/bank-results"]
    for login, client in fuzzing.clients:
        assert client.get("/sessions/current").status_code == 200, f"{login} was signed out meanwhile"


HEADINGS = ("参考号", "金额", "结果", "原因")
CELLS = st.one_of(
    st.sampled_from(("成功", "失败", "", "0", "-1.00", "1e9", "1,840.00", "9" * 30, '"', "\0", "=1+1")),
    st.text(max_size=8),
)


@st.composite
def bank_files(draw: st.DrawFn, reference: str) -> bytes:
    """Return what a bank might send back: a table, more or less, of a line we sent, or no table."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=60))
    headings = draw(st.sampled_from((HEADINGS, HEADINGS[:3], HEADINGS[::-1], HEADINGS[1:])))
    rows = draw(st.lists(st.lists(st.one_of(CELLS, st.just(reference)), max_size=5), max_size=4))
    text = "\r\n".join(",".join(each) for each in (list(headings), *rows))
    return text.encode(draw(st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "gb18030"))), "replace")


def test_no_file_of_a_bank_is_answered_with_a_mistake(scene: Scene, world: World) -> None:
    """Whatever stands in it, a file for payments that were sent is booked, set aside, or refused."""
    file = released_file(scene)
    with scene.database.read() as session:
        reference = session.scalars(select(PaymentLine.reference)).first() or ""
    world.at = scene.at.astimezone(UTC)
    world.enable("制单员")
    client, met = world.sign_in("制单员"), Counter[int]()

    def send(content: bytes, name: str) -> None:
        parts = {"payment_file_id": str(file.id), "file": (io.BytesIO(content), name)}
        answer = client.post("/bank-results", None, data=parts)
        met[answer.status_code] += 1
        assert answer.status_code in {201, 400, 409, 422}, (answer.status_code, content, name)

    names = st.sampled_from(("回盘.csv", "回盘.xlsx", "x", "..", "a/../b.csv", "回盘.CSV"))
    settings_for(80)(given(content=bank_files(reference), name=names)(send))()
    assert met[201] > 0
    assert met.total() - met[201] > 0


def test_numbers_and_characters_no_database_holds_are_answered_too(world: World) -> None:
    world.staff("everybody", *Role, region=PROVINCE)
    client = world.sign_in("everybody")
    for path in (
        "/claims/9223372036854775808",
        f"/notices/{10**30}",
        "/objections/%00",
        "/claims?number=%00",
        f"/claims?batch={10**30}",
        "/claims?institution=%00",
        "/batches?cursor=eyJhZnRlciI6IDEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDB9",
        "/vouchers/9223372036854775808",
        "/vouchers?number=Q-419001-2024-" + "9" * 30,
        "/vouchers?number=%00",
        f"/scans?class={10**30}",
        "/dictionaries/%00",
        "/dictionaries/training_kind?on=99999-01-01",
    ):
        assert 400 <= client.get(path).status_code < 500 or "number=Q" in path, path
    for words in ("a\0b", "\ud800", "\U0001f600" * 300):
        for path, field in (("/claims/withdrawals", "claim_ids"), ("/revocations", "voucher_ids")):
            for body in ({field: [1], "why": words}, {field: [1], "why": "x", words: 1}):
                # escaped, as half a character can only be sent
                answer = client.post(path, None, data=json.dumps(body), content_type="application/json")
                assert 400 <= answer.status_code < 500, body
