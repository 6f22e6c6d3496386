"""Whatever the description allows, and a little more, gets an answer and never a mistake of ours."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

from tests.doors.world import PROVINCE, World
from voucher.rules.actor import Role

SETTINGS = settings(
    max_examples=5,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
OWN_HEADERS = frozenset({"user-agent", "x-csrftoken", "idempotency-key", "cookie"})


def test_no_request_the_description_allows_is_answered_with_a_mistake(world: World) -> None:
    world.staff("everybody", *Role, region=PROVINCE)
    client = world.sign_in("everybody")
    described = schemathesis.openapi.from_wsgi("/api/openapi.json", world.app)
    mistakes: list[tuple[str, str, Any]] = []

    def send(case: Any) -> None:
        sent = case.as_transport_kwargs()
        headers = {k: v for k, v in (sent.get("headers") or {}).items() if k.lower() not in OWN_HEADERS}
        headers |= {"X-CSRFToken": client.token, "Idempotency-Key": str(uuid4())}
        answer = client.http.open(
            case.formatted_path,
            method=case.method,
            query_string=sent.get("params") or {},
            json=sent.get("json"),
            headers=headers,
        )
        if answer.status_code >= 500:
            mistakes.append((case.method, case.formatted_path, sent.get("json")))

    for found in described.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if "/sessions" in operation.path:
            continue  # ending the session would end the test
        SETTINGS(given(case=operation.as_strategy())(send))()
    assert mistakes == []


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
    ):
        assert 400 <= client.get(path).status_code < 500, path
    for words in ("a\0b", "\ud800", "\U0001f600" * 300):
        for body in ({"claim_ids": [1], "why": words}, {"claim_ids": [1], "why": "x", words: 1}):
            # escaped, as half a character can only be sent
            answer = client.post(
                "/claims/withdrawals", None, data=json.dumps(body), content_type="application/json"
            )
            assert 400 <= answer.status_code < 500, body
