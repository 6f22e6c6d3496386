"""The counter without network: registered, kept over a reload, sent by itself, the same however often."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from tests.browser import learning
from tests.browser.carrying import PRESS_KEYS, scan_by_gun
from tests.browser.learning import DAYS
from tests.browser.line import Line, lay_line
from tests.browser.looking import DESK, HERE, PHONE, Person
from tests.browser.loop_town import WORKER, Loop, open_loop
from tests.town_phone import Screen
from voucher.demo.province.cast import MAIN_WORKER
from voucher.ledger.credentials.beacons import beacon_of, slot_of
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.rules.code_format import Kind
from voucher.stages.issue.devices import NewDevice, bind_device
from voucher.stages.issue.signing import fetch_credentials
from voucher.stages.oversee.invariants import find_violations

pytestmark = pytest.mark.tour
SCAN = "/institution/scan?class_id=1"
SCANS = "/api/v1/offline-scans"
PACK = "**/offline-pack"
LAST4 = MAIN_WORKER.number[-4:]
RIBBON = "网络断开，已转为离线登记，待联网确认"
WAIT_FOR_SHELL = """async () => {
  await navigator.serviceWorker.ready;
  for (let tries = 0; tries < 100 && !navigator.serviceWorker.controller; tries++) {
    await new Promise((again) => setTimeout(again, 100));
  }
}"""
# what the browser's own tools find: nothing that can be read, and a key that cannot be taken out
ASK_DISK = """() => new Promise((resolve) => {
  const asked = indexedDB.open('voucher-counter');
  asked.onsuccess = () => {
    const all = (name) => new Promise((told) => {
      const found = asked.result.transaction(name).objectStore(name).getAll();
      found.onsuccess = () => told(found.result);
    });
    Promise.all(['keys', 'packs', 'scans'].map(all)).then(([keys, packs, scans]) => resolve({
      extractable: keys.map((each) => each.key.extractable),
      packs: packs.length,
      scans: scans.length,
      plain: JSON.stringify([packs, scans]) + new TextDecoder().decode(
        new Uint8Array([...packs, ...scans].flatMap((each) => [...new Uint8Array(each.sealed.bytes)]))),
    }));
  };
})"""
AGAIN = """async (body) => {
  const token = document.querySelector('input[name="csrf_token"]').value;
  const answer = await fetch('/api/v1/offline-scans', {
    method: 'POST',
    body,
    headers: {
      'Content-Type': 'application/json',
      'Idempotency-Key': crypto.randomUUID(),
      'X-CSRFToken': token,
    },
  });
  return [answer.status, await answer.text()];
}"""


@dataclass
class World:
    """Where the phones of this story live: the town's moment and keys."""

    at: datetime
    keyring: Keyring


@dataclass
class Counter:
    """The counter at its line, the worker's phone, and what was sent when the network was back."""

    loop: Loop
    line: Line
    person: Person
    phone: Screen
    sent: list[str] = field(default_factory=list)

    @property
    def waiting(self) -> Locator:
        """Return the scans that wait on the page."""
        return self.person.page.locator("[data-scan-state=waiting]")

    def shown(self, kind: Kind = Kind.F, phone: Screen | None = None) -> str:
        """Return the digits a phone shows now."""
        screen = phone or self.phone
        screen.world.at = self.loop.town.clock.now()
        return screen.show(1, kind)

    def scan(self, digits: str) -> Locator:
        """Scan digits with a gun, and return the result."""
        scan_by_gun(self.person, digits)
        return self.person.page.locator("#scan-board [data-tone]")

    def fill_in(self, last4: str) -> Locator:
        """Type the last four of the card, without a mouse, and return the result."""
        self.person.page.get_by_label("证件后四位").fill(last4)
        self.person.page.keyboard.press("Enter")
        return self.person.page.locator("#scan-board [data-tone]")

    def disk(self) -> dict[str, Any]:
        """Return what lies on the disk of this browser."""
        told: dict[str, Any] = self.person.page.evaluate(ASK_DISK)
        return told

    def looks_well(self, name: str) -> None:
        """Look at the page in both sizes; of the line that was cut the browser may complain."""
        for size in (PHONE, DESK):
            self.person.page.set_viewport_size(size)
            self.person.complaints.clear()
            # a probe that is not answered may come in while one looks
            found = [each for each in self.person.look() if "net::ERR_" not in each]
            assert found == []
            self.person.shoot(f"{name}-{size['width']}")


