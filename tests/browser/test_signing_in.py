"""A classroom: its screen shows the class code, a telephone of the class signs in and out by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import learning
from tests.browser.carrying import Carried, carry
from tests.browser.learning import DAYS
from tests.browser.looking import Person
from tests.browser.loop_town import WORKER
from voucher.rules.positions import Position
from voucher.stages.train import placing

pytestmark = pytest.mark.tour


def digits_on(screen: Person) -> str:
    """Return the eight digits on the screen of the room."""
    shown = screen.page.locator("[data-digits]")
    expect(shown).to_be_visible()
    return shown.inner_text().replace(" ", "")


def sign(carried: Carried, screen: Person, link: str) -> None:
    """Type what stands on the screen into the telephone."""
    phone = carried.phone
    phone.go("/my")
    phone.follow(link)
    field = phone.page.get_by_label("或输入屏幕上的 8 位数字")
    expect(field).to_be_visible()
    field.fill("00000001")
    phone.page.locator("class-sign form button").click()
    expect(phone.page.locator("[data-refused]")).to_contain_text("班级码不对或已经换新")
    phone.complaints = [each for each in phone.complaints if "409" not in each]
    carried.loop.is_fine(WORKER)
    field.fill(digits_on(screen))
    phone.page.locator("class-sign form button").click()
    expect(phone.page.locator("[data-signed]")).to_be_visible()
    carried.loop.is_fine(WORKER)


def test_a_telephone_signs_in_by_the_screen_of_the_room(
    tmp_path: Path, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with carry(tmp_path, chromium) as carried:
        loop = carried.loop
        learning.open_the_class(loop)
        learning.take_a_voucher(loop)
        learning.redeem_at_the_counter(loop)
        teacher = loop.at("teacher")
        teacher.go("/institution/classes")
        teacher.follow(learning.CLASS)
        teacher.follow("签到")
        loop.is_fine("teacher")
        teacher.shoot("marks-1440")
        teacher.follow("投影班级码")
        loop.is_fine("teacher")
        teacher.shoot("class-code-1440")
        first = digits_on(teacher)
        expect(teacher.page.locator("[data-digits]")).not_to_have_text(
            f"{first[:4]} {first[4:]}", timeout=40_000
        )
        sign(carried, teacher, "签到")
        done = carried.phone.page.locator("[data-signed]")
        expect(done).to_have_class("scan-result good")
        expect(done.locator(".sign")).to_have_text("✓")
        carried.phone.shoot("signed-360")
        screen = teacher.page.url
        loop.turn_to(DAYS[0], 17)
        teacher = loop.at("teacher")
        teacher.go(screen)
        loop.is_fine("teacher")
        # from here on the policy asks how far away a mark is made; who declines signs out all the same
        monkeypatch.setattr(placing, "read_flag", lambda *_: True)
        monkeypatch.setattr(placing, "find_room_position", lambda *_: Position(35_067_300, 112_602_300))
        sign(carried, teacher, "签到")
        expect(carried.phone.page.locator("[data-signed-note]")).to_have_text(
            "待核：没有提供位置，核实后计学时"
        )
        # amber, its own sign and word: it is not done before somebody has looked
        done = carried.phone.page.locator("[data-signed]")
        expect(done).to_have_class("scan-result warn")
        expect(done.locator(".sign")).to_have_text("!")
        expect(done.locator(".word")).to_have_text("已签退，待核")
        carried.phone.shoot("signed-out-silent-360")
        teacher.context.grant_permissions(["geolocation"])
        teacher.context.set_geolocation({"latitude": 35.0679, "longitude": 112.6023, "accuracy": 20})
        teacher.follow("看谁签到了")
        teacher.reads("没有同意提供位置")
        expect(teacher.page.locator("place-field [data-note]")).to_have_text("已取得位置")
        expect(teacher.page.locator("input[name=where]").first).to_have_value("35067900,112602300,20")
        teacher.reads("签退")
        teacher.shoot("marks-done-1440")
