"""The API: one effect per key, whole fen, known fields, cursors of ours, and a description that holds."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import class_registry

from tests.doors.world import Client, World, refused_with
from voucher.doors.auth.access import MATRIX
from voucher.doors.schemas.paging import write_cursor
from voucher.rules.actor import Role

# what is told here never reaches a database of its own kind; the whole way on both is test_settlement
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

BUDGET = {"region_code": "419001", "year": 2024, "source": "employment_subsidy", "amount_fen": 100_000}


@pytest.fixture
def operator(world: World) -> Client:
    """Return a signed-in operator of Jiyuan."""
    world.staff("jiban", Role.OPERATOR)
    return world.sign_in("jiban")


def test_the_same_key_is_one_effect_and_the_same_answer(operator: Client) -> None:
    first, second = (operator.post("/budgets", BUDGET, key="k-1") for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json == second.json
    assert operator.get("/budgets").json["items"][0]["granted_fen"] == 100_000


def test_a_key_used_for_something_else_is_refused(operator: Client) -> None:
    operator.post("/budgets", BUDGET, key="k-1")
    refused_with(
        operator.post("/budgets", {**BUDGET, "amount_fen": 200_000}, key="k-1"), 422, "idempotency_key_reused"
    )
    assert operator.get("/budgets").json["items"][0]["granted_fen"] == 100_000


def test_a_write_without_a_key_is_refused(operator: Client) -> None:
    refused_with(operator.post("/budgets", BUDGET, key=""), 400, "idempotency_key_missing")
    assert operator.get("/budgets").json["items"] == []


def test_a_refused_act_does_not_use_up_its_key(operator: Client) -> None:
    refused_with(
        operator.post("/budgets", {**BUDGET, "region_code": "999999"}, key="k-1"), 422, "region_unknown"
    )
    assert operator.post("/budgets", BUDGET, key="k-1").status_code == 201


def test_keys_of_two_people_are_two_keys(world: World, operator: Client) -> None:
    world.staff("lingyige", Role.OPERATOR)
    operator.post("/budgets", BUDGET, key="k-1")
    other = world.sign_in("lingyige").post("/budgets", {**BUDGET, "source": "fiscal"}, key="k-1")
    assert other.status_code == 201


@pytest.mark.parametrize("amount", [200.0, 200.5, "200", True, None, 2**63, [], 1e300])
def test_what_is_not_whole_fen_is_refused_by_name(operator: Client, amount: object) -> None:
    answer = operator.post("/budgets", {**BUDGET, "amount_fen": amount})
    if amount is None:
        assert refused_with(answer, 422, "body_invalid")["fields"] == {"amount_fen": ["不能为空"]}
    else:
        assert refused_with(answer, 422, "amount_not_fen")["field"] == "amount_fen"


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"amuont_fen": 1}, "amuont_fen", "不认识的字段"),
        ({"year": "2024"}, "year", "应为整数"),
        ({"year": 2024.0}, "year", "应为整数"),
        ({"year": True}, "year", "应为整数"),
        ({"year": 1999}, "year", "应在 2000 与 2100 之间"),
        ({"region_code": "41900１"}, "region_code", "应为六位行政区划代码"),
        ({"source": "口袋"}, "source", "应为下列之一"),
        ({"document": ""}, "document", "应为 1 至 200 个字符"),
    ],
)
def test_a_wrong_field_is_named_in_chinese(
    operator: Client, change: dict[str, Any], field: str, words: str
) -> None:
    told = refused_with(operator.post("/budgets", {**BUDGET, **change}), 422, "body_invalid")["fields"]
    assert list(told) == [field]
    assert told[field][0].startswith(words)


def test_an_identity_number_for_a_field_name_is_not_echoed(operator: Client) -> None:
    answer = operator.post("/budgets", {**BUDGET, "41010519900315991X": 1})
    assert "41010519900315991X" not in answer.text


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"x"', "{}"])
def test_a_body_that_is_no_object_is_refused(operator: Client, content: str) -> None:
    headers = {"X-CSRFToken": operator.token, "Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = operator.http.post("/api/v1/budgets", data=content, headers=headers)
    assert answer.status_code in (400, 422)


def test_a_form_cannot_stand_for_json(operator: Client) -> None:
    headers = {"X-CSRFToken": operator.token, "Idempotency-Key": "k"}
    assert operator.http.post("/api/v1/budgets", data=BUDGET, headers=headers).status_code == 422


def test_lists_go_on_where_they_stopped(operator: Client) -> None:
    budget_id = operator.post("/budgets", BUDGET).json["id"]
    for _ in range(4):
        operator.post(
            f"/budgets/{budget_id}/movements", {"act": "grant", "amount_fen": 100, "document": "追加"}
        )
    seen, path = [], f"/budgets/{budget_id}/movements?limit=2"
    cursor = ""
    while True:
        page = operator.get(path + cursor).json
        seen += [each["amount_fen"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [100_000, 100, 100, 100, 100]
    assert operator.get("/budgets").json["items"][0]["granted_display"] == "1,004.00"


@pytest.mark.parametrize(
    "cursor", ["x", "!!!!", "eyJhZnRlciI6IDF9AA", write_cursor(1) + "=", "eyJhZnRlciI6dHJ1ZX0", "W10"]
)
def test_a_cursor_that_is_not_ours_is_refused(operator: Client, cursor: str) -> None:
    refused_with(operator.get(f"/batches?cursor={cursor}"), 422, "cursor_invalid")


@pytest.mark.parametrize("limit", ["0", "201", "x", "-1"])
def test_a_page_has_its_limits(operator: Client, limit: str) -> None:
    refused_with(operator.get(f"/batches?limit={limit}"), 422, "body_invalid")


def test_the_description_names_every_route_who_may_use_it_and_the_key(world: World) -> None:
    described = world.visit().http.get("/api/openapi.json").json
    assert described is not None
    assert described["openapi"] == "3.1.0"
    operations = {
        (path, method): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    }
    routed = {
        (rule.rule.replace("<int:", "{").replace("<string:", "{").replace(">", "}"), method.lower())
        for rule in world.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert set(operations) == routed
    for (path, method), operation in operations.items():
        assert operation["summary"], path
        headers = [each["name"] for each in operation.get("parameters", []) if each.get("in") == "header"]
        if method == "post" and path not in WAYS_IN:
            assert headers == ["Idempotency-Key"], path
        assert "default" in operation["responses"], path
        public = operation["security"] == []
        assert public == (path in PUBLIC_PATHS[method]), (path, method)


# a sign-in that is sent twice is tried twice
WAYS_IN = {"/api/v1/sessions", "/api/v1/login-codes", "/api/v1/phone-sessions"}
PUBLIC_PATHS = {
    "get": {
        "/api/v1/notices",
        "/api/v1/notices/{notice_id}",
        "/api/v1/notices/{notice_id}/lines",
        "/api/v1/objections/{number}",
        "/api/v1/inspection-seeds",
        "/api/v1/levels",
        "/api/v1/regions/{code}/streets",
        "/api/v1/competition-levels",
        "/api/v1/equivalences",
        "/api/v1/star-ratings",
        "/api/v1/occupations/{code}",
    },
    "post": {*WAYS_IN, "/api/v1/objections", "/api/v1/certificate-checks", "/api/v1/archive/looks"},
    "delete": set(),
}


def test_every_reference_of_the_description_leads_somewhere(world: World) -> None:
    described: Any = world.visit().http.get("/api/openapi.json").json

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                place = described
                for part in node["$ref"].removeprefix("#/").split("/"):
                    place = place[part]
            for inner in node.values():
                walk(inner)
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    walk(described)


def test_every_act_shows_a_body_that_would_be_taken(world: World) -> None:
    described: Any = world.visit().http.get("/api/openapi.json").json
    shown = 0
    for path, methods in described["paths"].items():
        content = methods.get("post", {}).get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            continue  # a file, or nothing at all
        body = content["application/json"]
        schema: Any = class_registry.get_class(body["schema"]["$ref"].rpartition("/")[2])
        if schema().fields:
            assert "example" in body, path
            assert schema().validate(body["example"]) == {}, path
            shown += 1
    assert shown > 50


def test_roles_in_the_description_are_those_of_the_matrix(world: World) -> None:
    described: Any = world.visit().http.get("/api/openapi.json").json
    told = described["paths"]["/api/v1/payment-files"]["post"]["description"]
    assert MATRIX["payments.prepare_file"].note in told
    assert "财务制单人员" in told
