"""An online lesson at the doors: put together at the institution's page, played at the worker's, judged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.doors.loop import CLASS_DAY, Loop
from tests.doors.test_marks import at, first_session
from tests.doors.test_phones import Wire
from tests.doors.world import refused_with
from voucher.ledger.credentials.keys import ensure_keys
from voucher.stages.train.models.classes import ClassSession


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_a_lesson_is_added_played_and_a_rushed_one_goes_to_the_office(loop: Loop) -> None:
    world, ids = loop.world, loop.ids
    world.do("operator", ensure_keys)
    held = first_session(loop)
    world.do(
        "operator",
        lambda work: work.session.execute(
            update(ClassSession).where(ClassSession.id == held).values(mode="online")
        ),
    )
    loop.move_to(CLASS_DAY - timedelta(minutes=10))
    desk = at(loop, "t1-teach")
    assert "线上课" in desk.go(f"/institution/classes/{ids['class']}").text
    desk.go(f"/institution/sessions/{held}/lessons")
    typed = {"title": "老年人饮食照护", "address": "http://media.example/a.mp4", "segment_minutes": ["40"]}
    page = desk.press("添加", **typed)
    assert "视频要有 https:// 开头的地址" in page.text
    page = desk.press("添加", **typed | {"address": "https://media.example/a.mp4"})
    assert "已添加" in page.text
    pages = {
        "session_id": held,
        "kind": "pages",
        "title": "饮食禁忌",
        "segments": [
            {
                "minutes": 5,
                "content": "洗手以后",
                "question": "先做什么？",
                "options": ["洗手", "关灯"],
                "answer": 1,
            }
        ],
    }
    assert loop["t1-teach"].post("/lessons", pages).status_code == 201

    phone = Wire(world, loop=loop, login="zhang").bind()
    own = f"/my/vouchers/{ids['voucher']}/sessions/{held}/lessons"
    assert "请在上课时间内学习" in at(loop, "zhang").go(own).text
    loop.move_to(CLASS_DAY + timedelta(minutes=1))
    worker = at(loop, "zhang")
    page = worker.go(own)
    assert 'src="https://media.example/a.mp4#t=0,2400"' in page.html
    assert "media-src 'self' https:" in worker.answer.headers["Content-Security-Policy"]
    assert own in at(loop, "zhang").go("/my").html
    assert at(loop, "li").http.get(own).status_code == 404

    begun = loop["zhang"].post("/studies", {"segment_id": 1, "voucher_id": ids["voucher"]}).json
    refused_with(
        loop["li"].post("/studies", {"segment_id": 1, "voucher_id": ids["voucher"]}), 404, "voucher_missing"
    )
    loop.move_to(CLASS_DAY + timedelta(minutes=6))
    bad = {"study_id": begun["id"], "digits": phone.show(ids["voucher"], challenge=5)}
    refused_with(loop["zhang"].post("/study-ends", bad), 409, "class_code_over")
    good = {"study_id": begun["id"], "digits": phone.show(ids["voucher"], challenge=begun["number"])}
    told = loop["zhang"].post("/study-ends", good)
    assert (told.status_code, told.json["outcome"], told.json["minutes"]) == (201, "too_fast", 0), told.json
    refused_with(loop["li"].post("/study-ends", good), 404, "lesson_segment_missing")
    assert "速度不可能，计 0 学时，请重学" in at(loop, "zhang").go(own).text
    (case,) = loop["shenhe"].get("/attendance-cases").json["items"]
    assert case["kind"] == "impossible_speed"
    office = at(loop, "shenhe")
    page = office.go("/office/attendance-cases")
    assert "线上课速度不可能" in page.text
    assert "40 分钟，计 0" in page.text
    page = office.press("写明结论，办结", outcome="refused", conclusion="快进，已提醒重学")
    assert "没有待办结的到课核查" in page.text
    refused_with(
        loop["zz-shenhe"].post(
            f"/attendance-cases/{case['id']}/closings", {"outcome": "counted", "conclusion": "无"}
        ),
        404,
        "attendance_case_missing",
    )
