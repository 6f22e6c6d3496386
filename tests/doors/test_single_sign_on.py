"""Single sign-on against a real provider in a process of its own: who is let in, linked, and turned away."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.doors.telephone import furnish
from tests.doors.test_entrance import leads_to, send
from tests.doors.world import PASSWORD, World
from tests.scene import LI_SI, ZHANG_SAN
from voucher.config import SignOn
from voucher.registry.access.own_accounts import Declaration
from voucher.registry.users import UserAccount
from voucher.rules.actor import Role

pytestmark = [pytest.mark.parametrize("database", ["sqlite"], indirect=True), pytest.mark.long]
START_TRIES, START_REST = 100, 0.1
PEOPLE = {
    "zhang": {"name": ZHANG_SAN[0], "identity_number": ZHANG_SAN[1]},
    "impostor": {"name": "张四", "identity_number": ZHANG_SAN[1]},
    "unverified": {"name": LI_SI[0]},
    "officer": {"name": "经办"},
}


@dataclass
class Provider:
    """The provider as a browser meets it."""

    url: str

    def consent(self, location: str, subject: str, **form: str) -> str:
        """Sign in at the provider and return the address it sends the browser back to."""
        answer = requests.post(location, data={"sub": subject, **form}, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text[:500]
        return answer.headers["Location"]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    claims = [
        f"--user-claims={json.dumps({'sub': subject, **said}, ensure_ascii=True)}"
        for subject, said in PEOPLE.items()
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *claims],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(START_TRIES):
            try:
                requests.get(f"{url}/.well-known/openid-configuration", timeout=1).raise_for_status()
                break
            except requests.RequestException:
                assert process.poll() is None, "the provider did not start"
                threading.Event().wait(START_REST)
        yield Provider(url)
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def town(world: World, provider: Provider) -> World:
    furnish(world, SignOn(provider.url, "voucher", "a secret", "豫事办", "identity_number"))
    return world


def go(browser: FlaskClient, wanted: str = "/my") -> str:
    """Set out for the provider and return its address."""
    answer = browser.get(f"/login/sso?next={wanted}")
    assert answer.status_code == 302, answer.text[:500]
    return answer.headers["Location"]


def come_back(browser: FlaskClient, location: str) -> Any:
    """Return to the house from the provider."""
    parts = urlsplit(location)
    assert parts.path == "/login/sso/back"
    return browser.get(f"{parts.path}?{parts.query}")


def accounts(town: World) -> list[str]:
    with town.database.read() as session:
        logins = session.scalars(select(UserAccount.login).where(UserAccount.login.startswith("w")))
        return sorted(logins)


def test_a_worker_the_province_vouches_for_is_in_and_stays_one_person(
    town: World, provider: Provider
) -> None:
    browser = town.app.test_client()
    assert "豫事办" in browser.get("/login").text
    location = go(browser)
    for word in ("code_challenge_method=S256", "nonce=", "state=", "scope=openid"):
        assert word in location
    leads_to(come_back(browser, provider.consent(location, "zhang")), "/login/declaration")
    leads_to(send(browser, "/login/declaration", intent="yes", terms="1", next="/my"), "/my")
    assert browser.get("/my/profile").status_code == 200
    assert "统一身份认证" in browser.get("/sessions").text

    again = town.app.test_client()
    leads_to(come_back(again, provider.consent(go(again), "zhang")), "/my")
    assert len(accounts(town)) == 1
    with town.database.read() as session:
        assert session.scalars(select(Declaration.way)).all() == ["single_sign_on"]

    impostor = town.app.test_client()
    refused = come_back(impostor, provider.consent(go(impostor), "impostor"))
    assert (refused.status_code, "姓名与该证件号码登记的姓名不一致" in refused.text) == (409, True)
    assert len(accounts(town)) == 1


def test_staff_link_their_account_once_and_still_prove_the_second_factor(
    town: World, provider: Provider
) -> None:
    town.staff("jiban", Role.OPERATOR)
    stranger = town.app.test_client()
    refused = come_back(stranger, provider.consent(go(stranger), "officer"))
    assert (refused.status_code, "还没有绑定本系统账号" in refused.text) == (403, True)

    browser = town.app.test_client()
    send(browser, "/login", login="jiban", password=PASSWORD)
    send(browser, "/login/code", code=town.code("jiban"))
    page = send(browser, "/sessions/identity").text
    assert 'href="/login/sso' in page  # a link: a form may not leave the site
    leads_to(come_back(browser, provider.consent(go(browser, "/sessions"), "officer")), "/sessions")
    assert "已绑定" in browser.get("/sessions").text

    town.later(seconds=31)
    fresh = town.app.test_client()
    leads_to(come_back(fresh, provider.consent(go(fresh, "/desk"), "officer")), "/login/code")
    leads_to(fresh.get("/desk"), "/login/code")
    leads_to(send(fresh, "/login/code", code=town.code("jiban"), next="/desk"), "/desk")

    # the same identity opens no second account, and an ended link opens none at all
    town.later(seconds=31)
    town.staff("lingyige", Role.OPERATOR)
    other = town.app.test_client()
    send(other, "/login", login="lingyige", password=PASSWORD)
    send(other, "/login/code", code=town.code("lingyige"))
    send(other, "/sessions/identity")
    taken = come_back(other, provider.consent(go(other), "officer"))
    assert (taken.status_code, "已绑定另一个账号" in taken.text) == (409, True)
    leads_to(send(browser, "/sessions/identity/endings"), "/sessions")
    gone = town.app.test_client()
    assert come_back(gone, provider.consent(go(gone), "officer")).status_code == 403


def test_forged_replayed_refused_and_foreign_answers_open_nothing(town: World, provider: Provider) -> None:
    browser = town.app.test_client()
    good = provider.consent(go(browser), "zhang")
    thief = town.app.test_client()
    assert come_back(thief, good).status_code == 403  # somebody else's state
    forged = come_back(browser, good.replace("state=", "state=x"))
    assert (forged.status_code, "统一身份认证没有通过" in forged.text) == (403, True)
    leads_to(come_back(browser, good), "/login/declaration")
    assert come_back(town.app.test_client(), good).status_code == 403  # the code is used, the state gone

    no = town.app.test_client()
    denied = come_back(no, provider.consent(go(no), "zhang", action="deny"))
    assert denied.status_code == 403
    unverified = town.app.test_client()
    assert come_back(unverified, provider.consent(go(unverified), "unverified")).status_code == 403
    assert len(accounts(town)) == 1


def test_a_provider_that_is_down_is_said_and_the_other_ways_stay(world: World) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: refused at once
        closed = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        furnish(world, SignOn(closed, "voucher", "a secret", "豫事办", "identity_number"))
        answer: Any = world.app.test_client().get("/login/sso")
    assert (answer.status_code, "没有响应" in answer.text) == (503, True)
    assert "账号登录" in answer.text
