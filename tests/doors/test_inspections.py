"""Inspections at the doors: the inspector's page in the classroom, the institution's answer, a photograph."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy import select

from tests.doors.loop import Loop
from tests.doors.web.test_worker_pages import at
from tests.doors.world import JIYUAN, refused_with
from tests.pictures import jpeg
from voucher.ledger.audit import AuditRow
from voucher.rules.draws import commitment_of, draw
from voucher.rules.inspections import CHECKLIST

pytestmark = pytest.mark.parametrize("loop", ["sqlite"], indirect=True)


def test_an_inspector_fills_in_what_is_found_and_the_institution_answers(loop: Loop) -> None:
    ids, today = loop.ids, loop.world.at.date().isoformat()
    office, desk = at(loop, "shenhe"), at(loop, "t1-admin")
    assert "抽几个班" not in office.go("/office/inspections").text
    page = office.press("公布种子摘要", region=JIYUAN)
    assert "种子摘要已公布" in page.text
    (posted,) = loop.world.visit().get("/inspection-seeds").json["items"]
    assert (posted["drawn_at"], posted["seed"], posted["chosen"]) == (None, None, [])
    assert posted["commitment"] in loop.world.app.test_client().get("/inspection-draws").text
    assert (
        "已随机抽取 1 个班，种子留存" in office.press("抽取", region=JIYUAN, size="1", planned_on=today).text
    )
    assert "现场检查待办结" in office.go("/desk").text
    (found,) = loop["shenhe"].get("/inspections").json["items"]
    _, used = loop.world.visit().get("/inspection-seeds").json["items"]
    assert (used["commitment"], used["seed"]) == (posted["commitment"], None), "nobody is warned"
    assert (found["class_id"], found["announced"], found["conclusion"]) == (ids["class"], False, None)
    page = office.go(f"/office/inspections/{found['id']}")
    assert "随机抽取，1 个班中抽 1 个" in page.text
    assert "没有现场检查" in desk.go("/institution/inspections").text
    refused_with(loop["t1-admin"].get(f"/inspections/{found['id']}"), 404, "inspection_missing")
    refused_with(loop["zz-shenhe"].get(f"/inspections/{found['id']}"), 404, "inspection_missing")
    again = {"class_id": ids["class"], "planned_on": today, "why": "再查一次"}
    refused_with(loop["jianguan"].post("/inspections", again), 409, "inspection_open")

    marks: dict[str, Any] = {f"mark-{each}": "met" for each in CHECKLIST}
    filled = {**marks, "people_present": "1", "conclusion": "findings", "findings": "教师没有到"}
    office.go(f"/office/inspections/{found['id']}")
    refused = office.press("提交检查结果", **filled)
    assert "没有写明说明期限" in refused.text
    done = office.press("提交检查结果", **{**filled, "mark-teacher": "unmet", "answer_by": "2024-03-29"})
    assert "检查结果已填写，不再更改" in done.text
    _, used = loop.world.visit().get("/inspection-seeds").json["items"]
    assert commitment_of(used["seed"]) == used["commitment"]
    assert used["chosen"] == draw(used["seed"], used["subject"], used["numbers"], 1)
    public = loop.world.app.test_client().get("/inspection-draws").text
    assert used["seed"] in public
    assert "种子与摘要一致" in public

    sent = loop["shenhe"].http.post(
        f"/api/v1/inspections/{found['id']}/photos",
        data={"file": (io.BytesIO(jpeg()), "现场.jpg")},
        headers={"X-CSRFToken": loop["shenhe"].token, "Idempotency-Key": "photo-1"},
    )
    assert sent.status_code == 201, sent.json
    assert sent.json is not None
    shown = loop["shenhe"].http.get(f"/office/inspections/photos/{sent.json['id']}")
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    assert loop["zz-shenhe"].http.get(f"/office/inspections/photos/{sent.json['id']}").status_code == 404
    with loop.world.database.read() as session:
        assert session.scalars(select(AuditRow.act).where(AuditRow.thing == "inspection")).all() == [
            "open", "conclude", "add_photo", "look",
        ]  # fmt: skip

    told = desk.go("/institution/inspections").text
    assert "教师没有到" in told
    assert "上课的是批准的教师" in told
    assert "已提交说明" in desk.press("提交说明", words="教师生病，当日调课").text
    office.go(f"/office/inspections/{found['id']}")
    page = office.press("办结", words="说明属实")
    assert "已办结" in page.text
    assert "恢复办理" not in page.text, "a finding held nothing"
    assert loop["shenhe"].get("/inspections").json["items"] == []
    (kept,) = loop["t1-admin"].get("/inspections?state=all").json["items"]
    assert (kept["answer"], kept["closing"]) == ("教师生病，当日调课", "说明属实")
    # why a class was chosen may name who complained: the institution reads it at no door
    assert (found["draw_id"], found["why"], kept["draw_id"]) == (1, None, None)
    named = {"class_id": ids["class"], "planned_on": today, "announced": True, "why": "学员张三反映"}
    opened = loop.done("jianguan", "/inspections", named)
    assert opened["why"] == "学员张三反映"
    for path in ("/inspections", f"/inspections/{opened['id']}"):
        assert "张三" not in loop["t1-admin"].get(path).text
        assert "张三" in loop["shenhe"].get(path).text
