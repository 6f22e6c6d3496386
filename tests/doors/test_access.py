"""Every route has its row in the matrix, and every role meets exactly the doors its rows open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.routing import IntegerConverter, Rule

from tests.doors.world import PROVINCE, Client, World
from tests.house.test_routes import find_stale_declarations, find_undeclared_routes
from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.entries import Entry
from voucher.rules.actor import Role

ENDS_THE_SESSION = frozenset({"sessions.close_session", "web.entrance.logout"})
METHODS = ("GET", "POST", "DELETE")
# one of each house with every change of the code, all the others by `make long`
OFTEN = frozenset(
    {
        Role.INSTITUTION_ADMIN,
        Role.SUPERVISOR,
    }
)

# what is told here never reaches a database of its own kind; the whole way on both is test_settlement
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_every_route_is_in_the_matrix_and_every_row_has_its_route(world: World) -> None:
    assert find_undeclared_routes(world.app, MATRIX) == []
    assert find_stale_declarations(world.app, MATRIX) == []


def test_a_route_without_a_row_lets_nobody_in(world: World) -> None:
    world.staff("gly", *Role, region=PROVINCE)
    client = world.sign_in("gly")
    world.app._got_first_request = False
    world.app.add_url_rule("/api/v1/planted", endpoint="planted", view_func=lambda: "in")
    answer = client.get("/planted")
    assert (answer.status_code, answer.json["code"]) == (403, "access_undeclared")


def requests_of(world: World) -> Iterator[tuple[Rule, str, str]]:
    """Yield every route with a method and an address that names things which are not there."""
    for rule in world.app.url_map.iter_rules():
        values: dict[str, Any] = {
            name: 999_999 if isinstance(converter, IntegerConverter) else "nothing"
            for name, converter in rule._converters.items()
        }
        built = rule.build(values, append_unknown=False)
        assert built is not None, rule
        for method in METHODS:
            if rule.methods and method in rule.methods:
                yield rule, method, built[1]


def ask(client: Client, method: str, path: str) -> Any:
    body: dict[str, Any] = {"json": {}} if path.startswith("/api/") else {"data": {}}
    return client.http.open(
        path,
        method=method,
        headers={"X-CSRFToken": client.token, "Idempotency-Key": "matrix"},
        **({} if method == "GET" else body),
    )


def test_a_stranger_is_sent_to_sign_in_and_sees_only_what_is_public(world: World) -> None:
    for rule, method, path in requests_of(world):
        answer = ask(world.visit(), method, path)
        if MATRIX[rule.endpoint].who is Entry.PUBLIC:
            assert answer.status_code < 500, rule
            assert "login" not in answer.headers.get("Location", "") or not path.startswith("/api/"), rule
        elif path.startswith("/api/"):
            assert (answer.status_code, answer.json["code"]) == (401, "sign_in_needed"), rule
        else:
            assert answer.status_code == 302, rule
            assert answer.headers["Location"].startswith("/login"), rule


@pytest.mark.parametrize(
    "role", [pytest.param(role, marks=() if role in OFTEN else pytest.mark.long) for role in Role]
)
def test_a_role_meets_exactly_the_doors_its_rows_open(world: World, role: Role) -> None:
    world.staff("someone", role)
    client = world.sign_in("someone")
    for rule, method, path in requests_of(world):
        if rule.endpoint in ENDS_THE_SESSION:
            continue
        access = MATRIX[rule.endpoint]
        answer = ask(client, method, path)
        allowed = isinstance(access.who, Entry) or role in access.who
        code = (answer.json or {}).get("code") if path.startswith("/api/") else None
        if not allowed:
            assert answer.status_code == 403, (rule, answer.status_code)
            assert code in (None, "role_missing"), (rule, code)
        else:
            assert answer.status_code < 500, (rule, answer.status_code)
            assert code not in ("role_missing", "sign_in_needed", "access_undeclared"), (rule, code)


def test_a_first_password_must_be_changed_before_anything_else(world: World) -> None:
    world.bind_telephone("xin", world.open_user("xin", Role.OPERATOR, fresh=True))
    client = world.sign_in("xin")
    answer = client.get("/batches")
    assert (answer.status_code, answer.json["code"]) == (403, "password_change_needed")
