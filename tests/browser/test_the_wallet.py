"""A telephone with a key of its own: without network, filmed by the counter, green by itself, never twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import learning
from tests.browser.carrying import CODE, Carried, carry, fill_in_card, next_code, read_code, scan_by_gun
from tests.browser.learning import DAYS
from tests.browser.looking import HERE, PHONE
from tests.browser.loop_town import WORKER
from voucher.demo.province.cast import MAIN_WORKER

pytestmark = pytest.mark.tour
VOUCHER = "/my/vouchers/1"
FIRST_VIEW_BYTES = 60_000
ASK_KEPT = """() => new Promise((resolve) => {
  const asked = indexedDB.open('voucher-wallet');
  asked.onsuccess = async () => {
    const count = (name) => new Promise((told) => {
      const found = asked.result.transaction(name).objectStore(name).count();
      found.onsuccess = () => told(found.result);
    });
    resolve({
      vouchers: await count('vouchers'), notes: await count('notes'), devices: await count('devices'),
      own: await caches.has('own'),
    });
  };
})"""


def take_one(carried: Carried) -> None:
    """Bring the worker's telephone to a voucher that is locked to a class beginning today."""
    loop = carried.loop
    learning.open_the_class(loop)
    learning.take_a_voucher(loop)
    loop.turn_to(DAYS[0], 8)
    loop.at(WORKER)


def test_shown_without_network_filmed_and_green_by_itself(tmp_path: Path, chromium: Browser) -> None:
    with carry(tmp_path, chromium) as carried:
        take_one(carried)
        phone, counter = carried.phone, carried.loop.at("scanner")
        first = carried.show(phone)
        assert (len(first), first[:2]) == (213, "71")
        carried.loop.is_fine(WORKER)
        phone.shoot("wallet-code-360")

        carried.line.cut()
        phone.page.reload()
        second = read_code(phone)
        assert second != first
        expect(phone.page.locator("[data-offline]")).to_be_visible()
        phone.shoot("wallet-code-offline-360")
        third = next_code(phone, second)

        counter.go("/institution/scan")
        carried.film_phone(phone)
        counter.press("打开摄像头扫码")
        counter.reads("可以核销")
        counter.shoot("scan-camera-1440")
        fill_in_card(counter, MAIN_WORKER.number[-4:])
        expect(counter.page.locator("#scan-board [data-tone=good]")).to_contain_text("已核销")

        assert third
        carried.line.mend()
        expect(phone.page.locator("[data-redeemed]")).to_be_visible(timeout=30_000)
        expect(phone.page.locator("[data-redeemed-by]")).to_have_text("示例济源新希望职业培训学校")
        phone.shoot("wallet-green-360")
        phone.complaints.clear()  # of the line that was cut
        assert weigh_first_view(carried, chromium) <= FIRST_VIEW_BYTES
        lose_and_open_again(carried)
        sign_out_and_find_nothing(carried)


def weigh_first_view(carried: Carried, chromium: Browser) -> int:
    """Return the bytes that come down the line when a telephone that never was here opens its first page."""
    context = chromium.new_context(
        base_url=carried.line.address,
        viewport=PHONE,
        **HERE,
    )
    context.add_cookies(
        [{"name": "voucher", "value": carried.loop.town.open_session(WORKER), "url": carried.line.address}]
    )
    before = carried.line.weighed
    page = context.new_page()
    page.goto("/my")
    # what is kept for the time without network weighs as well
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_load_state("networkidle")
    context.close()
    return carried.line.weighed - before


def lose_and_open_again(carried: Carried) -> None:
    """The holder reports this telephone as lost, finds it again, and opens it with a new key."""
    phone = carried.phone
    phone.go("/my/phones")
    phone.reads("您正在用的就是已开通的手机")
    carried.loop.is_fine(WORKER)
    phone.shoot("phones-360")
    phone.press("手机丢了，挂失")
    phone.reads("那台手机上的二维码全部作废")
    carried.loop.is_fine(WORKER)
    phone.press("确定挂失")
    phone.reads("已挂失")
    phone.press("在这台手机上开通")
    phone.reads("您正在用的就是已开通的手机")
    assert phone.page.locator("[data-device]").count() == 2


