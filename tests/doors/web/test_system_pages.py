"""系统接入 on its pages: a secret shown once, rotated and stopped; the office stops a system too."""

from __future__ import annotations

import re
from functools import partial

import pytest
from sqlalchemy import func, select

from tests.doors.loop import Loop
from tests.doors.web.browser import Browser
from voucher.plumbing.reaching import Failure, Reached
from voucher.registry.systems.rows import InstitutionSystem
from voucher.registry.systems.webhook_carrying import note_attempt
from voucher.registry.systems.webhook_rows import WebhookDelivery
from voucher.registry.users import CLOCK_LOGIN

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
    assert "密钥只显示一次，没有存下的请更换密钥" in again.text
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


WHSEC = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_a_system_is_told_what_happens_and_its_people_see_the_answers(loop: Loop) -> None:
    admin = Browser(loop["t1-admin"].http)
    admin.go("/institution/systems")
    admin.press("登记", name="前台程序", scope=["scan"])
    with loop.world.database.read() as session:
        system_id = session.scalars(select(InstitutionSystem.id)).one()
    path = f"/institution/systems/{system_id}/webhook"
    assert path in admin.go("/institution/systems").links
    admin.go(path)
    form = {"address": "https://10.0.0.8/hook", "event": ["voucher.redeemed"]}
    page = admin.press("登记并取得签名密钥", **form)
    assert "接收地址不能用：不能是内部地址" in page.text
    page = admin.press("登记并取得签名密钥", **form | {"address": "https://jw.example.org/hook"})
    secret = WHSEC.findall(page.html)
    assert (admin.answer.status_code, len(secret)) == (201, 1)
    assert "<dt>接收地址</dt><dd>https://jw.example.org/hook</dd>" in page.html
    assert "系统名称" not in page.text
    page = admin.go(path)
    assert secret[0] not in page.html
    assert "培训券：核销" in page.text
    assert "第 1 号试送已经发出" in admin.press("试送一条").text
    hook_id = 1
    with loop.world.database.read() as session:
        made = session.scalars(select(WebhookDelivery)).one()
    for reached in (Reached(None, Failure.SLOW, 5000), Reached(302, None, 12), Reached(204, None, 31)):
        loop.world.do(CLOCK_LOGIN, partial(note_attempt, delivery_id=made.id, reached=reached))
    text = admin.go(path).text
    for words in ("没有及时答复（5000 毫秒）", "答复 302（12 毫秒）", "答复 204（31 毫秒）", "已送达"):
        assert words in text, words
    assert "第 1 号通知再送一次" in admin.press("再送").text
    assert len(WHSEC.findall(admin.press("更换签名密钥").html)) == 1

    for _ in range(20):
        loop.world.do(CLOCK_LOGIN, lambda work: note_attempt(work, made.id, Reached(500, None, 1)))
    assert "连续 20 次没有收下" in admin.go(path).text
    assert "已恢复，补发 0 条" in admin.press("恢复").text
    # another institution's people find nothing here, and its scanners have no business at all
    stranger = Browser(loop["t2-admin"].http)
    assert "没有找到这个系统接入" in stranger.go(path).text
    posted = {"idempotency_key": "k", "csrf_token": loop["t2-admin"].token}
    answer = loop["t2-admin"].http.post(
        f"/institution/systems/{system_id}/webhooks/{hook_id}/trials", data=posted
    )
    assert answer.status_code == 404
    assert "没有办理此事的权限" in Browser(loop["t1-scan"].http).go(path).text
    assert "已停止，不再通知" in admin.press("停止通知").text
    assert "登记接收地址" in admin.go(path).text
