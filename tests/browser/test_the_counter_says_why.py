"""A scan page at three widths, by gun and keyboard alone: every answer is seen, read, heard and felt.

Each one stands in the place of the one before, without anything pressed, and says what to do next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Route, ViewportSize, expect
from sqlalchemy import select

from tests import town_issue, town_train
from tests.browser.carrying import PRESS_KEYS, scan_by_gun
from tests.browser.looking import DESK, PATIENCE_MS, PHONE, Person
from tests.browser.test_finding_a_fraud import served
from tests.browser.town import Town, make_app, serve
from tests.loop.telling import person
from tests.scene import FENG_YI, LI_SI, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene, on
from tests.town_phone import phone
from voucher.ledger import holds
from voucher.registry.counter_devices import CounterDevice, strike_device
from voucher.rules.actor import Role
from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.measures.imposing import impose

pytestmark = pytest.mark.tour
SMALL: ViewportSize = {"width": 320, "height": 640}
SIZES = (PHONE, DESK, SMALL)
LAST_SCANS, GUN_MS = 20, 200
LATE, MISSED, EARLY, SLOW = (person(place) for place in range(1, 5))
# what is heard (in hertz) and felt (in milliseconds)
TONES: dict[str, tuple[list[int], list[object]]] = {
    "good": ([880], [80]),
    "warn": ([660, 660], [[120, 60, 120]]),
    "bad": ([220], [[120, 60, 120]]),
}
# what a loudspeaker and a hand would notice
LISTEN = """(() => {
  window.heard = []; window.felt = [];
  const made = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    const tone = made.call(this), begin = tone.start.bind(tone);
    tone.start = (...at) => { window.heard.push(tone.frequency.value); return begin(...at); };
    return tone;
  };
  navigator.vibrate = (beat) => { window.felt.push(beat); return true; };
})()"""
TOLD = """() => {
  const told = [window.heard, window.felt];
  window.heard = []; window.felt = [];
  return told;
}"""
ANSWER = "#scan-board [data-tone]"
YES = '<div id="scan-board"><div data-tone="good">{code}</div></div>'
# the field for the next code, with the keys in it, under the bar on top
COVERED = """() => {
  const bar = document.querySelector('header').getBoundingClientRect();
  const here = document.activeElement;
  const field = here.matches('input[data-scan]') && here.getBoundingClientRect();
  return !field || field.top < bar.bottom;
}"""
TOO_WIDE = "() => document.documentElement.scrollWidth - window.innerWidth"


@dataclass
class Counter:
    """A served institution on the first morning of its class, and whoever scans there."""

    scene: Scene
    town: Town
    person: Person
    class_id: int

    def open_page(self, class_id: int) -> None:
        """Open the scan page of a class."""
        self.person.go(f"/institution/scan?class_id={class_id}")
        self.person.reads("扫码核销")

    def now(self) -> None:
        """Let the scene live at the moment the page lives at."""
        self.scene.at = self.town.clock.now()

    def code(self, who: tuple[str, str], voucher_id: int) -> str:
        """Return the digits somebody shows now."""
        self.now()
        return town_train.show(self.scene, who, voucher_id)

    def scan(self, digits: str, name: str, tone: str, *words: str) -> Locator:
        """Scan by gun, and have the answer seen at three widths, read, heard and felt."""
        scan_by_gun(self.person, digits)
        return self.answers(name, tone, *words)

    def answers(self, name: str, tone: str, *words: str) -> Locator:
        """Expect an answer in the place of the one before."""
        page = self.person.page
        # two answers may read alike: one that was looked at is not this one
        result, every = page.locator(f"{ANSWER}:not([data-seen])"), page.locator(ANSWER)
        for each in words:
            expect(result).to_contain_text(each)
        expect(every).to_have_count(1)
        expect(result).to_have_attribute("data-tone", tone)
        expect(result.locator(".sign")).to_have_text({"good": "✓", "warn": "!", "bad": "✗"}[tone])
        # what is seen is heard as soon as it has come to rest
        page.wait_for_function("() => window.felt.length > 0")
        told = page.evaluate(TOLD)
        assert tuple(told) == TONES[tone], (name, told)
        for size in SIZES:
            page.set_viewport_size(size)
            assert page.evaluate(TOO_WIDE) <= 0, (name, size)
            expect(result).to_be_in_viewport()
            self.person.shoot(f"counter-{name}-{size['width']}")
        every.evaluate("shown => shown.setAttribute('data-seen', '')")
        return every


def fill_the_class(scene: Scene) -> tuple[dict[str, int], dict[str, int]]:
    """Have everybody hold a voucher refused in a way of its own; return the classes and the vouchers."""
    scene.at = on("2024-03-01")
    house, other = town_train.train_institution(scene), town_train.train_institution(scene, town_train.T2)
    budget = scene.open_budget(20_000)
    programme = town_issue.programme(scene, budget)
    class_id = town_train.open_class(scene, house, capacity=3)
    first = town_train.a_class(scene, class_id).starts_on
    over, soon = (
        town_train.open_class(
            scene, house, hours=8, starts_on=first + timedelta(days=days), teacher=teacher, place=place
        )
        for days, teacher, place in ((-1, "郑老师", "三号楼"), (10, "何老师", "四号楼"))
    )
    # good for the last time on the first day of the class
    short = town_issue.programme(scene, budget, name="短期券", validity_days=21)
    beside = town_train.open_class(scene, house, teacher="李老师", place="二号楼")
    there = town_train.open_class(scene, other)
    held = {
        "mine": town_train.enrolled(scene, programme, ZHANG_SAN, class_id),
        "held": town_train.enrolled(scene, programme, LI_SI, class_id),
        "late": town_train.enrolled(scene, programme, LATE, class_id),
        "beside": town_train.enrolled(scene, programme, ZHAO_LIU, beside),
        "there": town_train.enrolled(scene, programme, SUN_BA, there),
        "full": town_train.accepted(scene, programme, FENG_YI),
        "over": town_train.enrolled(scene, programme, MISSED, over),
        "soon": town_train.enrolled(scene, programme, EARLY, soon),
        "short": town_train.accepted(scene, short, SLOW),
    }
    scene.at = town_train.morning(scene, class_id)
    return {"mine": class_id, "over": over, "soon": soon}, held


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_answer_is_seen_read_heard_and_felt_at_three_widths(scene: Scene, chromium: Browser) -> None:
    opened, held = fill_the_class(scene)
    class_id = opened["mine"]
    house = town_train.a_class(scene, class_id).institution_id
    scanner = town_train.staff(scene, house, Role.SCANNER)
    telephone = phone(scene, ZHANG_SAN)
    telephone.skew = int(timedelta(hours=3).total_seconds())
    wrong_clock = telephone.show(held["mine"])
    town = served(scene)
    with serve(town, make_app(town, demo=False)):
        town.give_password(scanner)
        desk = Person(chromium, town, scanner, SMALL)
        desk.context.add_init_script(LISTEN)
        desk.enter_with(town.open_session(scanner))
        counter = Counter(scene, town, desk, class_id)
        counter.open_page(class_id)
        refuse_in_every_way(counter, held, wrong_clock)
        redeem_with_the_keyboard(counter, held["mine"])
        three_codes_are_three_answers(counter)
        none_is_lost_on_a_slow_line(counter)
        no_answer_is_passed_over(counter, held["late"])
        of_another_time(counter, opened, held)
        past_its_last_day(counter, held["short"])
        strike_the_device(counter, house, held["late"])
        stop_the_institution(counter, house, held["late"])
        desk.complaints.clear()  # of refusals a browser complains
        assert desk.look() == []
        desk.close()


def refuse_in_every_way(counter: Counter, held: dict[str, int], wrong_clock: str) -> None:
    """One reason after the other, each with its next step; the field for the next code stays in sight."""
    scan_by_gun(counter.person, "2" * 22)
    expect(counter.person.page.locator("#scan-board [data-tone]")).to_contain_text("出示码")
    assert counter.person.page.viewport_size == SMALL
    page = counter.person.page
    page.wait_for_function("() => window.felt.length > 0")
    assert not page.evaluate(COVERED)
    counter.person.page.locator(ANSWER).evaluate("shown => shown.setAttribute('data-seen', '')")
    counter.person.page.evaluate(TOLD)
    counter.scan("1" * 22, "malformed", "bad", "出示码", "请")
    counter.scan(wrong_clock, "clock", "bad", "时间相差过大", "本机构的验证码")
    stale = counter.code(ZHANG_SAN, held["mine"])
    counter.town.clock.ahead += timedelta(minutes=5)
    counter.scan(stale, "stale", "warn", "过期", "刷新")
    counter.scan(counter.code(ZHAO_LIU, held["beside"]), "other-class", "bad", "另一个班级", "请切换到该班级")
    counter.scan(counter.code(SUN_BA, held["there"]), "elsewhere", "bad", "锁定在其他机构", "到所报名的机构")
    shown, officer = counter.code(LI_SI, held["held"]), town_train.reviewer(counter.scene)
    counter.scene.do(officer, lambda work: holds.open_hold(work, Thing.VOUCHER, held["held"], "来源待查"))
    counter.scan(shown, "on-hold", "bad", "待处置", "等待处置结论")
    counter.scan(counter.code(FENG_YI, held["full"]), "full", "bad", "满", "请")


def redeem_with_the_keyboard(counter: Counter, voucher_id: int) -> None:
    """The card is asked blindly; nothing is touched but keys; the same code twice is one scan."""
    page = counter.person.page
    digits = counter.code(ZHANG_SAN, voucher_id)
    counter.scan(digits, "may", "good", "可以核销", "输入后四位")
    assert "991X" not in page.locator("#scan-board").inner_text()
    expect(page.get_by_label("证件后四位")).to_be_focused()
    page.keyboard.type("0000")
    page.keyboard.press("Enter")
    counter.answers("card", "warn", "证件后四位与持券人不符", "请核对来人的身份证原件")
    page.get_by_label("证件后四位").focus()
    page.keyboard.type("991X")
    page.keyboard.press("Enter")
    counter.answers("used", "good", "已核销", "请扫下一位")
    expect(page.locator(".counters")).to_contain_text("已核销 1")
    expect(page.locator(".counters")).to_contain_text("应到 3")
    expect(page.locator("input[data-scan]")).to_be_focused()
    again = counter.code(ZHANG_SAN, voucher_id)
    counter.scan(again, "again", "warn", "由您在本机构核销", "请查看该券的核销记录")
    scan_by_gun(counter.person, again)
    expect(page.locator(".scan-note")).to_contain_text("同一个码刚刚扫过")
    assert page.evaluate(TOLD) == [[], []], "the same code again is no second answer"


def three_codes_are_three_answers(counter: Counter) -> None:
    """A gun held to three codes one after the other is answered three times; the last twenty stay listed."""
    page, asked = counter.person.page, list[str]()
    page.on("response", lambda each: asked.append(each.url) if each.url.endswith("/checks") else None)
    for number in range(LAST_SCANS):
        keys = [f"Digit{each}" for each in f"{number + 1:022d}"] + ["Enter"]
        page.evaluate(PRESS_KEYS, keys)
        page.wait_for_timeout(GUN_MS)
    page.wait_for_timeout(GUN_MS)
    for _ in range(PATIENCE_MS // GUN_MS):
        if len(asked) == LAST_SCANS:
            break
        # what was read while a refusal was on its way waits until somebody has seen that
        if page.locator(".scan-held").count():
            page.keyboard.press("Enter")
        page.wait_for_timeout(GUN_MS)
    assert len(asked) == LAST_SCANS
    expect(page.locator("[aria-labelledby=scans] li")).to_have_count(LAST_SCANS)
    page.evaluate(TOLD)


def none_is_lost_on_a_slow_line(counter: Counter) -> None:
    """Scanned while the answer to the one before is on its way: each code is sent as it was read, in turn.

    Green answers that ask for nothing hold nobody up.
    """
    page, held = counter.person.page, list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/checks", hold)
    codes = [f"{number:022d}" for number in (51, 52, 53)]
    for each in codes:
        page.evaluate(PRESS_KEYS, [f"Digit{digit}" for digit in each] + ["Enter"])
        page.wait_for_timeout(GUN_MS)
    for each in codes:
        for _ in range(PATIENCE_MS // GUN_MS):
            if held:
                break
            page.wait_for_timeout(GUN_MS)
        (sent,) = held
        assert each in (sent.request.post_data or "")
        held.clear()
        sent.fulfill(body=YES.format(code=each), content_type="text/html")
        expect(page.locator("#scan-board [data-tone=good]")).to_have_text(each)
    page.unroute("**/checks")
    expect(page.locator(".scan-held")).to_have_count(0)
    expect(page.locator("input[data-scan]")).to_have_value("")
    expect(page.locator(".htmx-request")).to_have_count(0)
    page.evaluate(TOLD)


def no_answer_is_passed_over(counter: Counter, voucher_id: int) -> None:
    """A refusal, or a card that is to be looked at, stands until somebody goes on to the next code."""
    page, asked = counter.person.page, list[Route]()

    def hold(route: Route) -> None:
        asked.append(route)

    def answered(place: int) -> None:
        for _ in range(PATIENCE_MS // GUN_MS):
            if len(asked) > place:
                break
            page.wait_for_timeout(GUN_MS)
        asked[place].continue_()
        expect(page.locator(".htmx-request")).to_have_count(0)

    page.route("**/checks", hold)
    codes = [f"{61:022d}", counter.code(LATE, voucher_id), f"{62:022d}"]
    for each in codes:
        scan_by_gun(counter.person, each)
        page.wait_for_timeout(GUN_MS)
    answered(0)
    result, told = page.locator("#scan-board [data-tone]"), page.locator(".scan-held")
    expect(told).to_contain_text("还有 2 个码待核对")
    expect(result).to_have_attribute("data-tone", "bad")
    counter.person.shoot("counter-held")
    assert len(asked) == 1, "the refusal is not replaced by the next answer"
    page.keyboard.press("Enter")
    answered(1)
    expect(told).to_contain_text("还有 1 个码待核对")
    expect(page.get_by_label("证件后四位")).to_be_visible()
    assert len(asked) == 2, "nobody's card form is taken from under the hand"
    told.get_by_role("button").click()
    answered(2)
    expect(told).to_have_count(0)
    expect(result).to_have_attribute("data-tone", "bad")
    page.unroute("**/checks")
    page.evaluate(TOLD)


def of_another_time(counter: Counter, opened: dict[str, int], held: dict[str, int]) -> None:
    """A class that is over, one that has not begun, and a voucher that is not locked to any yet."""
    counter.open_page(opened["over"])
    counter.person.reads("今天不能核销")
    counter.scan(counter.code(MISSED, held["over"]), "over", "bad", "已于 2024-03-21 结束", "选择其他班级")
    counter.open_page(opened["soon"])
    counter.scan(counter.code(EARLY, held["soon"]), "soon", "bad", "2024-04-01 开班，尚未开始", "开班当日起")
    counter.scan(
        counter.code(FENG_YI, held["full"]), "not-enrolled", "warn", "还没报名", "本人同意的，可以代报名"
    )
    expect(counter.person.page.get_by_role("button", name="本人同意，代报名")).to_be_visible()


def past_its_last_day(counter: Counter, voucher_id: int) -> None:
    """Shown a moment before midnight and scanned a moment after it."""
    midnight = on("2024-03-23", 0)
    counter.town.clock.turn_to(midnight - timedelta(seconds=20))
    shown = counter.code(SLOW, voucher_id)
    counter.town.clock.turn_to(midnight + timedelta(seconds=5))
    counter.person.enter_with(counter.town.open_session(counter.person.login))
    counter.open_page(counter.class_id)
    counter.scan(shown, "expired", "bad", "已过核销截止日（2024-03-22）", "重新领取新的培训券")


def strike_the_device(counter: Counter, house: int, voucher_id: int) -> None:
    """Struck off by the administrator while its page is open: nothing is scanned there any more."""
    page, head = counter.person.page, town_train.staff(counter.scene, house, Role.INSTITUTION_ADMIN)
    page.get_by_text("本机还没有登记：给本机起名").click()
    page.get_by_label("本机名称").fill("前台一号机")
    counter.person.press("给本机起名")
    counter.person.reads("本机已登记为“前台一号机”")
    with counter.scene.database.read() as session:
        device_id = session.scalars(select(CounterDevice.id)).one()
    counter.open_page(counter.class_id)
    counter.now()
    counter.scene.do(head, lambda work: strike_device(work, device_id))
    shown = counter.code(LATE, voucher_id)
    counter.scan(shown, "struck", "bad", "已被本机构停用，不能核销", "停错了的，在扫码页下方重新登记本机")
    # another name makes it another device
    counter.open_page(counter.class_id)
    page.get_by_text("本机“前台一号机”已停用，不能核销").wait_for()
    page.get_by_label("本机名称").fill("前台二号机")
    counter.person.press("重新登记本机")
    counter.person.reads("本机已登记为“前台二号机”")
    counter.open_page(counter.class_id)
    counter.scan(counter.code(LATE, voucher_id), "other-device", "good", "可以核销", "输入后四位")


def stop_the_institution(counter: Counter, house: int, voucher_id: int) -> None:
    """Suspended while the page is open: the next scan says so."""
    officer = town_train.reviewer(counter.scene)
    shown = counter.code(LATE, voucher_id)
    counter.scene.do(officer, lambda work: impose(work, house, "suspend", "消防不合格"))
    counter.scan(shown, "suspended", "bad", "停业整顿", "请等待人社部门处置")