def open_phone(loop: Loop) -> Screen:
    """Return the worker's phone, bound, holding the voucher locked to the class."""
    phone = Screen(World(loop.town.clock.now(), loop.town.stage.house.keyring))
    with loop.town.database.read() as session:
        person_id = session.get_one(Voucher, 1).holder_person_id
    assert person_id is not None

    def bind(work: Work) -> int:
        proof = phone.prove(beacon_of(phone.world.keyring, slot_of(work.at)), person_id)
        return bind_device(work, NewDevice(phone.public, proof, "我的手机", True)).id

    phone.device_id = loop.town.do(WORKER, bind)
    held = loop.town.do(WORKER, lambda work: fetch_credentials(work, phone.device_id))
    phone.held = {each.credential.voucher_id: each.content for each in held}
    return phone


def give_without_phones(route: Route) -> None:
    """Hand over the list of a class as if nobody on it had a phone of their own."""
    answer = route.fetch()
    pack = answer.json()
    pack["roster"] = [{**each, "vid": None} for each in pack["roster"]]
    route.fulfill(response=answer, json=pack)


@contextmanager
def open_counter(folder: Path, browser: Browser) -> Iterator[Counter]:
    """Yield a counter on a line of its own, its page opened once, on the first day of a class of one."""
    with open_loop(folder, browser) as loop, lay_line(loop.town.address) as line:
        learning.open_the_class(loop)
        learning.take_a_voucher(loop)
        loop.turn_to(DAYS[0], 8)
        context = browser.new_context(base_url=line.address, viewport=DESK, **HERE)
        loop.people["scanner"] = Person(browser, loop.town, "scanner", DESK, context)
        person = loop.at("scanner")
        person.page.route(PACK, give_without_phones)
        person.go(SCAN)
        person.reads("名册 1 人都没有绑定手机，断网时不能登记")
        person.page.unroute(PACK)
        counter = Counter(loop, line, person, open_phone(loop))
        counter.person.page.on(
            "request",
            lambda asked: counter.sent.append(asked.post_data or "") if asked.url.endswith(SCANS) else None,
        )
        counter.person.go(SCAN)
        counter.person.reads("离线名单已备好：名册 1 人，其中 1 人的手机可离线核验")
        counter.person.page.evaluate(WAIT_FOR_SHELL)
        assert counter.person.look() == []
        yield counter


def test_registered_without_network_and_sent_when_it_is_back(tmp_path: Path, chromium: Browser) -> None:
    with open_counter(tmp_path, chromium) as counter:
        register(counter)
        come_back_to_it(counter)
        counter.person.page.route(f"**{SCANS}", lambda route: route.abort())
        counter.line.mend()
        leave_while_one_waits(counter)
        another_account_sees_nothing(counter, chromium)
        counter.person.page.unroute(f"**{SCANS}")
        send(counter)
        leave_and_find_nothing(counter)


def register(counter: Counter) -> None:
    """Checked with a network, redeemed without: the code is not lost, and nothing is ever green."""
    page = counter.person.page
    first = counter.shown()
    expect(counter.scan(first)).to_contain_text("可以核销")
    counter.line.cut()
    expect(counter.fill_in("0000")).to_contain_text("证件后四位与持券人不符")
    expect(page.get_by_text(RIBBON)).to_be_visible()
    expect(counter.scan(counter.shown(Kind.S))).to_contain_text("没有网络时不能用这种码")
    result, held = page.locator("#scan-board [data-tone]"), page.locator(".scan-held")
    scan_at_once(counter, first, counter.shown(Kind.S), "1" * 22)
    expect(result).to_contain_text("可以离线登记")
    expect(held).to_contain_text("还有 2 个码待核对")
    assert MAIN_WORKER.name not in page.locator("body").inner_text()
    counter.looks_well("scan-offline-asked")
    expect(counter.fill_in(LAST4).locator(".word")).to_have_text("离线登记")
    assert page.locator("#scan-board [data-tone=good]").count() == 0
    expect(counter.waiting).to_have_count(1)
    expect(held).to_contain_text("还有 2 个码待核对")
    counter.looks_well("scan-offline-registered")
    # each of the others has its answer too, and it stands until somebody has seen it
    page.keyboard.press("Enter")
    expect(result).to_contain_text("没有网络时不能用这种码")
    expect(held).to_contain_text("还有 1 个码待核对")
    held.get_by_role("button").click()
    expect(result).to_contain_text("这不是有效的出示码")
    expect(held).to_have_count(0)


