"""关于我的信息 at the pages: what is held and why, who looked, taking it along, being forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select, update

from tests.doors.loop import LI_SI, ZHANG_SAN, Loop
from tests.doors.web.browser import Browser
from tests.doors.web.test_looks import IDENTITY, find_doubled_ids, find_unlabelled
from tests.scene import JIYUAN, SUN_BA
from voucher.ledger import audit
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Person
from voucher.registry.standards import Parameter
from voucher.stages.oversee.retention.carrying_out import carry_out_piece
from voucher.stages.oversee.retention.listing import list_piece

PAGE = "/my/data"


def at(loop: Loop, login: str) -> Browser:
    """Return the browser of somebody who is signed in."""
    return Browser(loop[login].http)


def look(work: Work, thing: str, object_id: int, act: str, **told: object) -> None:
    """Leave the row that opening something leaves."""
    audit.record_one(work, thing, object_id, act, **told)


def holder(loop: Loop, voucher: str = "voucher") -> tuple[int, int]:
    """Return a voucher's id and whose it is."""
    with loop.world.database.read() as session:
        found = session.get_one(Voucher, loop.ids[voucher])
        return found.id, found.holder_person_id


def test_everybody_reads_what_is_held_of_them_why_and_who_looked(loop: Loop) -> None:
    voucher_id, person_id = holder(loop)
    other = next(each for each in _people(loop) if each != person_id)
    do = loop.world.do
    do("shenhe", partial(look, thing="voucher", object_id=voucher_id, act="look_at_phone", call=1))
    do("jianguan", partial(look, thing="person", object_id=person_id, act="look_whole", why="专项审计 3 号"))
    # of somebody else, of somebody else's lesson, and one's own: none is shown
    do("shenhe", partial(look, thing="person", object_id=other, act="look_whole", why="与本人无关"))
    do("shenhe", partial(look, thing="class", object_id=1, act="look_at_proof", attendance=999))
    do("zhang", partial(look, thing="person", object_id=person_id, act="look_own", why="自己看"))

    mine = at(loop, "zhang")
    assert PAGE in mine.go("/my/profile").links
    page = mine.go(PAGE)
    for words in (
        "身份信息（姓名、证件号码、手机号）", "会计档案管理办法", "券办结以后 3 年",
        "看了手机号", "为了：电话抽查", "为了：专项审计 3 号", "还有没有办结的事项，暂不能注销",
    ):  # fmt: skip
        assert words in page.text, words
    for words in ("与本人无关", "自己看", "核实考勤", "申请注销"):
        assert words not in page.text, words
    assert IDENTITY.findall(page.html) == []
    assert find_unlabelled(page) == []
    assert find_doubled_ids(page) == []
    assert "还没有人看过" in at(loop, "li").go(PAGE).text

    taken = mine.http.get("/my/data/file")
    assert taken.headers["Cache-Control"] == "no-store"
    told = json.loads(taken.text)
    assert (told["姓名"], told["证件号码"]) == ZHANG_SAN
    assert [each["为什么"] for each in told["谁看过"]] == ["专项审计 3 号", "电话抽查"]
    assert any(each["事项"] == "发放培训券" for each in told["记录"])
    printed = mine.http.get("/my/data/paper")
    assert (printed.mimetype, printed.data[:5]) == ("application/pdf", b"%PDF-")
    public = Browser(loop.world.app.test_client()).go("/privacy")
    for words in ("每一种保存多久", "30 年", "会计档案管理办法", "申请注销"):
        assert words in public.text, words
    assert PAGE in public.links, "whoever is not signed in is led there by way of signing in"
    assert PAGE not in at(loop, "shenhe").go("/privacy").links, "the office holds no page of its own there"


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_who_asks_to_be_forgotten_is_by_two_people_and_every_page_says_so(loop: Loop) -> None:
    sun = at(loop, "sun")
    page = sun.go(PAGE)
    assert "不能恢复，也不能再领券" in page.text
    assert "请勾选" in sun.press("申请注销").text
    assert "已申请注销，等待两名审核人员办理" in sun.press("申请注销", understood="1").text
    sun.press("撤回注销申请")
    assert "已撤回注销申请" in sun.page.text
    sun.press("申请注销", understood="1")

    one, other = at(loop, "shenhe"), at(loop, "shenhe2")
    assert "注销申请待办理" in one.go("/desk").text
    page = one.go("/erasures")
    assert "孙*" in page.text
    request = next(each for each in page.links if each.startswith("/erasures/"))
    page = one.go(request)
    assert IDENTITY.findall(page.html) == []
    assert "已同意，等待另一名" in one.press("同意注销").text
    assert "须由另一名审核人员办理注销" in one.go(request).text
    other.go(request)
    assert "谁也不能恢复" in other.page.text
    assert "已注销：密钥已销毁" in other.press("办理注销，销毁密钥").text
    page = other.go(request)
    assert "（已注销）的注销申请" in page.text
    assert "孙*" not in page.text
    # the browser that was signed in is nobody any more
    assert "登录" in sun.go("/my").text
    assert "孙八" not in sun.page.text


