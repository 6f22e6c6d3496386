"""Workers sign in with a password alone, for longer; whoever is staff as well cannot leave out the code."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.doors.test_entrance import leads_to, send
from tests.doors.world import CHEAP, FOUNDER, PASSWORD, Client, World, refused_with
from tests.scene import ZHANG_SAN
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.access import passwords, staffing, workers
from voucher.registry.users import RoleGrant, load_actor
from voucher.rules.actor import Role

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def open_worker(world: World, login: str = "zhangsan") -> int:
    """Open a worker's account as the operator does, with the password everybody has here."""
    with world.database.read() as session:
        operator = load_actor(session, "operator", world.at.date())

    def act(work: Work) -> int:
        user_id = workers.open_worker(work, ZHANG_SAN[1], ZHANG_SAN[0], login, None)
        passwords.set_password(work, user_id, PASSWORD, hasher=CHEAP)
        return user_id

    return perform(world.database, world.keyring, operator, world.at, act)


def give_role(world: World, user_id: int, role: Role) -> None:
    def act(work: Work) -> None:
        work.session.add(RoleGrant(user_id=user_id, role=role, region_code="419001", since=work.today))

    perform(world.database, world.keyring, FOUNDER, world.at, act)


def with_password_alone(
    world: World, login: str = "zhangsan", password: str = PASSWORD
) -> tuple[Client, Any]:
    client = world.visit()
    answer = client.http.post("/api/v1/sessions", json={"login": login, "password": password})
    if answer.status_code == 201:
        client.token = (answer.json or {})["csrf_token"]
    return client, answer


def test_a_worker_is_in_with_the_password_and_stays_for_days(world: World) -> None:
    open_worker(world)
    client, answer = with_password_alone(world)
    assert answer.status_code == 201
    assert [each["role"] for each in client.get("/sessions/current").json["roles"]] == ["worker"]
    cookie = client.http.get_cookie("voucher")
    assert cookie is not None
    assert cookie.max_age == 43_200 * 60
    for _ in range(4):
        world.later(days=6)
        assert client.get("/sessions/current").status_code == 200
    world.later(days=6)
    refused_with(client.get("/sessions/current"), 401, "sign_in_needed")  # thirty days

    client, _ = with_password_alone(world)
    world.later(days=7, minutes=1)
    refused_with(client.get("/sessions/current"), 401, "sign_in_needed")  # a week untouched


def test_a_worker_signs_in_at_the_page_and_may_end_the_other_sessions(world: World) -> None:
    open_worker(world)
    other, _ = with_password_alone(world)
    browser = world.app.test_client()
    answer = send(browser, "/login", login="zhangsan", password=PASSWORD, next="/sessions")
    leads_to(answer, "/sessions")
    assert browser.get("/sessions").text.count("<tr") >= 3
    leads_to(send(browser, "/sessions/endings", idempotency_key=str(uuid4())), "/sessions")
    refused_with(other.get("/sessions/current"), 401, "sign_in_needed")


def test_a_first_password_must_be_changed_by_workers_too(world: World) -> None:
    user_id = open_worker(world)
    fresh = "窗口给的第一个密码一次"
    perform(
        world.database,
        world.keyring,
        FOUNDER,
        world.at,
        lambda work: passwords.set_password(work, user_id, fresh, hasher=CHEAP, must_change=True),
    )
    browser = world.app.test_client()
    leads_to(send(browser, "/login", login="zhangsan", password=fresh, next="/sessions"), "/password")
    leads_to(browser.get("/sessions"), "/password")
    leads_to(
        send(browser, "/password", present=fresh, new=PASSWORD, again=PASSWORD, next="/sessions"), "/sessions"
    )


def test_wrong_passwords_lock_a_worker_and_a_right_one_starts_the_count_again(world: World) -> None:
    open_worker(world)
    for _ in range(4):
        refused_with(with_password_alone(world, password="不是这个密码吧")[1], 401, "sign_in_refused")
    assert with_password_alone(world)[1].status_code == 201
    for _ in range(5):
        refused_with(with_password_alone(world, password="不是这个密码吧")[1], 401, "sign_in_refused")
    refused_with(with_password_alone(world)[1], 401, "sign_in_refused")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.FINANCE_RELEASER, Role.INSTITUTION_ADMIN, Role.AUDITOR])
def test_staff_cannot_leave_out_the_second_factor(world: World, role: Role) -> None:
    world.staff("jiban", role)
    refused_with(with_password_alone(world, "jiban")[1], 403, "totp_refused")
    world.open_user("xin", role)
    refused_with(with_password_alone(world, "xin")[1], 403, "totp_unenrolled")
    browser = world.app.test_client()
    leads_to(send(browser, "/login", login="jiban", password=PASSWORD), "/login/code")
    refused_with(browser.get("/api/v1/sessions/current"), 403, "second_factor_needed")


def test_a_worker_who_is_given_another_role_needs_the_code_at_once(world: World) -> None:
    user_id = open_worker(world)
    client, _ = with_password_alone(world)
    browser = world.app.test_client()
    send(browser, "/login", login="zhangsan", password=PASSWORD)
    assert client.get("/sessions/current").status_code == 200

    give_role(world, user_id, Role.SUPERVISOR)
    refused_with(client.get("/sessions/current"), 403, "second_factor_needed")
    leads_to(browser.get("/sessions"), "/login/enrolment")
    refused_with(with_password_alone(world)[1], 403, "totp_unenrolled")
    leads_to(send(world.app.test_client(), "/login", login="zhangsan", password=PASSWORD), "/login/enrolment")
    world.later(minutes=31)
    refused_with(client.get("/sessions/current"), 401, "sign_in_needed")  # and rests no longer than staff


def test_a_bound_telephone_is_asked_for_even_of_a_worker(world: World) -> None:
    user_id = open_worker(world)
    world.bind_telephone("zhangsan", user_id)
    refused_with(with_password_alone(world)[1], 403, "totp_refused")
    world.sign_in("zhangsan")
    with world.database.read() as session:
        administrator = load_actor(session, "administrator", world.at.date())
    password = perform(
        world.database,
        world.keyring,
        administrator,
        world.at,
        lambda work: staffing.reset_access(work, "zhangsan"),
    )
    assert with_password_alone(world, password=password)[1].status_code == 201


def test_an_account_without_any_role_is_not_a_workers(world: World) -> None:
    world.open_user("nobody")
    refused_with(with_password_alone(world, "nobody")[1], 403, "totp_unenrolled")
