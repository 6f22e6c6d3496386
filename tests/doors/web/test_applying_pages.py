"""Asked, applied for, clarified, decided: clicked through by worker and office; nobody else gets in."""

from __future__ import annotations

from tests.doors.loop import OPEN_PROGRAMME, Loop
from tests.doors.web.browser import Browser
from tests.doors.web.test_looks import IDENTITY, find_doubled_ids, find_unlabelled
from voucher.plumbing.unit_of_work import Work
from voucher.registry.outside.systems import connect
from voucher.rules.actor import Role
from voucher.rules.outside import FactKind

LI_NUMBER = "410702198511209927"


def at(loop: Loop, login: str) -> Browser:
    """Return the browser of somebody who is signed in."""
    return Browser(loop[login].http)


def looked_at(browser: Browser, path: str) -> str:
    """Open a page and return its text: labelled, no id twice, no full identity number."""
    page = browser.go(path)
    assert browser.answer.status_code == 200, (path, page.text[:200])
    assert find_unlabelled(page) == []
    assert find_doubled_ids(page) == []
    assert not IDENTITY.search(page.html), path
    return page.text


def proven_programme(loop: Loop) -> int:
    """Draft a programme that wants a proof, on its page, and have another person publish it."""
    terms = {**OPEN_PROGRAMME, "name": "失业人员培训券", "budget_id": loop.ids["budget"]}
    programme_id = int(loop.done("jiban", "/programmes", terms)["id"])
    office = at(loop, "jiban")
    looked_at(office, f"/office/programmes/{programme_id}/demands")
    office.press("保存", **{"label-1": "失业登记证明", "fact-1": "employment", "label-2": "困难说明"})
    assert "已保存要求的证明" in office.page.text
    loop.done("shenhe", f"/programmes/{programme_id}/publications", {})
    assert "发布以后不再改动" in looked_at(office, f"/office/programmes/{programme_id}/demands")
    return programme_id


def test_from_may_i_to_the_voucher_by_way_of_an_application(loop: Loop) -> None:
    programme_id = proven_programme(loop)
    sun, officer = at(loop, "sun"), at(loop, "shenhe")
    offers = looked_at(sun, "/my/offers")
    assert "这个券种要先申请：失业登记证明、困难说明" in offers
    asked = looked_at(sun, f"/my/offers/{programme_id}/application")
    assert "失业登记证明" in asked
    sun.press("提交申请", declared="1", **{"item-1": "见证明", "item-2": ""})
    assert "“困难说明”没有填写" in sun.page.text
    assert "见证明" in sun.page.html, "what was typed is kept"
    sun.press("提交申请", declared="1", **{"item-1": "见证明", "item-2": "独自抚养"})
    assert "已提交申请" in sun.page.text
    assert "待办理" in looked_at(sun, "/my/applications")

    assert "失业人员培训券" in looked_at(officer, "/office/applications")
    link = next(each for each in officer.page.links if each.startswith("/office/applications/"))
    looked_at(officer, link)
    form, _ = officer.page.form("要求补充说明")
    field = next(name for name, _ in form.values if name.startswith("ask-"))
    officer.press("要求补充说明", **{field: "请写明出具单位"})
    assert "已要求补充说明" in officer.page.text

    assert "您的申请有问题要您说明" in looked_at(sun, "/my")
    looked_at(sun, "/my/applications")
    looked_at(sun, next(each for each in sun.page.links if each.startswith("/my/applications/")))
    form, _ = sun.page.form("提交答复")
    field = next(name for name, _ in form.values if name.startswith("question-"))
    sun.press("提交答复", **{field: "市人社局"})
    assert "已答复" in sun.page.text
    assert "有问题要您说明" not in looked_at(sun, "/my")
    looked_at(officer, link)
    assert "市人社局" in officer.page.text
    officer.press("同意", opinion="")
    assert "没有填写" in officer.page.text
    officer.press("同意", opinion="已核实", decision="approve")
    assert "已同意，本人可以领取" in officer.page.text
    looked_at(sun, "/my/offers")
    form = next(each for each in sun.page.forms if each.action.endswith(f"/my/offers/{programme_id}"))
    taken = sun.http.post(form.action, data={**dict(form.values), "declared": "1"}, follow_redirects=True)
    assert "领取成功" in taken.text

    for path in (f"/my/applications/{link.rsplit('/', 1)[1]}", "/my/applications/999999"):
        assert at(loop, "li").http.get(path).status_code == 404
    assert at(loop, "zz-shenhe").http.get(link).status_code == 404, "another region's"
    assert at(loop, "t1-admin").http.get("/office/applications").status_code == 403


def test_may_i_still_have_it_and_what_nobody_answered_is_verified_by_hand(loop: Loop) -> None:
    zhang, officer = at(loop, "zhang"), at(loop, "shenhe")
    looked_at(zhang, "/my/standing")
    text = looked_at(zhang, "/my/standing?trade=4-10-01-05&level=2")
    assert "同一人员同一职业同一等级已申领" in text or "可以享受" in text
    assert "依据" in text
    assert zhang.http.get("/my/standing?trade=没有这一行").status_code == 422
    asking = looked_at(officer, "/office/standing")
    assert "每次查询都记入" in asking
    officer.press("查询", number=LI_NUMBER, trade="4-10-01-05", level="2", region="419001")
    assert "李*" in officer.page.text
    assert not IDENTITY.search(officer.page.html)
    assert "在先的一笔" in officer.page.text or "可以享受" in officer.page.text
    officer.go("/office/standing")
    officer.press("查询", number="34052419800101001X", trade="4-10-01-05", level="2", region="419001")
    assert "没有登记过这个人" in officer.page.text

    def connect_one(work: Work) -> None:
        connect(work, FactKind.STUDENT, name="学籍系统", address="http://127.0.0.1:1/")

    loop.world.staff("sheng", Role.OFFICER_PROVINCE)
    loop.world.do("sheng", connect_one)
    sun = at(loop, "sun")
    sun.go("/my/offers")
    sun.press("领取", declared="1")
    assert "没有核实到：全日制在校" in sun.page.text
    looked_at(sun, f"/my/offers/{loop.ids['open_programme']}/application")
    sun.press("提交申请", declared="1", **{"item-1": "2015年已毕业"})
    assert "已提交申请" in sun.page.text
    assert "学籍系统" in looked_at(officer, "/office/outside")
    assert "联系不上" in officer.page.text
    assert at(loop, "zz-shenhe").go("/office/outside").text.count("孙*") == 0