def test_a_request_is_turned_down_with_a_reason_the_person_reads(loop: Loop) -> None:
    sun, officer = at(loop, "sun"), at(loop, "shenhe")
    sun.go(PAGE)
    sun.press("申请注销", understood="1")
    officer.go("/erasures")
    officer.go(next(each for each in officer.page.links if each.startswith("/erasures/")))
    assert "“不予办理的理由”填写有误" in officer.press("不予办理").text
    officer.press("不予办理", why="请先到窗口办结委托")
    assert "请先到窗口办结委托" in sun.go(PAGE).text
    assert officer.go("/erasures/999").text.count("没有找到") >= 1
    assert officer.answer.status_code == 404
    assert "申请注销" in sun.page.text
    assert LI_SI[0] not in sun.page.text


def _people(loop: Loop) -> list[int]:
    with loop.world.database.read() as session:
        return list(session.scalars(select(Person.id).order_by(Person.id)))


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_what_is_over_its_time_is_listed_by_one_and_confirmed_by_another(loop: Loop) -> None:
    database = loop.world.database
    with database.engine.begin() as connection:
        for name, value in (("retention_idle_months", "-1"), ("retention_notice_days", "0")):
            connection.execute(update(Parameter).where(Parameter.name == name).values(value=value))
        connection.execute(update(Person).where(Person.region_code.is_(None)).values(region_code=JIYUAN))

    def work_off(piece: Callable[..., int], run_id: int) -> None:
        while loop.world.do("clock", partial(piece, run_id=run_id)):
            pass

    one, other = at(loop, "shenhe"), at(loop, "shenhe2")
    assert "还没有办过到期清除" in one.go("/office/retention").text
    assert "什么都不会清除" in one.press("列名单", region=JIYUAN).text
    (row,) = loop["shenhe2"].get("/retention-runs").json["items"]
    run = row["id"]
    assert (row["state"], row["from_on"]) == ("listing", None)
    early = loop["shenhe2"].post(f"/retention-runs/{run}/confirmations", {})
    assert (early.status_code, early.json["code"]) == (409, "retention_run_not_listed")
    work_off(list_piece, run)

    page = one.go(f"/office/retention/{run}")
    assert "名单是您列的，由另一名审核人员确认" in page.text
    assert "为什么不能清" in page.text
    assert IDENTITY.findall(page.html) == []
    assert find_doubled_ids(page) == find_unlabelled(page) == []
    assert "孙*" in page.text
    assert "孙八" not in page.text
    one.press("保全，不清除", paper="济源市监察委员会（2024）3号")
    assert "已依法保全，解除以前不会清除" in one.page.text
    listed = loop["shenhe"].get(f"/retention-runs/{run}/lines").json["items"]
    due = [each for each in listed if each["code"] is None and each["kind"] == "person"]
    assert len(due) == 1
    # whom no message reached is named to the office once, and written down as told
    page = one.go(f"/office/retention/{run}")
    assert "没有登记手机号" in page.text
    assert find_doubled_ids(page) == find_unlabelled(page) == []
    named = one.press("打开书面告知名单（有姓名，逐人留痕）")
    assert "书面告知名单" in named.text
    assert IDENTITY.findall(named.html) == []
    one.go(f"/office/retention/{run}")
    assert "已登记告知 1 人" in one.press("登记已告知全部 1 人", words="上门告知，本人签收").text
    assert "没有告知到的人" not in one.go(f"/office/retention/{run}").text
    other.go(f"/office/retention/{run}")
    assert "已确认，后台正在清除" in other.press("确认清除").text
    work_off(carry_out_piece, run)
    told = loop["shenhe"].get(f"/retention-runs/{run}").json
    assert (told["state"], sum(each["kept"] for each in told["sums"])) == ("done", 1), "preserved meanwhile"
    assert "依法保全中（济源市监察委员会（2024）3号）" in one.go(f"/office/retention/{run}").text
    page = one.go("/office/preservations")
    assert "您办理的保全，由另一人解除" in page.text
    assert find_doubled_ids(page) == find_unlabelled(page) == []
    again_same = one.press("保全", number=SUN_BA[1], paper="（2024）9号")
    assert "这个人已经依法保全" in again_same.text
    assert SUN_BA[1] not in again_same.html
    other.go("/office/preservations")
    assert "已解除保全" in other.press("解除保全", paper="（2024）4号").text
    # told once by letter is told, and whoever wrote that down does not confirm
    again = loop["shenhe2"].post("/retention-runs", {"region": JIYUAN}).json["id"]
    work_off(list_piece, again)
    told = loop["shenhe2"].post(f"/retention-runs/{again}/tellings", {"words": "挂号信 XA1"}).json
    assert told["code"] == "retention_nobody_untold"
    assert "等待没有登记告知的人确认" in one.go(f"/office/retention/{again}").text
    refused = loop["shenhe"].post(f"/retention-runs/{again}/confirmations", {}).json
    assert refused["code"] == "retention_teller"
    loop["shenhe2"].post(f"/retention-runs/{again}/dismissals", {"why": "改由登记告知的人列名单"})
    again = loop["shenhe"].post("/retention-runs", {"region": JIYUAN}).json["id"]
    work_off(list_piece, again)
    assert loop["shenhe2"].post(f"/retention-runs/{again}/confirmations", {}).json["state"] == "carrying_out"
    work_off(carry_out_piece, again)
    assert "（已清除）" in one.go(f"/office/retention/{again}").text
    assert loop["shenhe"].get(f"/retention-runs/{again}").json["sums"][0]["erased"] == 1
    assert one.go("/office/retention/999").text.count("没有找到") >= 1
