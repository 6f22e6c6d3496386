"""The first half of the loop at the pages: a class, a voucher, the counter, attendance, sign-off."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.loop_town import WORKER, Loop
from voucher.demo.province.cast import MAIN_WORKER

CLASS = "养老护理员五级第 1 期"
DAYS = ("2024-03-25", "2024-03-26", "2024-03-27", "2024-03-28", "2024-03-29")
PROGRAMME = "职业技能提升面值通用券"


def open_the_class(loop: Loop) -> None:
    """The institution plans a class and files it; the office lets it open."""
    desk = loop.at("institution")
    desk.go("/institution/classes")
    desk.follow("新建开班申请")
    desk.fill(
        name=CLASS,
        trade="养老护理员",
        level="2",
        certificate_kind="skill_level",
        training_kind="project_based",
        capacity="30",
        fee="1200",
        place="示例路 1 号 201 教室",
        teacher="李老师",
        syllabus="职业道德 4 学时，照护 36 学时，结业考核",
    )
    page = desk.page
    while page.locator("[name=session_day]").count() < len(DAYS):
        desk.press("再加一课次")
    for place, day in enumerate(DAYS):
        for name, value in (
            ("day", day),
            ("from", "08:30"),
            ("until", "17:30"),
            ("hours", "8"),
            ("topic", f"照护 第 {place + 1} 天"),
        ):
            page.locator(f"[name=session_{name}]").nth(place).fill(value)
    loop.is_fine("institution")
    desk.press("保存草稿")
    desk.reads("已保存草稿")
    page.get_by_label("告知承诺").check()
    desk.press("提交，等待审核")
    desk.reads("等人社部门审核")

    office = loop.at("first-review")
    office.go("/desk")
    office.reads("开班待审核")
    office.go("/office/classes")
    office.follow(CLASS)
    office.follow("准予开班")
    loop.is_fine("first-review")
    office.press("确认准予开班")
    office.reads("已准予开班")


def take_a_voucher(loop: Loop) -> None:
    """The worker takes a voucher by telephone and chooses the class."""
    accept_one(loop)
    choose_the_class(loop)


def choose_the_class(loop: Loop) -> None:
    """The worker chooses the class for the voucher, after a second look at what that means."""
    worker = loop.at(WORKER)
    worker.go("/my")
    worker.reads("请选择班级报名")
    worker.follow("选择班级")
    worker.reads("自己付 0.00 元")
    loop.is_fine(WORKER)
    worker.press("报这个班")
    worker.reads("报名后这张券只能用在这个班")
    worker.press("确认报名")
    worker.reads("报名成功")
    expect(worker.page.get_by_text("面值 1,200.00").first).to_be_visible()
    loop.is_fine(WORKER)


def accept_one(loop: Loop) -> None:
    """The worker takes a voucher by telephone."""
    worker = loop.at(WORKER)
    worker.reads(f"您好，{MAIN_WORKER.name}")
    worker.follow("去领券")
    worker.reads("领券中心")
    loop.is_fine(WORKER)
    offer = worker.page.locator("section.offer").filter(has_text=PROGRAMME)
    offer.get_by_role("checkbox").check()
    worker.press("领取", offer)
    worker.reads("领取成功")


def redeem_at_the_counter(loop: Loop) -> None:
    """The worker shows the code, the counter scans it, asks for the card, and the telephone turns green."""
    loop.turn_to(DAYS[0], 8)
    worker, counter = loop.at(WORKER), loop.at("scanner")
    counter.go("/institution/scan")
    worker.go("/my")
    worker.follow("出示二维码")
    # the telephone has a key of its own and shows a code it signed; digits to read aloud are there as well
    expect(worker.page.locator("[data-picture][data-code]")).to_be_visible()
    worker.page.get_by_text("还是扫不出").click()
    worker.press("改用数字码")
    shown = worker.page.locator(".code-digits")
    digits = re.sub(r"\D", "", shown.inner_text())
    assert len(digits) == 22
    assert digits.startswith("72")
    loop.is_fine(WORKER)
    # a gun types as fast as it can and ends with Enter
    counter.page.keyboard.type(digits)
    counter.page.keyboard.press("Enter")
    counter.reads("可以核销")
    board = counter.page.locator("#scan-board")
    assert MAIN_WORKER.name not in board.inner_text()
    assert MAIN_WORKER.number[-4:] not in board.inner_text(), "the card is asked blindly"
    counter.page.get_by_label("证件后四位").fill("0000")
    counter.press("核销", board)
    counter.reads("证件后四位与持券人不符")
    counter.page.get_by_label("证件后四位").fill(MAIN_WORKER.number[-4:])
    counter.press("核销", board)
    expect(board.locator("[data-tone=good]")).to_contain_text("已核销")
    counter.complaints = [each for each in counter.complaints if "403" not in each]
    loop.is_fine("scanner")
    expect(worker.page.locator("[data-redeemed]")).to_be_visible()
    expect(worker.page.locator("[data-redeemed-by]")).to_have_text("示例济源新希望职业培训学校")
    loop.is_fine(WORKER)
    worker.follow("查看这张券")
    worker.reads("我的班级")


def attend_and_sign_off(loop: Loop) -> None:
    """The institution records five days of attendance and signs the class off; the worker reads it."""
    loop.turn_to(DAYS[-1], 18)
    teacher = loop.at("teacher")
    teacher.go("/institution/classes")
    teacher.follow(CLASS)
    for _ in DAYS:
        teacher.follow("登记到课")
        teacher.page.get_by_label("实到学时").first.fill("8")
        teacher.press("保存 1 人的到课")
        teacher.reads("已登记 1 人到课")
        loop.is_fine("teacher")
        teacher.follow(CLASS)
    desk = loop.at("institution")
    desk.reads("待结业签字")
    desk.go("/institution/classes")
    desk.follow(CLASS)
    desk.follow("结业签字")
    desk.page.get_by_label("结业考核成绩").fill("86.5")
    desk.press("核对结果")
    desk.reads("请最后看一遍")
    loop.is_fine("institution")
    desk.press("签字")
    desk.reads("已结业签字：合格 1 人")

    worker = loop.at(WORKER)
    worker.go("/my/classes")
    worker.reads("已上 40 / 共 40 学时")
    loop.is_fine(WORKER)
