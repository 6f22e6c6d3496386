"""亲情代办 at the API and on the pages: consented to, helped, redeemed; nobody else finds anything."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.doors.loop import CLASS_DAY, LI_SI, SUN_BA, ZHANG_SAN, Loop, people, plan
from tests.doors.telephone import furnish, messages
from tests.doors.web.browser import Browser
from tests.doors.web.test_applying_pages import at, looked_at
from voucher.ledger.audit import AuditRow
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.workers import note_mobile
from voucher.registry.consents.rows import ConsentRefusal
from voucher.registry.people import find_by_indexes, index_of

OLD, CHILD = "13800138000", "13900139000"
WISH: dict[str, Any] = {"relationship": "child", "scopes": ["accept", "enrol", "paper"]}
TICKED = {"relationship": "child", "until_on": ""}
FULL_CODE = re.compile(r"72\d{20}|(?:72\d\d(?: \d{4}){4} \d\d)")


@pytest.fixture
def town(loop: Loop) -> Loop:
    """Return the loop with a voucher issued to 孙八, who is old; 李四 is to help; both have telephones."""
    furnish(loop.world)

    def telephones(work: Work) -> None:
        for (_, number), mobile in ((SUN_BA, OLD), (LI_SI, CHILD)):
            index = index_of(work.keyring, number)
            note_mobile(work, find_by_indexes(work.session, [index])[index].id, mobile)

    loop.world.do("operator", telephones)
    roster = {"programme_id": loop.ids["programme"], "way": "roster", "people": people(SUN_BA)}
    filed = loop.done("t1-admin", "/issues", {**roster, "institution_id": loop.ids["t1"]})
    loop.done("shenhe", f"/issues/{filed['issue_id']}/reviews", {"decision": "pass"})
    line = loop["jiban"].get(f"/issues/{filed['issue_id']}/lines").json["items"][0]
    loop.ids["sun_voucher"] = line["voucher_id"]
    first = CLASS_DAY + timedelta(days=21)
    made = loop.done("t1-admin", "/classes", plan(loop.ids["t1"], first=first))
    loop.done("t1-admin", f"/classes/{made['id']}/filings", {"promised": True})
    loop.done("shenhe", f"/classes/{made['id']}/reviews", {"decision": "pass", "opinion": "准予开班"})
    loop.ids["later_class"] = made["id"]
    return loop


def refused(loop: Loop, login: str, path: str, body: dict[str, Any]) -> tuple[int, str]:
    answer = loop[login].post(path, body)
    return answer.status_code, answer.json["code"]


def attempts(loop: Loop) -> int:
    with loop.world.database.read() as session:
        counted = select(func.count()).select_from(AuditRow).where(AuditRow.act == "foreign_attempt")
        return session.scalar(counted) or 0


def test_at_the_api_a_code_read_out_opens_what_was_consented_to_and_nothing_else(town: Loop) -> None:
    voucher_id, class_id = town.ids["sun_voucher"], town.ids["later_class"]
    asked = town.done("li", "/consent-requests", {"mobile": OLD, "name": "孙八", **WISH})
    assert (asked["masked_mobile"], asked["good_minutes"]) == ("138****8000", 15)
    found = re.search(r"授权码 (\d{6})", messages(town.world)[0])
    assert found is not None
    proofs = f"/consent-requests/{asked['id']}/proofs"
    wrong = f"{(int(found[1]) + 1) % 10**6:06d}"
    assert refused(town, "li", proofs, {"code": wrong}) == (403, "consent_code_refused")
    assert refused(town, "zhang", proofs, {"code": found[1]}) == (403, "consent_code_refused")
    with town.world.database.read() as session:
        assert len(session.scalars(select(ConsentRefusal)).all()) == 2, "what was refused is kept"
    consent = town.done("li", proofs, {"code": found[1]})
    assert (consent["principal_name"], consent["helper_name"], consent["way"]) == ("孙*", "李*", "code")

    act = {"voucher_id": voucher_id, "consent_id": consent["id"]}
    seen = attempts(town)
    assert refused(town, "zhang", "/acceptances", act) == (404, "voucher_missing")
    assert attempts(town) == seen + 1
    assert town.done("li", "/acceptances", act)["state"] == "accepted"
    assert refused(town, "zhang", "/enrolments", {**act, "class_id": class_id}) == (404, "voucher_missing")
    town.done("li", "/enrolments", {**act, "class_id": class_id})
    text = f"/consents/{consent['id']}/texted-codes"
    body = {"voucher_id": voucher_id, "institution_id": town.ids["t1"]}
    assert refused(town, "zhang", text, body) == (404, "voucher_missing")
    sent = town.done("li", text, body)
    assert sent["masked_mobile"] == "138****8000"
    assert not FULL_CODE.search(str(sent))
    # nothing of the voucher is in the helper's own wallet, and no code is to be had
    assert refused(town, "li", f"/vouchers/{voucher_id}/codes", {}) == (404, "voucher_missing")
    assert town["li"].get(f"/vouchers/{voucher_id}").status_code == 404
    assert refused(town, "li", "/withdrawals", {"voucher_id": voucher_id}) == (404, "voucher_missing")
    both = {**act, "consent": "委托书"}
    assert town["li"].post("/acceptances", both).status_code == 422

    mine = town["sun"].get("/consents").json
    assert [each["name"] for each in mine["helpers"][0]["deeds"]] == [
        "请系统发短信码给本人",
        "选班报名",
        "领取",
    ]
    assert town["li"].get("/consents").json["helped"][0]["id"] == consent["id"]
    ending = f"/consents/{consent['id']}/revocations"
    assert refused(town, "zhang", ending, {}) == (404, "consent_unknown")
    assert refused(town, "zz-jiban", ending, {}) == (404, "consent_unknown")
    assert town.done("jiban", ending)["ended_words"] == "窗口按本人要求停止"
    assert refused(town, "li", text, body) == (404, "voucher_missing")

    paper = {
        "principal_number": SUN_BA[1], "principal_name": SUN_BA[0], "helper_number": ZHANG_SAN[1],
        "helper_name": ZHANG_SAN[0], "mandate": "委托书 7 号", **WISH,
    }  # fmt: skip
    assert refused(town, "li", "/mandates", paper) == (403, "role_missing")
    assert refused(town, "zz-jiban", "/mandates", paper) == (404, "person_missing")
    assert town.done("jiban", "/mandates", paper)["way"] == "counter"
    assert refused(town, "sun", "/consents", {"mobile": CHILD, "name": "李五", **WISH})[1] == "helper_unknown"
    assert town.done("sun", "/consents", {"mobile": CHILD, "name": "李四", **WISH})["way"] == "own"


def press_scopes(browser: Browser, words: str, **values: str) -> None:
    """Press a button with every scope ticked, which a form of fields alone cannot say."""
    form, _ = browser.page.form(words)
    data = {**dict(form.values), **TICKED, **values, "scope": ["accept", "enrol", "paper"]}
    browser.answer = browser.http.post(form.action, data=data, follow_redirects=True)


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_on_the_pages_from_asking_to_the_counter(town: Loop) -> None:
    voucher_id, class_id = town.ids["sun_voucher"], town.ids["later_class"]
    sun, li, office = at(town, "sun"), at(town, "li"), at(town, "jiban")
    assert "我的代办人" in looked_at(sun, "/my/profile")
    assert "还没有代办人" in looked_at(sun, "/my/helpers")
    press_scopes(sun, "同意代办", name="李五", mobile=CHILD)
    assert "没有用这个手机号和姓名实名登录过的人" in sun.answer.text
    looked_at(sun, "/my/helpers")
    press_scopes(sun, "同意代办", name="李四", mobile=CHILD)
    assert "已同意代办，授权编号" in sun.answer.text
    assert "李*" in looked_at(sun, "/my/helpers")

    assert "您正在帮 1 个人代办" in looked_at(li, "/my")
    looked_at(li, "/my/helped")
    person = next(each for each in li.page.links if re.fullmatch(r"/my/helped/\d+", each))
    text = looked_at(li, person)
    assert "替 孙* 办理" in text
    assert "由本人登录领取" in text
    page = f"{person}/vouchers/{voucher_id}"
    assert "可以替本人领取" in looked_at(li, page)
    li.press("替 孙* 领取")
    assert "已代为领取" in li.page.text
    assert "养老护理员五级一班" in looked_at(li, f"{page}/classes")
    li.press("报这个班", class_id=str(class_id))
    assert "您正在替 孙* 办理" in li.page.text
    li.press("确认报名")
    assert "已代为报名" in li.page.text
    looked_at(li, page)
    form, _ = li.page.form("打印纸质凭条")
    printed = li.http.post(form.action, data=dict(form.values))
    assert (printed.status_code, printed.mimetype) == (200, "application/pdf")
    assert printed.headers["Cache-Control"] == "no-store"
    looked_at(li, page)
    li.press("发短信码给本人")
    assert "短信码已发到本人手机 138****8000" in li.page.text
    assert not FULL_CODE.search(li.page.html)
    assert "您的代办人（子女）已替您请系统发短信码给本人" in messages(town.world)[0]

    for path in (person, page, f"{page}/classes"):
        assert at(town, "zhang").http.get(path).status_code == 404
    assert li.http.get(f"{person}/vouchers/{town.ids['voucher']}").status_code == 404
    own = looked_at(li, f"{person}/vouchers/{voucher_id}")
    assert "退回这张券" not in own
    assert "出示二维码" not in own

    town.move_to(CLASS_DAY + timedelta(days=21, minutes=-30))
    li = at(town, "li")
    looked_at(li, page)
    li.press("发短信码给本人")
    rang = next(each for each in messages(town.world) if "出示码" in each)
    code = FULL_CODE.search(rang)
    assert code is not None
    scanned = {
        "digits": code[0].replace(" ", ""), "class_id": class_id, "last4": LI_SI[1][-4:],
        "device": "前台一号机", "nonce": "n-helped",
    }  # fmt: skip
    assert refused(town, "t1-scan", "/redemptions", scanned)[1] == "identity_differs", "the helper's own card"
    town.done("t1-scan", "/redemptions", {**scanned, "last4": SUN_BA[1][-4:]})

    office = at(town, "jiban")
    told = looked_at(office, f"/office/vouchers/{voucher_id}")
    assert "亲情代办授权" in told
    assert "代办人 李*" in told
    assert "李四" not in told, "who helps is a private person too"
    assert "选班报名" in told
    office.press("按本人要求停止")
    assert "已按本人要求停止代办" in office.page.text
    assert li.http.get(person).status_code == 404
    assert "窗口按本人要求停止" in looked_at(li, "/my/helped")


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_on_the_pages_a_code_a_paper_and_an_end(town: Loop) -> None:
    li, sun, office = at(town, "li"), at(town, "sun"), at(town, "jiban")
    looked_at(li, "/my/helped")
    press_scopes(li, "发送授权码", name="孙八", mobile=CHILD)
    assert "这是您自己的手机号" in li.answer.text
    looked_at(li, "/my/helped")
    press_scopes(li, "发送授权码", name="孙八", mobile=OLD)
    assert "授权码已发到 138****8000" in li.answer.text
    page = li.answer.request.path
    assert at(town, "zhang").http.get(page).status_code == 404
    looked_at(li, page)
    li.press("本人同意，开始代办", code="000000")
    assert "授权码不正确" in li.page.text
    found = re.search(r"授权码 (\d{6})", messages(town.world)[0])
    assert found is not None
    li.press("本人同意，开始代办", code=found[1])
    assert "授权成功" in li.page.text
    looked_at(sun, "/my/helpers")
    sun.press("停止，不再让他（她）代办")
    assert "已停止，立即生效" in sun.page.text

    looked_at(office, "/office/mandates/new")
    press_scopes(
        office, "登记", principal_name="孙八", principal_number=SUN_BA[1], helper_name="李四",
        helper_number=LI_SI[1], mandate="委托书 9 号",
    )  # fmt: skip
    assert "已登记，授权编号" in office.answer.text
    looked_at(li, "/my/helped")
    li.press("退出，不再代办")
    assert "已停止，立即生效" in li.page.text
    assert at(town, "li").http.get("/office/mandates/new").status_code == 403
