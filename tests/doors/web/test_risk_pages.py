"""Risk flags at the pages: from the dashboard to the rows in two clicks, asked, answered, concluded."""

from __future__ import annotations

from datetime import UTC
from urllib.parse import urlsplit

from tests.doors.web.browser import Browser, Page
from tests.doors.web.test_looks import IDENTITY, find_doubled_ids, find_unlabelled
from tests.doors.web.test_report_pages import _look as leave
from tests.doors.world import World
from tests.scene import JIYUAN, PROVINCE, XINXIANG, Scene
from tests.town_attending import PEOPLE, class_room
from voucher.plumbing.clock import day_of
from voucher.registry.users import CLOCK_LOGIN
from voucher.rules.actor import Role
from voucher.stages.oversee.risk.finding import find_flags
from voucher.stages.oversee.risk.raising import raise_flags


def decent(page: Page) -> Page:
    assert IDENTITY.findall(page.html) == []
    assert not any(name in page.html for name, _ in PEOPLE), "people are masked"
    assert [tag for tag, _ in page.tags].count("h1") == 1
    assert find_unlabelled(page) == []
    assert find_doubled_ids(page) == []
    return page


def follow(browser: Browser, start: str) -> Page:
    """Click the first link of the page that begins so."""
    onward = [each for each in browser.page.links if urlsplit(each).path.startswith(start)]
    return decent(browser.go(onward[0]))


def test_a_planted_fraud_is_found_from_the_dashboard_to_its_rows(scene: Scene, world: World) -> None:
    room = class_room(scene)
    for person in PEOPLE:
        room.sign(person, browser="one-telephone-for-all")
    with scene.database.read() as session:
        found = [
            each
            for each in find_flags(session, day_of(scene.at), scene.keyring)
            if each.finding.rule == "R03"
        ]
    scene.do(CLOCK_LOGIN, lambda work: raise_flags(work, found))
    world.at = scene.at.astimezone(UTC)
    world.staff("监管", Role.SUPERVISOR, region=JIYUAN)
    world.staff("审计", Role.AUDITOR, region=PROVINCE)
    world.staff("外地", Role.SUPERVISOR, region=XINXIANG)
    world.colleague("教务", room.house, Role.REGISTRAR)

    watcher = Browser(world.sign_in("监管").http)
    assert "风险线索待办理" in watcher.go("/desk").text
    follow(watcher, "/supervisor/risks")
    assert "一机多人签到" in watcher.page.text
    flags = [each for each in watcher.page.links if each.split("/")[-1].isdigit()]
    page = decent(watcher.go(flags[0]))
    for words in ("为 4 名不同的学员签到", "数字4 人", "界限3 人", "同类中位数", "依据的行（4）", "签到"):
        assert words in page.text.replace("\n", ""), words

    page = decent(watcher.press("分派", person=str(scene.actor("监管").person_id)))
    assert "办理中" in page.text
    page = decent(watcher.press("要求说明", question="四个人为什么用同一部手机签到？"))
    assert "等机构说明" in page.text
    assert "还没有说明" in page.text or "前说明" in page.text

    desk = Browser(world.sign_in("教务").http)
    page = decent(desk.go("/institution/risks"))
    assert "四个人为什么用同一部手机签到？" in page.text
    assert "依据的行" not in page.text
    assert "教室信号不好" in decent(desk.press("提交说明", words="教室信号不好，借用一部手机")).text

    flag = "/supervisor/risks/1"
    concluding = {"outcome": "dismiss", "words": "没有问题"}
    assert desk.http.post(f"{flag}/conclusions", data=concluding).status_code in (400, 403)
    page = decent(watcher.go(flag))
    assert "教室信号不好" in page.text
    page = decent(watcher.press("下结论", outcome="uphold", words="四人同机，核对签到记录属实"))
    assert "已认定属实" in page.text
    rules = decent(watcher.go("/supervisor/risks/rules")).text
    leave("risk-rules.html", watcher.page.html.encode())
    assert "100%" in rules
    assert "学员付给机构、招生人的资金流水" in rules
    assert "没有线索不等于没有问题" in rules
    assert "从来没有数据，不曾查过" in rules
    assert "签到：2024-" in rules
    assert "同一家没有申报的机构留下几种痕迹" in rules
    assert "没有这样的线索" in decent(watcher.go("/supervisor/risks")).text
    assert "属实" in decent(watcher.go("/supervisor/risks?state=upheld&rule=R03")).text

    reader = Browser(world.sign_in("审计").http)
    page = decent(reader.go(flag))
    assert "依据的行（4）" in page.text
    assert not [each for each in page.tags if each[0] == "textarea"], "an auditor only reads"
    stranger = Browser(world.sign_in("外地").http)
    assert "没有找到这条风险线索" in stranger.go(flag).text
    assert "没有这样的线索" in stranger.go("/supervisor/risks?state=all").text
