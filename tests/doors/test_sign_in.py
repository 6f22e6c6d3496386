"""Signing in: two factors, one sentence for every failure, a lock, sessions that end."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from tests.doors.world import CHEAP, FOUNDER, PASSWORD, World, refused_with
from voucher.doors.auth.door import DoorLimits
from voucher.plumbing.unit_of_work import perform
from voucher.registry.access import passwords
from voucher.registry.users import UserAccount, WebSession
from voucher.rules.actor import Role
from voucher.rules.errors import Refused

# what is told here never reaches a database of its own kind; the whole way on both is test_settlement
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def account(world: World, login: str) -> UserAccount:
    with world.database.read() as session:
        return session.scalars(select(UserAccount).where(UserAccount.login == login)).one()


def test_password_and_code_open_a_session(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    client = world.sign_in("jiban")
    me = client.get("/sessions/current").json
    assert me["login"] == "jiban"
    assert me["roles"] == [{"role": "operator", "region_code": "419001"}]


def test_unknown_login_and_wrong_password_are_one_answer(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    wrong = world.visit().open_session("jiban", "不是这个密码吧", world.code("jiban"))
    unknown = world.visit().open_session("meiyouzhegeren", "不是这个密码吧", "000000")
    refused_with(wrong, 401, "sign_in_refused")
    assert wrong.json == unknown.json


def test_five_failures_lock_the_account_for_a_while_even_for_the_right_password(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    for _ in range(5):
        world.visit().open_session("jiban", "不是这个密码吧", world.code("jiban"))
    refused_with(world.visit().open_session("jiban", PASSWORD, world.code("jiban")), 401, "sign_in_refused")
    world.later(minutes=14)
    refused_with(world.visit().open_session("jiban", PASSWORD, world.code("jiban")), 401, "sign_in_refused")
    world.later(minutes=2)
    assert world.visit().open_session("jiban", PASSWORD, world.code("jiban")).status_code == 201


def test_wrong_codes_lock_too_and_a_right_password_between_them_does_not_help(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    for _ in range(5):
        refused_with(world.visit().open_session("jiban", PASSWORD, "000000"), 403, "totp_refused")
    refused_with(world.visit().open_session("jiban", PASSWORD, world.code("jiban")), 401, "sign_in_refused")


def test_a_code_is_good_once(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    code = world.code("jiban")
    assert world.visit().open_session("jiban", PASSWORD, code).status_code == 201
    refused_with(world.visit().open_session("jiban", PASSWORD, code), 403, "totp_refused")


@pytest.mark.parametrize(("seconds", "status"), [(-61, 403), (-30, 201), (0, 201), (30, 201), (61, 403)])
def test_one_step_before_and_after_is_taken(world: World, seconds: int, status: int) -> None:
    world.staff("jiban", Role.OPERATOR)
    code = world.code("jiban", seconds=seconds)
    assert world.visit().open_session("jiban", PASSWORD, code).status_code == status


def test_an_older_code_is_refused_after_a_newer_one(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    older, newer = world.code("jiban", seconds=-30), world.code("jiban")
    assert world.visit().open_session("jiban", PASSWORD, newer).status_code == 201
    refused_with(world.visit().open_session("jiban", PASSWORD, older), 403, "totp_refused")


def test_without_a_bound_telephone_the_api_opens_nothing(world: World) -> None:
    world.open_user("jiban", Role.OPERATOR)
    refused_with(world.visit().open_session("jiban", PASSWORD, "000000"), 403, "totp_unenrolled")


def test_a_session_ends_when_idle_when_too_old_and_on_leaving(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    client = world.sign_in("jiban")
    world.later(minutes=29)
    assert client.get("/sessions/current").status_code == 200
    world.later(minutes=29)
    assert client.get("/sessions/current").status_code == 200
    world.later(minutes=31)
    refused_with(client.get("/sessions/current"), 401, "sign_in_needed")

    client = world.sign_in("jiban")
    for _ in range(21):
        world.later(minutes=29)
        answer = client.get("/sessions/current")
    refused_with(answer, 401, "sign_in_needed")

    client = world.sign_in("jiban")
    left = client.http.delete("/api/v1/sessions/current", headers={"X-CSRFToken": client.token})
    assert left.status_code == 204
    refused_with(client.get("/sessions/current"), 401, "sign_in_needed")


def test_an_ended_session_is_dead_even_for_whoever_kept_the_cookie(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    client = world.sign_in("jiban")
    kept = client.http.get_cookie("voucher")
    assert kept is not None
    client.http.delete("/api/v1/sessions/current", headers={"X-CSRFToken": client.token})
    thief = world.app.test_client()
    thief.set_cookie("voucher", kept.value)
    refused_with(thief.get("/api/v1/sessions/current"), 401, "sign_in_needed")


def test_the_database_holds_no_secret_of_a_session(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    client = world.sign_in("jiban")
    cookie = client.http.get_cookie("voucher")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    with world.database.read() as session:
        stored = session.scalars(select(WebSession)).all()
    assert cookie.value not in {row.token_hash for row in stored}


def test_a_disabled_account_is_out_at_once(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    client = world.sign_in("jiban")

    def disable(work: Any) -> None:
        found = work.session.scalars(select(UserAccount).where(UserAccount.login == "jiban")).one()
        found.disabled_at = work.at

    perform(world.database, world.keyring, FOUNDER, world.at, disable)
    refused_with(client.get("/sessions/current"), 401, "sign_in_needed")
    refused_with(world.visit().open_session("jiban", PASSWORD, world.code("jiban")), 401, "sign_in_refused")


def test_one_address_may_not_try_for_ever(world: World) -> None:
    tight = World(world.database, world.keyring, world.folder, limits=DoorLimits(sign_in_rate="3 per minute"))
    answers = [tight.visit().open_session("nobody", "不是这个密码吧", "000000") for _ in range(4)]
    assert [each.status_code for each in answers] == [401, 401, 401, 429]
    assert answers[-1].json["code"] == "too_many_requests"
    assert "请过 1 分钟再试" in answers[-1].json["detail"]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("短密码", "password_short"),
        ("字" * 201, "password_long"),
        ("jiban-de-mima", "password_is_login"),
        ("woaini1314520", "password_common"),
        ("ＱＷＥＲＴＹＵＩＯＰ", "password_common"),
        ("aaaaaaaaaaaaa", "password_common"),
        (PASSWORD, "password_same"),
    ],
)
def test_a_bad_password_is_refused_by_name(world: World, password: str, code: str) -> None:
    user_id = world.open_user("jiban", Role.OPERATOR)
    with pytest.raises(Refused) as refused:
        perform(
            world.database,
            world.keyring,
            FOUNDER,
            world.at,
            lambda work: passwords.set_password(work, user_id, password, hasher=CHEAP),
        )
    assert refused.value.refusal.code == code


def test_a_stronger_cost_is_taken_up_at_the_next_sign_in(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    before = account(world, "jiban").password_hash
    dearer = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    with world.database.read() as session:
        proof = passwords.prove_password(session, "jiban", PASSWORD, hasher=dearer)
        rules = passwords.read_sign_in_rules(session, world.at.date())
    perform(
        world.database,
        world.keyring,
        FOUNDER,
        world.at,
        lambda work: passwords.accept_proof(work, proof, rules),
    )
    after = account(world, "jiban").password_hash
    assert after is not None
    assert after != before
    assert "t=2" in after


def test_a_password_changed_meanwhile_makes_an_old_proof_worthless(world: World) -> None:
    user_id = world.open_user("jiban", Role.OPERATOR)
    with world.database.read() as session:
        proof = passwords.prove_password(session, "jiban", PASSWORD, hasher=CHEAP)
        rules = passwords.read_sign_in_rules(session, world.at.date())

    def act(work: Any) -> object:
        passwords.set_password(work, user_id, "另外一句相当长的密码", hasher=CHEAP)
        return passwords.accept_proof(work, proof, rules)

    outcome = perform(world.database, world.keyring, FOUNDER, world.at, act)
    assert getattr(outcome, "code", None) == "sign_in_refused"
