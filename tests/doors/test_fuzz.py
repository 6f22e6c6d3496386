"""Whatever the description allows, and a little more, gets a documented answer and no mistake of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

from tests.doors.loop import Loop
from tests.doors.world import PROVINCE, Client, World
from voucher.rules.actor import Role

CASES = 5_000
OWN_HEADERS = frozenset({"user-agent", "x-csrftoken", "idempotency-key", "cookie"})
PROBLEM = "application/problem+json"
# somebody who may do everything gets furthest; the others meet what is not theirs
VISITORS = ("everybody", "jiban", "shenhe", "t1-admin", "zhang")


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


def fuzz(loop: Loop, examples: int) -> tuple[int, list[tuple[Any, ...]]]:
    """Send so many cases to every operation and return how many there were and what went wrong."""
    loop.world.staff("everybody", *Role, region=PROVINCE)
    clients = [(login, loop[login]) for login in VISITORS]
    turns, ids = cycle(range(2 * len(clients))), cycle((1, 2, 3, 999_999))
    described = schemathesis.openapi.from_wsgi("/api/openapi.json", loop.world.app)
    wrong: list[tuple[Any, ...]] = []
    count = 0

    def send(case: Any) -> None:
        nonlocal count
        count += 1
        turn = next(turns)
        login, client = clients[turn // 2]
        if turn % 2:
            case.path_parameters = ground(dict(case.path_parameters or {}), ids)
            if isinstance(case.body, dict):
                case.body = ground(case.body, ids)
        answer = answer_of(client, case)
        known = set(case.operation.definition.raw["responses"]) - {"default"}
        told = answer.headers.get("Content-Type", "").partition(";")[0]
        if str(answer.status_code) not in known or (answer.status_code >= 400 and told != PROBLEM):
            wrong.append((case.method, case.formatted_path, login, answer.status_code, answer.json))

    for found in described.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if "/sessions" in operation.path and "/classes/" not in operation.path:
            continue  # ending the session would end the test
        settings_for(examples)(given(case=operation.as_strategy())(send))()
    return count, wrong


def answer_of(client: Client, case: Any) -> Any:
    sent = case.as_transport_kwargs()
    headers = {k: v for k, v in (sent.get("headers") or {}).items() if k.lower() not in OWN_HEADERS}
    headers |= {"X-CSRFToken": client.token, "Idempotency-Key": str(uuid4())}
    return client.http.open(
        case.formatted_path,
        method=case.method,
        query_string=sent.get("params") or {},
        json=sent.get("json"),
        headers=headers,
    )


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_no_request_the_description_allows_is_answered_with_a_mistake(loop: Loop) -> None:
    count, wrong = fuzz(loop, 2)
    assert wrong == []
    assert count > 200


@pytest.mark.fuzz
def test_five_thousand_requests_are_answered_as_the_description_says(loop: Loop) -> None:
    described: Any = loop.world.visit().http.get("/api/openapi.json").json
    operations = sum(len(set(methods) - {"parameters"}) for methods in described["paths"].values())
    count, wrong = fuzz(loop, -(-CASES // (operations - 3)))
    assert wrong == []
    assert count >= CASES


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