def scan_at_once(counter: Counter, *codes: str) -> None:
    """Hold a gun to several codes before the first of them has its answer."""
    keys = [key for code in codes for key in (*(f"Digit{digit}" for digit in code), "Enter")]
    counter.person.page.evaluate(PRESS_KEYS, keys)


def come_back_to_it(counter: Counter) -> None:
    """The page comes up without network, sealed as it is; a foreign code is red, the same person known."""
    person = counter.person
    person.page.goto(SCAN)
    person.reads("扫码核销（离线）")
    expect(counter.waiting).to_have_count(1)
    expect(person.page.locator("[data-class-name]")).to_have_text(learning.CLASS)
    counter.looks_well("scan-offline-page")
    found = counter.disk()
    assert (found["extractable"], found["packs"], found["scans"]) == ([False], 1, 1)
    words = ("masked_name", "maskedName", "voucher_number", "beacon_keys", "digits")
    assert [each for each in words if each in found["plain"]] == []
    stranger = Screen(World(counter.loop.town.clock.now(), counter.phone.world.keyring))
    stranger.held = dict(counter.phone.held)
    forged = counter.scan(counter.shown(phone=stranger))
    expect(forged).to_contain_text("这个码不是持券人本人的手机出示的")
    expect(forged).to_have_attribute("data-tone", "bad")
    expect(counter.scan(counter.shown())).to_contain_text("已离线登记")
    expect(counter.waiting).to_have_count(1)


def press_out(counter: Counter) -> None:
    """Press the button that ends the session."""
    counter.person.page.locator("header").get_by_role("button", name="退出").click()


def leave_while_one_waits(counter: Counter) -> None:
    """Who signs out is told of the scan that waits; it stays, sealed, and the list is gone."""
    page = counter.person.page
    page.get_by_role("heading", name="扫码核销", exact=True).wait_for()
    page.locator("header details summary").last.click()
    press_out(counter)
    counter.person.reads("还有 1 人的离线登记没有上传")
    counter.person.shoot("scan-offline-leaving-1440")
    press_out(counter)
    page.wait_for_url("**/login**")
    found = counter.disk()
    assert (found["extractable"], found["packs"], found["scans"]) == ([False], 0, 1)


def another_account_sees_nothing(counter: Counter, browser: Browser) -> None:
    """A colleague at the same browser has a list of their own and no scan of anybody else's."""
    other = Person(browser, counter.loop.town, "institution", DESK, counter.person.context)
    other.enter_with(counter.loop.town.open_session("institution"))
    other.go(SCAN)
    other.reads("离线名单已备好：名册 1 人，其中 1 人的手机可离线核验")
    expect(other.page.locator("[data-scan-state]")).to_have_count(0)
    found = other.page.evaluate(ASK_DISK)
    assert (found["packs"], found["scans"]) == (1, 1)
    other.page.close()


def send(counter: Counter) -> None:
    """What waited is sent without anybody doing anything; sent again it changes nothing."""
    person, town = counter.person, counter.loop.town
    person.enter_with(town.open_session("scanner"))
    person.go(SCAN)
    expect(person.page.locator("[data-scan-state=confirmed]")).to_have_count(1)
    person.reads("已上传 1 人的离线登记")
    counter.looks_well("scan-offline-confirmed")
    scans = [each for body in counter.sent for each in json.loads(body)["scans"]]
    assert len({each["client_id"] for each in scans}) == 1, "one scan, however often it was sent"
    status, first = person.page.evaluate(AGAIN, counter.sent[0])
    assert (status, json.loads(first)["items"][0]["outcome"]) == (200, "confirmed")
    assert person.page.evaluate(AGAIN, counter.sent[0]) == [200, first]
    person.go("/institution/classes/1")
    person.reads("已核销")
    with town.database.read() as session:
        assert session.get_one(Voucher, 1).state == "training"
        assert find_violations(session) == []


def leave_and_find_nothing(counter: Counter) -> None:
    """Signed out, no list and no key of anybody is left."""
    counter.person.page.locator("header details summary").last.click()
    press_out(counter)
    counter.person.page.wait_for_url("**/login**")
    found = counter.disk()
    assert (found["extractable"], found["packs"], found["scans"]) == ([], 0, 0)
