"""The way in with a browser: password, binding a telephone, a password of one's own, and out again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.doors.world import CHEAP, FOUNDER, PASSWORD, World
from voucher.plumbing.outbox import Letter
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.access import passwords, staffing
from voucher.registry.access.workers import note_mobile
from voucher.registry.letters import write_words
from voucher.registry.users import UserAccount
from voucher.rules.actor import Role

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NEW = "另外一句相当长的密码"


def send(browser: FlaskClient, path: str, **fields: str) -> Any:
    """Send a form as a browser does: with the token of the page."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/login").text)
    assert token is not None
    return browser.post(path, data={"csrf_token": token[1], **fields})


def leads_to(answer: Any, path: str) -> None:
    assert answer.status_code in (302, 303), answer.text[:500]
    assert answer.headers["Location"].split("?")[0] == path


def test_the_first_sign_in_binds_a_telephone_and_asks_for_a_new_password(world: World) -> None:
    world.open_user("xin", Role.OPERATOR, fresh=True)
    browser = world.app.test_client()
    leads_to(send(browser, "/login", login="xin", password=PASSWORD), "/login/enrolment")
    page = browser.get("/login/enrolment").text
    assert re.search(r'<span class="qr"[^>]*>\s*<svg ', page)
    secret = re.search(r"[A-Z2-7]{32}", page.replace(" ", ""))
    assert secret is not None
    world.secrets["xin"] = secret[0]
    leads_to(send(browser, "/login/code", code=world.code("xin")), "/password")
    leads_to(send(browser, "/password", present=PASSWORD, new=NEW, again=NEW), "/desk")
    assert world.visit().open_session("xin", PASSWORD, "000000").status_code == 401
    world.later(seconds=31)
    assert world.visit().open_session("xin", NEW, world.code("xin")).status_code == 201


def test_a_bound_telephone_is_asked_for_its_code_and_its_secret_is_shown_no_more(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    browser = world.app.test_client()
    leads_to(send(browser, "/login", login="jiban", password=PASSWORD), "/login/code")
    assert world.secrets["jiban"] not in browser.get("/login/enrolment").text
    leads_to(send(browser, "/login/code", code=world.code("jiban")), "/desk")
    assert "jiban的人" in browser.get("/desk").text


def test_a_password_alone_opens_nothing(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    browser = world.app.test_client()
    send(browser, "/login", login="jiban", password=PASSWORD)
    leads_to(browser.get("/desk"), "/login/code")
    answer: Any = browser.get("/api/v1/batches")
    assert (answer.status_code, answer.json["code"]) == (403, "second_factor_needed")


def test_the_secret_changes_hands_with_the_second_factor(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    browser = world.app.test_client()
    send(browser, "/login", login="jiban", password=PASSWORD)
    before = browser.get_cookie("voucher")
    send(browser, "/login/code", code=world.code("jiban"))
    after = browser.get_cookie("voucher")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    thief = world.app.test_client()
    thief.set_cookie("voucher", before.value)
    leads_to(thief.get("/desk"), "/login")


def test_a_changed_password_ends_every_other_session(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    other = world.sign_in("jiban")
    browser = world.app.test_client()
    send(browser, "/login", login="jiban", password=PASSWORD)
    send(browser, "/login/code", code=world.code("jiban"))
    leads_to(send(browser, "/password", present=PASSWORD, new=NEW, again=NEW), "/desk")
    assert browser.get("/desk").status_code == 200
    assert other.get("/sessions/current").status_code == 401


def test_whoever_is_reset_hears_of_it_and_so_does_who_changes_it_alone(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    world.staff("guanli", Role.ADMINISTRATOR)
    phone = "13800138000"

    def reset(work: Work) -> None:
        staffing.reset_access(work, "jiban")
        passwords.set_password(work, _account(work).id, PASSWORD, hasher=CHEAP, must_change=True)

    # nobody can be written to without a number: nothing is queued that would only fail
    world.do("guanli", reset)
    assert _told(world) == []
    perform(
        world.database,
        world.keyring,
        FOUNDER,
        world.at,
        lambda work: note_mobile(work, _account(work).person_id, phone),
    )
    world.later(minutes=5)
    world.do("guanli", reset)
    (first,) = _told(world)
    assert first == (
        "【电子培训券】您的账号 ji*** 的密码和动态口令已于 2024-03-04 09:05 由管理员重置，"
        "原来的登录全部退出。不是您要求的，请立即联系本单位管理员，并拨打 12333。"
    )
    browser = world.app.test_client()
    leads_to(send(browser, "/login", login="jiban", password=PASSWORD), "/login/enrolment")
    secret = re.search(r"[A-Z2-7]{32}", browser.get("/login/enrolment").text.replace(" ", ""))
    assert secret is not None
    world.secrets["jiban"] = secret[0]
    leads_to(send(browser, "/login/code", code=world.code("jiban")), "/password")
    assert "由guanli的人重置" in browser.get("/password").text
    leads_to(send(browser, "/password", present=PASSWORD, new=NEW, again=NEW), "/desk")
    assert [("绑定手机动态口令" in words, "修改密码" in words) for words in _told(world)[1:]] == [
        (True, False),
        (False, True),
    ]
    shown = browser.get("/sessions").text
    assert "密码和动态口令被重置" in shown
    assert "由 guanli的人 办理" in shown
    assert "重置，原来的登录都已退出" not in browser.get("/password").text


def _account(work: Work) -> UserAccount:
    return work.session.scalars(select(UserAccount).where(UserAccount.login == "jiban")).one()


def _told(world: World) -> list[str]:
    with world.database.read() as session:
        letters = session.scalars(select(Letter).where(Letter.topic == "sms").order_by(Letter.id))
        return [write_words(each.payload["template"], each.payload["facts"]) for each in letters]


def test_a_form_without_a_token_is_refused_with_a_page(world: World) -> None:
    answer = world.app.test_client().post("/login", data={"login": "x", "password": "y"})
    assert answer.status_code == 403
    assert "页面已过期" in answer.text


def test_after_signing_in_nobody_is_led_off_the_site(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    browser = world.app.test_client()
    send(browser, "/login?next=//evil.example/x", login="jiban", password=PASSWORD)
    answer = send(browser, "/login/code", code=world.code("jiban"), next="https://evil.example/x")
    assert "evil" not in answer.headers["Location"]


def test_leaving_ends_the_session(world: World) -> None:
    world.staff("jiban", Role.OPERATOR)
    browser = world.app.test_client()
    send(browser, "/login", login="jiban", password=PASSWORD)
    send(browser, "/login/code", code=world.code("jiban"))
    leads_to(send(browser, "/logout"), "/login")
    leads_to(browser.get("/desk"), "/login")
