"""Timetables changed at the doors: told by the institution, decided at the desk, seen by the worker."""

from __future__ import annotations

import pytest

from tests.doors.loop import Loop
from tests.doors.web.test_worker_pages import at
from tests.doors.world import refused_with

pytestmark = pytest.mark.parametrize("loop", ["sqlite"], indirect=True)


def test_a_class_is_changed_and_everybody_sees_the_new_times(loop: Loop) -> None:
    ids = loop.ids
    path, page_path = f"/classes/{ids['class']}/timetable-changes", f"/institution/classes/{ids['class']}"
    *_, second, last = loop["t1-admin"].get(f"/classes/{ids['class']}/sessions").json["items"]
    wish = {"sessions": [{"session_id": second["id"], "teacher": "李老师"}], "why": "王老师外出"}
    refused_with(loop["t1-scan"].post(path, wish), 403, "role_missing")
    refused_with(loop["t2-admin"].post(path, wish), 404, "class_missing")
    refused_with(loop["t1-admin"].post(path, {**wish, "why": ""}), 422, "training_why_missing")
    bad = {"sessions": [{"session_id": second["id"], "room": "x"}], "why": "王老师外出"}
    assert loop["t1-admin"].post(path, bad).status_code == 422
    # in time and nothing of substance: it holds at once
    desk = at(loop, "t1-admin")
    assert "课程变更" in desk.go(page_path).text
    desk.go(f"{page_path}/timetable")
    day = second["starts_at"][:10]
    page = desk.press(
        "提交课程变更",
        **{"session_id": str(second["id"]), f"day-{second['id']}": day, f"from-{second['id']}": "10:00",
           f"until-{second['id']}": "18:30", f"teacher-{second['id']}": "李老师"},
        why="王老师上午外出",
    )  # fmt: skip
    assert "已生效" in page.text
    assert "教师：" in page.text
    assert "李老师" in desk.go(page_path).text
    worker = at(loop, "zhang")
    shown = worker.go(f"/my/vouchers/{ids['voucher']}").text
    assert "有变更" in shown
    assert f"{day} 10:00–18:30" in shown
    # another site is for the office
    moved = {"sessions": [{"session_id": last["id"], "place": "别处一号楼"}], "why": "教室装修"}
    asked = loop.done("t1-admin", path, moved)
    assert (asked["reviewed"], asked["applied_at"]) == (True, None)
    assert asked["sessions"][0]["former_place"] != asked["sessions"][0]["place"]
    assert "有一份变更等待人社部门审核" in desk.go(f"{page_path}/timetable").text
    refused_with(loop["t1-admin"].post(path, wish), 409, "timetable_change_open")
    told = loop["t1-admin"].get(path).json["items"]
    assert told[0]["id"] == asked["id"]
    refused_with(loop["t2-admin"].get(path), 404, "class_missing")
    assert loop["zz-shenhe"].get("/timetable-changes?state=all").json["items"] == []
    review = f"/timetable-changes/{asked['id']}/reviews"
    passed = {"decision": "pass", "opinion": "同意"}
    refused_with(loop["zz-shenhe"].post(review, passed), 404, "timetable_change_missing")
    refused_with(loop["shenhe"].post(review, {"decision": "pass"}), 422, "training_why_missing")
    office = at(loop, "shenhe")
    assert "课程变更待审核" in office.go("/desk").text
    assert "别处一号楼" in office.go("/office/timetable-changes").text
    assert "学员已告知" in office.press("同意，当即生效", opinion="同意").text
    assert "别处一号楼" in worker.go(f"/my/vouchers/{ids['voucher']}").text
    everything = loop["shenhe"].get("/timetable-changes?state=all").json["items"]
    (done,) = [each for each in everything if each["reviewed"]]
    assert (done["agreed"], done["opinion"]) == (True, "同意")
    # one session is called off, its hours go into two new ones: written by hand, line by line, at the desk
    day, half = last["starts_at"][:10], last["hours"] // 2
    off = {"drop": str(last["id"])}
    first = {"new-day-1": day, "new-from-1": "08:00", "new-until-1": "11:30", "new-hours-1": str(half),
             "new-topic-1": "上午实操"}  # fmt: skip
    other = {"new-day-2": day, "new-from-2": "13:00", "new-until-2": "17:00", "new-topic-2": "下午实操",
             "new-hours-2": str(last["hours"] - half)}  # fmt: skip
    desk.go(f"{page_path}/timetable")
    page = desk.press("提交课程变更", **off, **{"new-day-1": day}, why="拆成两次")
    assert "新增第 1 行开始时间" in page.text, "what a line leaves out is asked for by its name"
    page = desk.press("提交课程变更", **off, **first, why="拆成两次")
    assert "计划学时不能由" in page.text
    page = desk.press("提交课程变更", **off, **first, **other, why="拆成两次")
    assert "下午实操" in page.text
    office.go("/office/timetable-changes")
    if "同意，当即生效" in office.page.text:
        office.press("同意，当即生效", opinion="同意")
    shown = worker.go(f"/my/vouchers/{ids['voucher']}").text
    assert "已取消" in shown
    assert "上午实操" in shown
