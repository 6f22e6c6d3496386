"""What stands in front of every view: headers, form tokens, limits, problems without values."""

from __future__ import annotations

from string import Formatter
from typing import Any

import pytest
from sqlalchemy import text

from tests.doors.world import PROVINCE, World
from voucher.doors.errors import status_of
from voucher.plumbing.db import Database
from voucher.rules.actor import Role
from voucher.rules.errors import list_reasons
from voucher.stages.settle import granting, queries

# what is told here never reaches a database of its own kind; the whole way on both is test_settlement
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_every_answer_carries_the_headers(world: World) -> None:
    for path in ("/healthz", "/api/v1/notices", "/api/v1/nothing", "/nothing"):
        headers = world.visit().http.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        if path.startswith("/api/v1/"):
            # data shows nothing and runs nothing
            assert "default-src 'none'" in policy
        else:
            assert "default-src 'self'" in policy
            assert "script-src 'self' 'nonce-" in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"


def test_a_nonce_is_never_used_twice(world: World) -> None:
    policies = {world.visit().http.get("/healthz").headers["Content-Security-Policy"] for _ in range(5)}
    assert len(policies) == 5


def test_a_page_asked_after_the_api_has_the_policy_of_pages_and_the_api_that_of_data(world: World) -> None:
    http = world.visit().http
    asked = ("/api/v1/notices", "/healthz", "/api/v1/notices", "/healthz")
    told = ["nonce-" in http.get(path).headers["Content-Security-Policy"] for path in asked]
    assert told == [False, True, False, True]


def test_with_https_the_cookie_is_locked_to_the_host_and_plain_http_is_sent_away(world: World) -> None:
    safe = World(world.database, world.keyring, world.folder, secure=True)
    safe.staff("jiban", Role.OPERATOR)
    plain = safe.app.test_client().get("/healthz", base_url="http://voucher.test")
    assert plain.status_code == 302
    assert plain.headers["Location"].startswith("https://")
    client = safe.app.test_client()
    answer = client.post(
        "/api/v1/sessions",
        base_url="https://voucher.test",
        json={"login": "jiban", "password": "清晨 骑车 过 黄河", "code": safe.code("jiban")},
    )
    cookies = answer.headers.getlist("Set-Cookie")
    session = next(each for each in cookies if each.startswith("__Host-voucher="))
    assert all(word in session for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Strict-Transport-Security" in answer.headers


def test_a_write_with_a_cookie_needs_the_form_token(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    client = world.sign_in("jiban")
    for token in ("", "nonsense"):
        client.token = token
        answer = client.post("/budgets", {})
        assert (answer.status_code, answer.json["code"]) == (403, "csrf_refused")


def test_a_form_token_of_somebody_else_is_worth_nothing(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    world.staff("lingyige", Role.OPERATOR)
    client, other = world.sign_in("jiban"), world.sign_in("lingyige")
    client.token = other.token
    assert client.post("/budgets", {}).json["code"] == "csrf_refused"


def test_a_refusal_is_a_problem(world: World) -> None:
    answer = world.visit().get("/batches")
    assert answer.content_type == "application/problem+json"
    assert answer.json == {
        "type": "urn:voucher:problem:sign_in_needed",
        "title": "请先登录",
        "status": 401,
        "detail": "登录后再办理此事",
        "instance": "/api/v1/batches",
        "code": "sign_in_needed",
        "facts": {},
        "source": "GB/T 22239-2019 8.1.4.2 访问控制",
    }


def test_every_reason_has_a_status_of_its_family(database: Database) -> None:
    assert {status_of(each.refusal(**_facts(each))) for each in list_reasons()} <= {
        400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503,
    }  # fmt: skip


def _facts(told: Any) -> dict[str, str]:
    names = [name for _, name, _, _ in Formatter().parse(told.title + told.next_step) if name]
    return dict.fromkeys(names, "x")


def test_what_nobody_expected_shows_a_number_and_no_value(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.staff("jiban", Role.OPERATOR)
    client = world.sign_in("jiban")

    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("张三 41010519900315991X")

    monkeypatch.setattr(queries, "list_batches", explode)
    answer = client.get("/batches")
    assert (answer.status_code, answer.json["code"]) == (500, "unexpected")
    assert len(answer.json["facts"]["incident"]) == 8
    assert answer.json["facts"]["incident"] in answer.json["detail"]
    assert "41010519900315991X" not in answer.text + caplog.text


def test_a_violated_constraint_shows_no_value(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.staff("jiban", Role.OPERATOR)
    client = world.sign_in("jiban")

    def break_in(work: Any, **_: object) -> None:
        work.session.execute(
            text("INSERT INTO region (code,name,rank,source) VALUES ('419001','甲','county','乙')")
        )

    monkeypatch.setattr(granting, "open_budget", break_in)
    body = {"region_code": "419001", "year": 2024, "source": "fiscal", "amount_fen": 1}
    answer = client.post("/budgets", body)
    assert answer.status_code == 500
    assert "419001" not in answer.text


def test_a_body_larger_than_a_form_is_refused_before_it_is_read(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    client = world.sign_in("jiban")
    answer = client.post("/budgets", {"document": "字" * 1_000_000})
    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


def test_numbers_for_operations_name_no_address(world: World) -> None:
    world.visit().get("/objections/YY-20240306-00000001")
    told = world.visit().http.get("/metrics").text
    assert 'endpoint="notices.show_objection"' in told
    assert "YY-20240306" not in told
    assert world.visit().http.get("/healthz").json == {"status": "ok", "trail": "late"}, "nobody seals here"


def test_a_foreign_region_is_empty_named_it_is_forbidden_and_single_it_is_missing(world: World) -> None:
    world.staff("shengji", Role.OPERATOR, region=PROVINCE)
    world.staff("zhengzhou", Role.OFFICER_CITY, region="410100")
    mine = world.sign_in("shengji").post(
        "/budgets", {"region_code": "419001", "year": 2024, "source": "fiscal", "amount_fen": 100}
    )
    foreign = world.sign_in("zhengzhou")
    assert foreign.get("/budgets").json == {"items": [], "next_cursor": None}
    named = foreign.get("/budgets?region=419001")
    assert (named.status_code, named.json["code"]) == (403, "region_foreign")
    single = foreign.get(f"/budgets/{mine.json['id']}/movements")
    missing = foreign.get("/budgets/999999/movements")
    assert single.status_code == missing.status_code == 404
    assert single.json["code"] == missing.json["code"]
