"""Three people sign in on one phone: pending for whoever looks, one case, and the office's word counts."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest

from tests import town_issue, town_train
from tests.doors.web.browser import Browser
from tests.doors.world import Client, World, refused_with
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene
from tests.town_attending import class_room
from tests.town_phone import Person
from voucher.rules.actor import Role
from voucher.stages.train.queries import hours_of

ONE_FOR_ALL, OWN = "5f0c6f0e6d0a4a539d0b7f8e1c1d2a3b", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


class Shown:
    """A class whose people sign in over the API, and the browsers of everybody who looks at it."""

    def __init__(self, scene: Scene, world: World) -> None:
        self.scene, self.world, self.room = scene, world, class_room(scene)
        self.teacher, self.office = self.room.staff(Role.TEACHER), town_train.reviewer(scene)
        self.workers = {each: town_issue.worker(scene, each) for each in self.room.vouchers}
        self.clients: dict[str, Client] = {}
        self.world.at = self.room.held.starts_at.astimezone(UTC) - timedelta(minutes=10)
        for login in (self.teacher, self.office, *self.workers.values()):
            world.enable(login)
            self.clients[login] = world.sign_in(login)

    def sign(self, person: Person, direction: str, browser: str) -> Any:
        """Return the API's answer to somebody who signs in or out with the own key on some browser."""
        self.scene.at = self.world.at
        wish = self.room.wish(person, direction)
        body = {
            "session_id": self.room.held.id,
            "direction": direction,
            "digits": wish.digits,
            "browser": browser,
        }
        answer = self.clients[self.workers[person]].post("/attendance-marks", body)
        self.world.later(minutes=1)
        return answer

    def reads(self, login: str, path: str) -> str:
        """Return what somebody reads on a page."""
        return Browser(self.clients[login].http).go(path).text

    def own_page(self, person: Person) -> str:
        """Return what somebody reads of the own marks."""
        voucher_id, session_id = self.room.vouchers[person], self.room.held.id
        return self.reads(self.workers[person], f"/my/vouchers/{voucher_id}/sessions/{session_id}/sign")


@pytest.fixture
def shown(scene: Scene, world: World) -> Shown:
    """Return the class on its first morning."""
    return Shown(scene, world)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_three_people_on_one_phone_in_five_minutes_wait_for_the_office_by_api_and_by_page(
    shown: Shown,
) -> None:
    room, api = shown.room, shown.clients
    together = (ZHANG_SAN, LI_SI, SUN_BA)
    answers = [shown.sign(each, "in", ONE_FOR_ALL) for each in together]
    assert [each.status_code for each in answers] == [201] * 3
    # the first two were nothing strange until the third came
    assert [each.json["standing"] for each in answers] == ["counted", "counted", "pending"]
    assert shown.sign(ZHAO_LIU, "in", OWN).json["standing"] == "counted"
    _everybody_sees_it(shown)

    (case,) = api[shown.office].get("/attendance-cases").json["items"]
    assert (case["kind"], case["people"], case["marks"]) == ("shared_device", 3, 3)
    assert api[shown.teacher].get("/attendance-cases").status_code == 403
    close = f"/attendance-cases/{case['id']}/closings"
    wish = {"outcome": "refused", "conclusion": "一人持三部账号代签，机构负责人已签字确认"}
    refused_with(api[shown.teacher].post(close, wish), 403, "role_missing")

    desk = Browser(api[shown.office].http)
    page = desk.go("/office/attendance-cases")
    assert "同一台设备短时间内为多人签到" in page.text
    page = desk.press("写明结论，办结", outcome="refused", conclusion=" ")
    assert "核查结论" in page.text
    assert len(api[shown.office].get("/attendance-cases").json["items"]) == 1, "nothing was concluded"
    page = desk.press("写明结论，办结", **wish)
    assert "这些签到不计学时" in page.text
    assert "没有待办结的到课核查" in page.text
    refused_with(api[shown.office].post(close, wish), 404, "attendance_case_missing")
    _what_was_refused_counts_for_nobody(shown)
    assert room.tally() == 4
    with shown.scene.database.read() as session:
        hours = hours_of(session, list(room.vouchers.values()))
    assert {each: hours[voucher_id] for each, voucher_id in room.vouchers.items()} == {
        ZHANG_SAN: 0, LI_SI: 0, SUN_BA: 0, ZHAO_LIU: 8,
    }  # fmt: skip


def _everybody_sees_it(shown: Shown) -> None:
    """Whoever signed, who teaches and the office, each in words of their own; nobody else reads a word."""
    held = shown.room.held.id
    for person in (ZHANG_SAN, SUN_BA):
        told = shown.own_page(person)
        assert "同一台手机短时间内为多人签到，正在核查；核实后计学时" in told
        assert "请告诉教师" in told, "what somebody can do who was there"
    assert "核查" not in shown.own_page(ZHAO_LIU)
    listed = shown.clients[shown.teacher].get(f"/attendance-marks?session_id={held}").json["items"]
    assert [each["standing"] for each in listed] == ["pending"] * 3 + ["counted"]
    page = shown.reads(shown.teacher, f"/institution/sessions/{held}/marks")
    assert "待核 3 人" in page
    assert "已转人社部门核查；办结前不计学时" in page
    watched = shown.reads(shown.office, f"/office/classes/{shown.room.class_id}")
    assert "待核 3 人" in watched
    assert "核查 1 件" in watched


def _what_was_refused_counts_for_nobody(shown: Shown) -> None:
    assert "不计" in shown.own_page(ZHANG_SAN)
    held = shown.room.held
    listed = shown.clients[shown.teacher].get(f"/attendance-marks?session_id={held.id}").json["items"]
    assert [each["standing"] for each in listed] == ["refused"] * 3 + ["counted"]
    shown.world.at = held.ends_at.astimezone(UTC)
    shown.clients[shown.workers[ZHAO_LIU]] = shown.world.sign_in(shown.workers[ZHAO_LIU])
    assert shown.sign(ZHAO_LIU, "out", OWN).json["standing"] == "counted"