def sign_out_and_find_nothing(carried: Carried) -> None:
    """Signed out and without network, the telephone knows no page of anybody any more, and no voucher."""
    phone = carried.phone
    phone.press("退出", phone.page.locator("header"))
    phone.page.wait_for_url("**/login**")
    kept = phone.page.evaluate(ASK_KEPT)
    assert kept == {"vouchers": 0, "notes": 0, "devices": 1, "own": False}, "the key stays, for its counter"
    carried.line.cut()
    phone.page.goto("/my")
    phone.reads("现在没有网络")
    phone.complaints.clear()
    carried.loop.is_fine(WORKER)
    phone.shoot("no-network-360")


def test_a_copied_profile_is_refused_and_its_holder_told_what_to_do(
    tmp_path: Path, chromium: Browser
) -> None:
    with carry(tmp_path, chromium) as carried:
        loop = carried.loop
        learning.open_the_class(loop)
        learning.accept_one(loop)
        counter = loop.at("scanner")
        carried.show(carried.phone)
        carried.copy_profile("copy")
        phone = carried.phone
        counter.go("/institution/scan?class_id=1")
        shown = next_code(phone, carried.show(phone))
        scan_by_gun(counter, shown)
        counter.reads("还没报名")
        counter.press("本人同意，代报名")
        counter.reads("已代报名")
        # the telephone hears of it and fetches the credential of the class by itself
        next_code(phone, next_code(phone, shown))

        loop.turn_to(DAYS[0], 8)
        thief = carried.open_phone("copy")
        loop.signed_in |= {WORKER}
        thief.sign_in()
        counter = loop.at("scanner")
        counter.go("/institution/scan")
        stolen = carried.show(thief)
        scan_by_gun(counter, stolen)
        expect(counter.page.locator("#scan-board [data-tone=bad]")).to_be_visible()
        counter.shoot("scan-copied-1440")
        thief.close()

        phone.sign_in()
        phone.page.goto(f"{VOUCHER}/code")
        phone.reads("这台手机的出示密钥停用了")
        phone.complaints = [each for each in phone.complaints if "409" not in each and "401" not in each]
        loop.is_fine(WORKER)
        phone.shoot("wallet-frozen-360")
        phone.press("在这台手机上重新开通")
        read_code(phone)
        counter.go("/institution/scan")
        scan_by_gun(counter, stolen)
        expect(counter.page.locator("#scan-board [data-tone=bad]")).to_be_visible()
        scan_by_gun(counter, read_code(phone))
        counter.reads("可以核销")
        counter.complaints.clear()  # of the refusals it was to hear
        show_large_and_answer_a_challenge(carried)
        fill_in_card(counter, MAIN_WORKER.number[-4:])
        expect(phone.page.locator("[data-redeemed]")).to_be_visible()


def show_large_and_answer_a_challenge(carried: Carried) -> None:
    """A place without network asks for the whole credential; a phone whose clock is wrong answers digits."""
    phone, counter = carried.phone, carried.loop.people["scanner"]
    plain = read_code(phone)
    phone.press("机构没有网络")
    whole = next_code(phone, plain)
    assert len(whole) > 2 * len(plain)
    phone.shoot("wallet-f-360")
    phone.enlarge(large=True)
    carried.loop.is_fine(WORKER)
    phone.shoot("wallet-f-360-large")
    phone.enlarge(large=False)
    counter.page.get_by_text("学员手机时间不准").click()
    counter.press("出示机构验证码")
    counter.reads("只能用一次")
    carried.loop.is_fine("scanner")
    counter.shoot("challenge-1440")
    asked = counter.page.locator(".challenge .digits").inner_text()
    phone.page.get_by_text("还是扫不出").click()
    phone.page.locator("#f-challenge").fill(asked)
    phone.press("按机构验证码出示")
    expect(phone.page.locator(CODE)).not_to_have_attribute("data-challenge", "0")
    answered = read_code(phone)
    carried.loop.is_fine(WORKER)
    phone.shoot("wallet-challenge-360")
    counter.follow("回到扫码页")
    scan_by_gun(counter, answered)
    counter.reads("可以核销")
