"""Changes of classes at the doors: asked by the institution, decided by the office or by a second person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.doors.loop import CLASS_DAY, Loop
from tests.doors.web.test_worker_pages import at
from tests.doors.world import refused_with
from voucher.plumbing.outbox import Letter
from voucher.registry.letters import write_words
from voucher.rules.actor import Role

pytestmark = pytest.mark.parametrize("loop", ["sqlite"], indirect=True)


def test_a_class_is_merged_when_the_office_agrees(loop: Loop) -> None:
    ids = loop.ids
    loop.done("t1-admin", f"/classes/{ids['draft_class']}/filings", {"promised": True})
    desk = at(loop, "t1-admin")
    assert (
        "请先提交开班申请，获准后再回到这里" in desk.go(f"/institution/classes/{ids['class']}/changes").text
    )
    passed = {"decision": "pass", "opinion": "准予开班"}
    loop.done("shenhe", f"/classes/{ids['draft_class']}/reviews", passed)
    asking = {"to_class_id": ids["draft_class"], "why": "老师生病，并到下一期"}
    split = {**asking, "voucher_ids": [ids["voucher"], ids["other_voucher"]]}
    refused_with(
        loop["t1-admin"].post(f"/classes/{ids['class']}/splits", split), 422, "split_takes_everybody"
    )
    refused_with(loop["t2-admin"].post(f"/classes/{ids['class']}/mergers", asking), 404, "class_missing")
    # one goes on there first: whoever decides reads who it is, and the one moved hears where to go
    here = f"/institution/classes/{ids['class']}/changes"
    desk.go(here)
    chosen = {"voucher_id": str(ids["voucher"]), "to_class_id": str(ids["draft_class"]), "why": "要上班"}
    assert "已提交，等人社部门审核" in desk.press("提交拆班申请", **chosen).text
    otherwise = "比原班晚"
    assert otherwise in desk.page.text, "whoever asks reads it beside the class"
    number = loop["shenhe"].get(f"/vouchers/{ids['voucher']}").json["number"]
    assert f"1 人：张* {number}" in desk.go(here).text
    office = at(loop, "shenhe")
    page = office.go("/office/class-moves")
    assert "拆班 1 人" in page.text
    assert f"张* {number}" in page.text
    assert otherwise in page.text, "said before it is decided"
    assert "学员已转班，学时保留" in office.press("同意，当即转班", opinion="同意").text
    (told,) = _list_letters(loop)
    assert "原来的班不用再去" in told
    assert "请留意：新班" in told
    assert otherwise in told, "and what is otherwise there"

    desk.go(here)
    page = desk.press("提交并班申请", to_class_id=str(ids["draft_class"]), why="老师生病，并到下一期")
    assert "已提交，等人社部门审核" in page.text
    assert len(_list_letters(loop)) == 1, "asking tells nobody anything"
    (move,) = loop["shenhe"].get("/class-moves").json["items"]
    assert (move["kind"], move["from_class_id"], move["agreed"]) == ("merger", ids["class"], None)
    review = f"/class-moves/{move['id']}/reviews"
    refused_with(
        loop["zz-shenhe"].post(review, {"decision": "pass", "opinion": "x"}), 404, "class_move_missing"
    )
    refused_with(loop["shenhe"].post(review, {"decision": "pass"}), 422, "training_why_missing")
    assert loop["zz-shenhe"].get("/class-moves?state=all").json["items"] == []
    assert "拆班、并班待审核" in office.go("/desk").text
    office.go("/office/class-moves")
    assert "学员已转班，学时保留" in office.press("同意，当即转班", opinion="同意").text
    for voucher in ("voucher", "other_voucher"):
        assert loop["shenhe"].get(f"/vouchers/{ids[voucher]}").json["class_id"] == ids["draft_class"]
    assert loop["shenhe"].get(f"/classes/{ids['class']}").json["state"] == "cancelled"
    assert "已同意" in desk.go(f"/institution/classes/{ids['class']}/changes").text
    assert len(_list_letters(loop)) == 2
    for who, path in ((desk, "institution"), (office, "office")):
        left = who.go(f"/{path}/classes/{ids['class']}").text
        for told in ("提出拆班", "同意拆班", "提出并班", "同意并班", "1 人转到“", "老师生病，并到下一期"):
            assert told in left, (path, told)
        joined = who.go(f"/{path}/classes/{ids['draft_class']}").text
        for told in ("拆班转入", "并班转入", "1 人从“", "”（BJ-"):
            assert told in joined, (path, told)
        assert "提出拆班" not in joined, "what was asked of another class stands there"


def test_an_officer_reads_what_is_otherwise_before_somebody_is_moved(loop: Loop) -> None:
    ids, office = loop.ids, at(loop, "shenhe")
    loop.done("t1-admin", f"/classes/{ids['draft_class']}/filings", {"promised": True})
    loop.done("shenhe", f"/classes/{ids['draft_class']}/reviews", {"decision": "pass", "opinion": "准予开班"})
    number = loop["shenhe"].get(f"/classes/{ids['draft_class']}").json["number"]
    for word, of in (("vouchers", "voucher"), ("classes", "class")):
        office.go(f"/office/{word}/{ids[of]}/transfer")
        button = "确认转班" if of == "voucher" else "确认整班转班"
        page = office.press(button, **{"class": number, "why": "老师生病"})
        assert "请先看清转到的班级有什么不同" in page.text
        assert "比原班晚" in page.text
        assert loop["shenhe"].get(f"/vouchers/{ids['other_voucher']}").json["class_id"] == ids["class"]
        page = office.press(button, **{"class": number})
        assert f"班级 {number}，已有学时保留" in page.text, "the second press is meant"
    for voucher in ("voucher", "other_voucher"):
        assert loop["shenhe"].get(f"/vouchers/{ids[voucher]}").json["class_id"] == ids["draft_class"]


def _list_letters(loop: Loop) -> list[str]:
    """Return what the people moved are told by telephone."""
    with loop.world.database.read() as session:
        rows = session.scalars(
            select(Letter).where(Letter.key.startswith("class_moved:")).order_by(Letter.id)
        )
        return [write_words(each.payload["template"], each.payload["facts"]) for each in rows]


def test_a_signed_result_is_corrected_by_a_second_person(loop: Loop) -> None:
    ids, world = loop.ids, loop.world
    world.colleague("t1-desk", ids["t1"], Role.REGISTRAR)
    for day, each in enumerate(loop["t1-teach"].get(f"/classes/{ids['class']}/sessions").json["items"]):
        loop.move_to(CLASS_DAY + timedelta(days=day, hours=8))
        body = {"session_id": each["id"], "people": [{"voucher_id": ids["voucher"], "hours": 8}]}
        loop.done("t1-teach", "/attendances", body)
    exams = [{"voucher_id": ids["voucher"], "exam_hundredths": 5000}]
    loop.done("t1-admin", "/completions", {"class_id": ids["class"], "exams": exams})
    first, second = at(loop, "t1-admin"), at(loop, "t1-desk")
    path = f"/institution/classes/{ids['class']}/changes"
    first.go(path)
    page = first.press("提出更正", voucher_id=str(ids["voucher"]), hours="40", exam="85", why="看错一行")
    assert "等本机构另一人确认" in page.text
    (asked,) = loop["t1-admin"].get(f"/classes/{ids['class']}/corrections").json["items"]
    assert (asked["former_exam_hundredths"], asked["exam_hundredths"], asked["passed"]) == (5000, 8500, True)
    decide = f"/completion-corrections/{asked['id']}/confirmations"
    refused_with(loop["t1-admin"].post(decide, {"decision": "confirm"}), 403, "second_person_needed")
    foreign = loop["t2-admin"].post(decide, {"decision": "confirm"})
    refused_with(foreign, 404, "completion_correction_missing")
    second.go(path)
    assert "已更正" in second.press("确认更正").text
    assert loop["zhang"].get(f"/vouchers/{ids['voucher']}").json["state_name"] == "培训完成"
    again = {"voucher_id": ids["voucher"], "hours_attended": 40, "exam_hundredths": 1000, "why": "再改"}
    refused_with(
        loop["t1-admin"].post(f"/classes/{ids['class']}/corrections", again),
        409,
        "completion_correction_would_fail",
    )
