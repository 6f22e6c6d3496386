"""Signing in at the doors: the screen of the room, the worker's page, the counter, a case concluded."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from tests.doors.loop import CLASS_DAY, LI_SI, ZHANG_SAN, Loop
from tests.doors.test_phones import Wire
from tests.doors.web.browser import Browser
from tests.doors.world import refused_with
from tests.pictures import jpeg
from voucher.ledger.credentials.keys import ensure_keys
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import Parameter
from voucher.registry.users import CLOCK_LOGIN
from voucher.rules.code_format import parse_challenge
from voucher.rules.positions import Position
from voucher.stages.oversee.risk.finding import find_flags
from voucher.stages.oversee.risk.raising import raise_flags
from voucher.stages.train import placing
from voucher.stages.train.queries import list_sessions

BROWSER = "5f0c6f0e6d0a4a539d0b7f8e1c1d2a3b"


def at(loop: Loop, login: str) -> Browser:
    """Return somebody's browser, signed in at this moment."""
    return Browser(loop[login].http)


def first_session(loop: Loop) -> int:
    """Return the first session of the class."""
    with loop.world.database.read() as session:
        return list_sessions(session, loop.ids["class"])[0].id


def read_of_the_flag(loop: Loop) -> str:
    """Let one feigned position be too many, run the night's rules, and return what the supervisor reads."""
    world = loop.world

    def let(work: Work) -> None:
        asked = update(Parameter).where(Parameter.name == "risk_false_places")
        work.session.execute(asked.values(value="1"))

    world.do("operator", let)
    with world.database.read() as session:
        flags = find_flags(session, day_of(world.at), world.keyring)
    (flag,) = [each for each in flags if each.finding.rule == "R07"]
    world.do(CLOCK_LOGIN, lambda work: raise_flags(work, [flag]))
    watcher = at(loop, "jianguan")
    watcher.go("/supervisor/risks?rule=R07")
    (link,) = [each for each in watcher.page.links if each.split("/")[-1].isdigit()]
    return watcher.go(link).text


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_a_class_signs_in_by_phone_at_the_counter_and_by_card(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, ids = loop.world, loop.ids
    world.do("operator", ensure_keys)
    held = first_session(loop)
    loop.move_to(CLASS_DAY - timedelta(minutes=10))
    # 李四 comes to the counter of the class first
    asked = {"digits": loop.code("li", "other_voucher"), "last4": LI_SI[1][-4:], "device": "d", "nonce": "n"}
    assert loop["t1-scan"].post("/redemptions", {**asked, "class_id": ids["class"]}).status_code == 201
    phone = Wire(world, loop=loop, login="zhang").bind()

    code = loop["t1-teach"].get(f"/class-codes?session_id={held}").json
    assert re.fullmatch(r"\d{8}", code["number"])
    assert parse_challenge(code["digits"]).challenge == int(code["number"])
    screen = at(loop, "t1-teach").go(f"/institution/sessions/{held}/code")
    assert f"{code['number'][:4]} {code['number'][4:]}" in screen.text
    refused_with(loop["t2-teach"].get(f"/class-codes?session_id={held}"), 404, "class_session_missing")

    home = at(loop, "zhang").go("/my")
    own = f"/my/vouchers/{ids['voucher']}/sessions/{held}/sign"
    assert own in home.html
    page = at(loop, "zhang").go(own)
    assert "输入屏幕上的 8 位数字" in page.text
    foreign = at(loop, "li")
    foreign.go(own)
    assert foreign.answer.status_code == 404

    def wish(direction: str, number: int) -> dict[str, Any]:
        shown = phone.show(ids["voucher"], challenge=number)
        return {"session_id": held, "direction": direction, "digits": shown, "browser": BROWSER}

    def number_now() -> int:
        return int(loop["t1-teach"].get(f"/class-codes?session_id={held}").json["number"])

    signed = wish("in", number_now())
    refused_with(loop["li"].post("/attendance-marks", signed), 403, "phone_of_another")
    refused_with(loop["zhang"].post("/attendance-marks", wish("in", 7)), 409, "class_code_over")
    told = loop["zhang"].post("/attendance-marks", wish("in", number_now()))
    assert told.status_code == 201, told.json
    assert (told.json["standing"], told.json["way"]) == ("counted", "class_code")
    assert "离开教室前请签退" in at(loop, "zhang").go(own).text

    desk = at(loop, "t1-teach")
    page = desk.go(f"/institution/sessions/{held}/marks")
    assert "签到 1 / 2 人，现在在场 1 人" in page.text
    # "凭证件登记" asks for the end of the card: nobody who may type somebody present reads it off a screen
    listed = loop["t1-teach"].get(f"/classes/{ids['class']}/roster")
    assert {each["masked_number"][6:] for each in listed.json["items"]} == {"*" * 12}
    shown = [
        page.html,
        listed.text,
        *(desk.go(f"/institution/{each}").html for each in (f"sessions/{held}", f"classes/{ids['class']}")),
    ]
    assert not [each for each in shown if f"*{LI_SI[1][-4:]}" in each or f"*{ZHANG_SAN[1][-4:]}" in each]
    page = desk.go(f"/institution/sessions/{held}/marks")
    page = desk.press("签到", digits="72 00")
    assert 'data-tone="bad"' in page.html
    # where the policy asks, both pages say why, and what is kept is how far
    with monkeypatch.context() as asked_for:
        asked_for.setattr(placing, "read_flag", lambda *_: True)
        asked_for.setattr(placing, "find_room_position", lambda *_: Position(35_067_300, 112_602_300))
        page = at(loop, "zhang").go(own)
        assert "data-asks-place" in page.html
        assert "保存 90 天后删除" in page.text
        page = desk.go(f"/institution/sessions/{held}/marks")
        assert "允许浏览器使用位置" in page.text
        page = desk.press("签到", digits=loop.code("li", "other_voucher"), where="35067900,112602300,20")
    assert "约 70 米" in page.text
    assert "已签到" in page.text
    assert "签到 2 / 2 人" in page.text
    assert "扫码" in page.text

    watched = at(loop, "shenhe").go(f"/office/classes/{ids['class']}").text
    assert "100%（2/2） 在场 2" in watched, watched

    loop.move_to(CLASS_DAY + timedelta(hours=8))
    number = loop["li"].get(f"/vouchers/{ids['other_voucher']}").json["number"]
    out = {"session_id": held, "direction": "out", "code": number}
    refused_with(loop["t1-scan"].post("/counter-marks", {**out, "last4": "0000"}), 403, "identity_differs")
    typed = loop["t1-scan"].post("/counter-marks", {**out, "last4": LI_SI[1][-4:]})
    assert typed.json["way"] == "typed", typed.json
    with monkeypatch.context() as asked_for:
        asked_for.setattr(placing, "read_flag", lambda *_: True)
        asked_for.setattr(placing, "find_room_position", lambda *_: Position(35_067_300, 112_602_300))
        where = {"latitude_e6": 35_067_310, "longitude_e6": 112_602_310, "accuracy_m": 9, "is_mocked": True}
        own_phone = loop["zhang"]
        told = own_phone.post("/attendance-marks", {**wish("out", number_now()), "where": where})
        assert told.status_code == 201, told.json
    assert "有 1 次签到由设备报告位置是模拟的，达到 1 次的界限。" in read_of_the_flag(loop)
    listed = loop["t1-teach"].get(f"/attendance-marks?session_id={held}").json["items"]
    assert [(each["direction"], each["way"]) for each in listed] == [
        ("in", "class_code"), ("in", "scanned"), ("out", "typed"), ("out", "class_code"),
    ]  # fmt: skip
    desk = at(loop, "t1-teach")
    assert "以后按签到登记学时" in desk.go(f"/institution/sessions/{held}").text
    refused_with(loop["t1-teach"].post("/attendance-tallies", {"session_id": held}), 409, "signing_not_over")
    loop.move_to(CLASS_DAY + timedelta(hours=8, minutes=31))
    desk = at(loop, "t1-teach")
    desk.go(f"/institution/sessions/{held}")
    page = desk.press("按签到登记学时")
    assert "已按签到登记 2 人的学时" in page.text
    assert page.text.count("按签到") >= 2
    page = desk.press("会签")
    assert "已会签 2 人、共 16 学时" in page.text
    refused_with(loop["t1-teach"].post("/co-signatures", {"session_id": held}), 409, "session_cosigned")
    page = desk.press("更正", hours="6", why="提前离开")
    assert "没有上传凭据" in page.text
    picture = (io.BytesIO(jpeg(1)), "photo.jpg")
    page = desk.press("更正", hours="6", why="提前离开", proof=picture)
    assert "更正：提前离开" in page.text
    link = re.search(r"/institution/attendances/\d+/proof", page.html)
    assert link is not None
    assert at(loop, "t1-teach").http.get(link[0]).mimetype == "image/jpeg"
    assert at(loop, "t2-teach").http.get(link[0]).status_code == 404
    # the office that reviews the class opens it too, from the class; an office elsewhere does not
    listed = at(loop, "shenhe").go(f"/office/classes/{ids['class']}")
    assert "提前离开 看凭据" in listed.text
    (proof,) = [each for each in listed.links if each.endswith("/proof")]
    assert at(loop, "shenhe").http.get(proof).mimetype == "image/jpeg"
    assert at(loop, "zz-shenhe").http.get(proof).status_code == 404
    assert 'hx-trigger="every 30s" hx-select="#held"' in listed.html
    assert "不在此时间内" in at(loop, "t1-teach").go(f"/institution/sessions/{held}/code").text
    assert loop["shenhe"].get("/attendance-cases").json["items"] == []
    refused_with(
        loop["shenhe"].post("/attendance-cases/1/closings", {"outcome": "counted", "conclusion": "无"}),
        404,
        "attendance_case_missing",
    )


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_a_mark_at_the_counter_that_waits_for_the_office_is_amber(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.move_to(CLASS_DAY - timedelta(minutes=10))
    monkeypatch.setattr(placing, "read_flag", lambda *_: True)
    monkeypatch.setattr(placing, "find_room_position", lambda *_: Position(35_067_300, 112_602_300))
    desk = at(loop, "t1-teach")
    desk.go(f"/institution/sessions/{first_session(loop)}/marks")
    page = desk.press("签到", digits=loop.code("zhang", "voucher"))
    assert 'data-tone="warn"' in page.html
    assert 'data-tone="good"' not in page.html
    assert "已签到，待核" in page.text
    assert "人社部门核实后计学时" in page.text
