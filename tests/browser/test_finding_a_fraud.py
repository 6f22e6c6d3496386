"""A supervisor comes from the dashboard to the rows of a planted fraud, counted in clicks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.looking import Person
from tests.browser.town import Clock, Town, make_app, serve
from tests.scene import JIYUAN, Scene, staff_number
from tests.town_attending import PEOPLE, class_room
from voucher.demo.house import House
from voucher.demo.province.stage import Stage
from voucher.plumbing.clock import day_of
from voucher.registry.users import CLOCK_LOGIN
from voucher.rules.actor import Role
from voucher.stages.oversee.risk.finding import find_flags
from voucher.stages.oversee.risk.raising import raise_flags

pytestmark = pytest.mark.tour
WATCHER, MOST_CLICKS = "监管员", 5
SENTENCE = "为 4 名不同的学员签到"


def served(scene: Scene) -> Town:
    """Return a scene as a town that can be served: nobody of the demonstration lives in it."""
    house = House(scene.database, scene.keyring, scene.folder / "anchors.jsonl", scene.at)
    town = Town(Stage(house, day_of(scene.at), [], iter(())), scene.folder, Clock())
    town.clock.turn_to(scene.at)
    return town


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_from_the_dashboard_to_the_rows_of_a_fraud_in_five_clicks(scene: Scene, chromium: Browser) -> None:
    room = class_room(scene)
    scene.hire(WATCHER, Role.SUPERVISOR, staff_number("31010119900203027"), region=JIYUAN)
    for person in PEOPLE:
        room.sign(person, browser="one-telephone-for-all")
    with scene.database.read() as session:
        found = find_flags(session, day_of(scene.at), scene.keyring)
    scene.do(CLOCK_LOGIN, lambda work: raise_flags(work, found))

    town = served(scene)
    with serve(town, make_app(town, demo=False)):
        town.give_password(WATCHER)
        watcher = Person(chromium, town, WATCHER)
        watcher.enter_with(town.open_session(WATCHER))
        assert watcher.go("/supervisor/dashboard") == 200
        clicks = 0
        for words in ("风险线索", "R03 一机多人签到"):
            watcher.follow(words)
            clicks += 1
        watcher.reads(SENTENCE)
        rows = watcher.page.locator("section[aria-labelledby=rows] tbody tr")
        expect(rows).to_have_count(len(PEOPLE))
        assert watcher.look() == []
        watcher.shoot("fraud-rows-1440")
        # whose rows these are: one more click opens what the person's vouchers came to
        rows.first.get_by_role("link").click()
        clicks += 1
        watcher.reads("本辖区内的券")
        assert clicks <= MOST_CLICKS
        watcher.close()
