"""系统接入 on its pages: a secret shown once, rotated and stopped; the office stops a system too."""

from __future__ import annotations

import re

from sqlalchemy import func, select

from tests.doors.loop import Loop
from tests.doors.web.browser import Browser
from voucher.registry.system_rows import InstitutionSystem

SECRET = re.compile(r'密钥（client_secret）</dt><dd class="mono">(.+?)</dd>')
CLIENT = re.compile(r"sys-[0-9a-f]{16}")


def fetch(loop: Loop, client_id: str, secret: str) -> int:
    """Return the status of asking for a token."""
    form = {"grant_type": "client_credentials"}
    return loop.world.visit().http.post("/oauth/token", data=form, auth=(client_id, secret)).status_code


def read_secret(browser: Browser) -> str:
    """Return the secret on the screen."""
    found = SECRET.search(browser.page.html)
    assert found, browser.page.text
    return found.group(1)


def test_a_system_is_registered_rotated_and_stopped_on_the_pages(loop: Loop) -> None:
    admin = Browser(loop["t1-admin"].http)
    assert "/institution/systems" in admin.go("/desk").links
    assert "还没有登记系统" in admin.go("/institution/systems").text
    assert "没有选择这个系统可以办理什么" in admin.press("登记", name="前台程序").text
    form, _ = admin.page.form("登记")
    key = dict(form.values)["idempotency_key"]
    page = admin.press("登记", name="前台程序", scope=["scan", "read"])
    assert (admin.answer.status_code, "只在这里显示一次" in page.text) == (201, True)
    secret = read_secret(admin)
    found = CLIENT.search(page.html)
    assert found
    client_id = found.group(0)
    assert fetch(loop, client_id, secret) == 200

    # the same form sent twice registers once and never shows the secret again
    admin.go("/institution/systems")
    again = admin.press("登记", name="前台程序", scope=["scan", "read"], idempotency_key=key)
    assert client_id in again.text
    assert secret not in again.html
    with loop.world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(InstitutionSystem)) == 1

    admin.press("更换密钥")
    newer = read_secret(admin)
    assert "新旧密钥都可用" in admin.go("/institution/systems").text
    assert [fetch(loop, client_id, each) for each in (secret, newer)] == [200, 200]
    assert "旧密钥已停用" in admin.press("停用旧密钥").text
    assert [fetch(loop, client_id, each) for each in (secret, newer)] == [401, 200]
    assert "当即不能再办理" in admin.press("停用系统").text
    assert "停用系统" not in [each["words"] for form in admin.page.forms for each in form.buttons]
    assert fetch(loop, client_id, newer) == 401

    admin.press("登记", name="教务程序", scope="read")
    second, found = read_secret(admin), CLIENT.search(admin.page.html)
    assert found
    for watcher, may_stop in (("zz-shenhe", None), ("jiban", False), ("shenhe", True)):
        browser = Browser(loop[watcher].http)
        page = browser.go(f"/office/institutions/{loop.ids['t1']}")
        assert ("教务程序" in page.text) is (may_stop is not None), watcher
        assert ("停用" in [each["words"] for form in page.forms for each in form.buttons]) is bool(may_stop)
    assert fetch(loop, found.group(0), second) == 200
    assert "当即不能再办理" in browser.press("停用").text
    assert fetch(loop, found.group(0), second) == 401
    assert Browser(loop["t1-scan"].http).go("/institution/systems").text.count("没有办理此事的权限") > 0
