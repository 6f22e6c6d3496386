"""Issuing and training at the API, the whole way on both databases, and what is kept of every refusal."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.doors.loop import CLASS_DAY, LI_SI, SUN_BA, ZHANG_SAN, Loop, people, plan
from tests.doors.web.test_worker_pages import at
from tests.doors.world import PROVINCE, World, refused_with
from voucher.ledger.audit import AuditRow
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.db import Model
from voucher.rules.actor import Role
from voucher.stages.issue.models import IssueLine
from voucher.stages.oversee.measures.imposing import impose
from voucher.stages.train.models.places import Scan


def list_scans(loop: Loop) -> list[tuple[str, str | None]]:
    """Return the scans of the class as its counter sees them, the newest first."""
    path = f"/scans?class={loop.ids['class']}&limit=200"
    return [(each["act"], each["code"]) for each in loop["t1-scan"].get(path).json["items"]]


def test_a_voucher_goes_from_programme_to_sign_off_through_the_api(loop: Loop) -> None:
    ids = loop.ids
    told = loop["zhang"].get(f"/vouchers/{ids['voucher']}").json
    assert (told["state_name"], told["class_id"], told["held"]) == ("培训中", ids["class"], False)
    assert told["face_value_display"] == "1,200.00"
    assert [each["event_name"] for each in told["timeline"]] == ["发放", "领取", "锁定", "核销"]
    assert told["masked_name"] == "张*"

    # nobody signs in for the other one yet: the rest of the class is seen by its own people only
    roster = loop["t1-teach"].get(f"/classes/{ids['class']}/roster").json["items"]
    assert [each["state_name"] for each in roster] == ["培训中", "已锁定"]
    assert loop["t1-admin"].get(f"/classes/{ids['class']}").json["counters"]["expected"] == 2
    assert loop["zhang"].get(f"/classes/{ids['class']}").json["counters"] is None

    # a redemption is taken back by two people, and done again
    reversal = f"/redemptions/{ids['redemption_voucher']}/reversals"
    refused_with(loop["t1-scan"].post(reversal, {}), 422, "training_why_missing")
    assert loop.done("t1-scan", reversal, {"why": "扫错了人"})["reversed"] is False
    refused_with(loop["t1-scan"].post(reversal, {}), 403, "second_person_needed")
    assert loop.done("t1-admin", reversal)["reversed"] is True
    again = {"digits": loop.code(), "class_id": ids["class"], "last4": "991x", "device": "d", "nonce": "n2"}
    # under the word of a registered device only that device scans
    named_like_one = {**again, "device": "counter-7"}
    refused_with(loop["t1-scan"].post("/redemptions", named_like_one), 422, "body_invalid")
    ids["redemption"] = loop.done("t1-scan", "/redemptions", again)["id"]

    days = [each["id"] for each in loop["t1-teach"].get(f"/classes/{ids['class']}/sessions").json["items"]]
    for day, session_id in enumerate(days):
        loop.move_to(CLASS_DAY + timedelta(days=day, hours=8))
        hours = 8 if day else 4
        body = {"session_id": session_id, "people": [{"voucher_id": ids["voucher"], "hours": hours}]}
        assert loop.done("t1-teach", "/attendances", body)["count"] == 1
        if not day:
            corrected = {
                "session_id": session_id,
                "voucher_id": ids["voucher"],
                "hours": 8,
                "why": "下午到课",
            }
            loop.done("t1-teach", "/attendances/corrections", corrected)
    signed = loop.done(
        "t1-admin",
        "/completions",
        {"class_id": ids["class"], "exams": [{"voucher_id": ids["voucher"], "exam_hundredths": 8000}]},
    )
    assert (signed["finished"], signed["failed"], signed["failures"]) == (1, 0, [])
    assert loop["zhang"].get("/vouchers").json["items"][0]["state_name"] == "培训完成"
    funnel = loop["shenhe"].get(f"/programmes/{ids['programme']}").json["funnel"]
    assert {each["state_name"]: each["count"] for each in funnel}["培训完成"] == 1


def test_whatever_a_scanner_was_told_is_kept_and_no_code_is(loop: Loop) -> None:
    ids, counter = loop.ids, loop["t1-scan"]
    scanned = {"class_id": ids["class"], "device": "前台一号机"}
    unknown, used = "7212345678901234567820", loop.code()
    before = list_scans(loop)
    assert before == [("redeem", None), ("enrol", None)]

    refused_with(counter.post("/checks", {**scanned, "digits": "7200"}), 422, "code_malformed")
    told = counter.post("/checks", {**scanned, "digits": used}).json
    assert (told["masked_name"], told["possible"], told["refusal"]["code"]) == ("张*", [], "redeemed_already")
    other = loop.code("li", "other_voucher")
    told = counter.post("/checks", {**scanned, "digits": other}).json
    assert (told["possible"], told["fits"], told["refusal"]) == (["redeem"], True, None)
    once = {**scanned, "digits": other, "last4": "0000", "nonce": "a"}
    refused_with(counter.post("/redemptions", once), 403, "identity_differs")
    assert loop["li"].get(f"/vouchers/{ids['other_voucher']}").json["state"] == "enrolled"
    right = {**once, "last4": LI_SI[1][-4:]}
    first = counter.post("/redemptions", right, key="k")
    assert first.status_code == 201
    # the answer was lost: the same request again, with and without the same key, is the same redemption
    assert counter.post("/redemptions", right, key="k").json == first.json
    assert counter.post("/redemptions", right).json["id"] == first.json["id"]
    refused_with(counter.post("/redemptions", {**right, "nonce": "b"}), 409, "redeemed_already")
    refused_with(counter.post("/enrolments", {**scanned, "digits": used}), 409, "redeemed_already")
    answer = counter.post("/enrolments", {**scanned, "digits": unknown})
    assert answer.json["code"] in ("code_unknown", "code_malformed")
    # a request that never reached the act is no scan
    refused_with(counter.post("/redemptions", right, key=""), 400, "idempotency_key_missing")
    assert list_scans(loop)[: -len(before)] == [
        ("enrol", answer.json["code"]),
        ("enrol", "redeemed_already"),
        ("redeem", "redeemed_already"),
        ("redeem", None),
        ("redeem", "identity_differs"),
        ("check", None),
        ("check", "redeemed_already"),
        ("check", "code_malformed"),
    ]

    # the digits are in no table, neither as an answer under a key nor in the trail
    with loop.world.database.read() as session:
        for table in Model.metadata.sorted_tables:
            for row in session.execute(select(table)):
                assert used not in str(row), table.name
                assert other not in str(row), table.name
        assert session.scalars(select(Scan.voucher_id).where(Scan.code == "identity_differs")).all() == [
            ids["other_voucher"]
        ]


def test_reaching_for_a_foreign_voucher_is_answered_as_for_a_missing_one_and_leaves_a_trace(
    loop: Loop,
) -> None:
    """AC-C1: one alarm for each attempt, and nothing told."""
    voucher = loop.ids["voucher"]
    attempts: list[tuple[str, dict[str, Any], str]] = [
        ("/vouchers/{}/codes", {}, "show"),
        ("/acceptances", {"voucher_id": None}, "accept"),
        ("/withdrawals", {"voucher_id": None}, "withdraw"),
        ("/enrolments", {"voucher_id": None, "class_id": loop.ids["class"]}, "enrol"),
        ("/departures", {"voucher_id": None, "act": "drop", "why": "x"}, "leave"),
    ]
    for path, body, _ in attempts:
        answers = []
        for wanted in (voucher, 999_999):
            given = {**body, "voucher_id": wanted} if "voucher_id" in body else body
            answer = loop["sun"].post(path.format(wanted), given)
            refused_with(answer, 404, "voucher_missing")
            answers.append({k: v for k, v in answer.json.items() if k != "instance"})
        assert answers[0] == answers[1]
    with loop.world.database.read() as session:
        tried = session.scalars(
            select(AuditRow.content).where(AuditRow.act == "foreign_attempt").order_by(AuditRow.id)
        ).all()
        assert [each["tried"] for each in tried] == [act for _, _, act in attempts]
        assert session.get_one(Voucher, voucher).state == "training"


def test_a_preview_tells_who_gets_one_and_changes_nothing(loop: Loop) -> None:
    path = f"/programmes/{loop.ids['programme']}/previews"
    asked = {"people": people(ZHANG_SAN, SUN_BA)}
    told = loop["jiban"].post(path, asked, key="").json
    assert (told["issued"], told["waiting"], told["refused"]) == (1, 0, 1)
    assert told["reserves_display"] == "1,400.00"
    assert [each["outcome"] for each in told["lines"]] == ["refused", "issued"]
    assert told["lines"][0]["refusal"]["code"] == "voucher_held_already"
    filed = loop["t1-admin"].post(path, {**asked, "institution_id": loop.ids["t1"]}).json
    assert filed["refused"] >= 1
    with loop.world.database.read() as session:
        assert len(session.scalars(select(IssueLine)).all()) == 2
    wrong = loop["jiban"].post(path, {"people": [*people(ZHANG_SAN), {"name": "9", "number": "4101"}]})
    assert sorted(refused_with(wrong, 422, "body_invalid")["fields"]) == ["people.1.name", "people.1.number"]


def test_an_open_voucher_is_taken_given_back_and_another_one_replaced_by_two(loop: Loop) -> None:
    offered = {each["programme_id"]: each for each in loop["sun"].get("/offers").json["items"]}
    assert offered[loop.ids["open_programme"]]["may_take"]
    wish: dict[str, Any] = {"programme_id": loop.ids["open_programme"], "declared": False}
    refused_with(loop["sun"].post("/takings", wish), 422, "declaration_missing")
    taken = loop.done("sun", "/takings", {**wish, "declared": True})
    assert (taken["waiting"], taken["voucher"]["state_name"]) == (False, "已领取")
    refused_with(loop["sun"].post("/takings", {**wish, "declared": True}), 409, "voucher_held_already")
    assert loop.done("sun", "/withdrawals", {"voucher_id": taken["voucher"]["id"]})["state_name"] == "退回"

    revoked: dict[str, Any] = {"voucher_ids": [loop.ids["other_voucher"]], "why": "原班级造假"}
    assert loop.done("shenhe", "/revocations", revoked)["count"] == 1
    wish = {"voucher_id": loop.ids["other_voucher"], "why": "本人无过错"}
    asked = loop.done("shenhe", "/replacements", wish)
    review = f"/issues/{asked['issue_id']}/reviews"
    refused_with(loop["shenhe"].post(review, {"decision": "pass"}), 403, "second_person_needed")
    assert loop.done("shenhe2", review, {"decision": "pass"})["issued"] == 1
    mine = loop["li"].get("/vouchers").json["items"]
    assert mine[0]["replaces_voucher_id"] == loop.ids["other_voucher"]


def test_a_suspended_institution_stops_its_vouchers_until_two_people_restore_it(loop: Loop) -> None:
    house = f"/institutions/{loop.ids['t1']}"
    path, previews = f"{house}/sanctions", f"{house}/sanction-previews"
    seen = loop["shenhe"].get(f"{previews}?act=warn").json
    touched = {each["touched"]: each for each in seen["lines"]}
    assert (touched["in_class"]["count"], touched["in_class"]["then"]) == (2, "不受影响")
    body: dict[str, Any] = {"act": "warn", "why": "未按计划开课", "seen": seen["digest"]}
    refused_with(loop["jianguan"].post(path, {**body, "act": "delist"}), 403, "role_missing")
    refused_with(loop["zz-shenhe"].post(path, body), 404, "institution_absent")
    refused_with(loop["shenhe"].post(path, {**body, "seen": "0"}), 409, "measure_effect_changed")
    warned = loop.done("jianguan", path, body)
    assert warned["state_name"] == "待另一人确认"
    told = loop["t1-admin"].get(house).json
    assert (told["state_name"], told["measure_waiting"]) == ("在目录", warned["id"])
    one = f"/measures/{warned['id']}"
    refused_with(loop["zz-shenhe"].get(one), 404, "measure_missing")
    digest = loop["shenhe"].get(one).json["effect"]["digest"]
    refused_with(loop["jianguan"].post(f"{one}/confirmations", {"seen": digest}), 403, "second_person_needed")
    done = loop.done("shenhe", f"{one}/confirmations", {"seen": digest})
    assert (done["institution_state_name"], done["vouchers_held"]) == ("约谈", 0)

    leap = {**body, "act": "suspend", "deadline_on": "2030-01-01", "skip_why": "停课"}
    leap["seen"] = loop["shenhe"].get(f"{previews}?act=suspend").json["digest"]
    refused_with(loop["shenhe"].post(path, leap), 409, "measure_ground_missing")
    # what stands behind a confirmed suspension: vouchers stop, nobody shows a code, until two restore it
    loop.world.do("shenhe", lambda work: impose(work, loop.ids["t1"], "suspend", "未按计划开课"))
    assert loop["zhang"].get(f"/vouchers/{loop.ids['voucher']}").json["held"]
    refused_with(loop["zhang"].post(f"/vouchers/{loop.ids['voucher']}/codes", {}), 409, "on_hold")
    restore = {"act": "restore", "why": "验收合格", "ending": "accepted"}
    restore["seen"] = loop["shenhe"].get(f"{previews}?act=restore").json["digest"]
    asked = loop.done("shenhe", path, restore)
    refused_with(loop["shenhe2"].post(path, restore), 409, "measure_open_already")
    again = f"/measures/{asked['id']}/confirmations"
    refused_with(loop["shenhe"].post(again, {"seen": restore["seen"]}), 403, "second_person_needed")
    assert loop["t1-admin"].get(house).json["restoration_asked"]
    freed = loop.done("shenhe2", again, {"seen": restore["seen"]})
    assert (freed["institution_state_name"], freed["vouchers_released"]) == ("在目录", 2)
    told = loop["shenhe"].get(house).json
    assert [each["event_name"] for each in told["timeline"]][-2:] == ["停业整顿", "恢复"]
    assert told["listed_years"] == [2024]
    assert not loop["zhang"].get(f"/vouchers/{loop.ids['voucher']}").json["held"]
    states = [each["state"] for each in loop["shenhe"].get("/measures").json["items"]]
    assert states == ["confirmed", "lifted"]
    body["seen"] = loop["shenhe"].get(f"{previews}?act=warn").json["digest"]
    last = loop.done("shenhe", path, body)
    gone = loop.done("shenhe", f"/measures/{last['id']}/dismissals", {"why": "已经谈过"})
    assert gone["state_name"] == "不予处置"


def test_programmes_classes_and_places_end_as_their_tables_say(loop: Loop) -> None:
    ids = loop.ids
    one = f"/programmes/{ids['programme']}"
    assert loop.done("shenhe", f"{one}/top-ups", {"quantity": 5, "why": "追加"})["quantity"] == 55
    assert loop.done("shenhe", f"{one}/stops", {"why": "核查"})["state_name"] == "已停发"
    refused_with(loop["shenhe"].post(f"{one}/stops", {"why": "核查"}), 409, "event_not_allowed")
    assert loop.done("shenhe", f"{one}/resumptions", {"why": "核查结束"})["state_name"] == "发放中"
    assert loop.done("shenhe", f"{one}/closings", {"why": "年度结束"})["possible"] == []
    draft = f"/programmes/{ids['draft_programme']}"
    refused_with(loop["jiban"].post(f"{draft}/publications", {}), 403, "role_missing")
    assert loop.done("jiban", f"{draft}/discards", {"why": "重复起草"})["state_name"] == "已作废"

    # a returned class is put right and filed again; a cancelled one sends its people to another
    later = CLASS_DAY + timedelta(days=28)
    drafted = f"/classes/{ids['draft_class']}"
    refused_with(loop["t1-admin"].post(f"{drafted}/filings", {"promised": False}), 422, "promise_missing")
    loop.done("t1-admin", f"{drafted}/filings", {"promised": True})
    back = {"decision": "return", "opinion": "场地证明缺失；教师资格缺失"}
    assert loop.done("shenhe", f"{drafted}/reviews", back)["state_name"] == "退回补正"
    revised = {**plan(ids["t1"], first=later), "capacity": 20}
    assert loop.done("t1-admin", f"{drafted}/revisions", revised)["capacity"] == 20
    loop.done("t1-admin", f"{drafted}/filings", {"promised": True})
    loop.done("shenhe", f"{drafted}/reviews", {"decision": "pass", "opinion": "同意"})
    running = f"/classes/{ids['class']}"
    assert loop.done("shenhe", f"{running}/cancellations", {"why": "教师生病"})["state_name"] == "已取消"
    page = at(loop, "zhang").go(f"/my/vouchers/{ids['voucher']}").text
    assert "班级已取消，接下来怎么办" in page
    assert "原来的班取消了，等转班，或本人另选（人社部门办理）" in page
    assert "机构已退出" not in page, "a school that goes on is not said to have left"
    moved = {"voucher_ids": [ids["voucher"]], "class_id": ids["draft_class"], "why": "原班取消"}
    assert loop.done("shenhe", "/transfers", moved)["count"] == 1
    assert loop["zhang"].get(f"/vouchers/{ids['voucher']}").json["class_id"] == ids["draft_class"]
    gone = {"voucher_id": ids["voucher"], "act": "drop", "why": "外出务工"}
    assert loop.done("zhang", "/departures", gone)["state_name"] == "退训"


def test_dictionaries_are_read_by_name_and_day(world: World) -> None:
    world.worker("zhang", *ZHANG_SAN)
    client = world.sign_in("zhang")
    words = client.get("/dictionaries/training_kind").json["items"]
    assert {"code", "name", "since", "source"} <= set(words[0])
    newer = client.get("/dictionaries/training_kind?on=2024-12-31").json["items"]
    assert len(newer) > len(words)
    refused_with(client.get("/dictionaries/nothing"), 404, "dictionary_missing")


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_every_body_has_an_example_the_api_reads_and_every_refusal_its_status(loop: Loop) -> None:
    loop.world.staff("everybody", *Role, region=PROVINCE)
    client = loop.world.sign_in("everybody")
    described: Any = client.http.get("/api/openapi.json").json
    for path, methods in described["paths"].items():
        told = methods.get("post")
        if told is None or path == "/api/v1/sessions":
            continue
        assert {"400", "404", "409", "413", "422"} <= set(told["responses"]), path
        content = told.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue  # a file
        name = content["schema"]["$ref"].rpartition("/")[2]
        example = content.get("example")
        assert example or not described["components"]["schemas"][name].get("properties"), path
        address = re.sub(r"[{][a-z_]+[}]", "1", path.removeprefix("/api/v1"))
        answer = client.post(address, example or {})
        assert (answer.json or {}).get("code") not in ("body_invalid", "amount_not_fen"), (path, answer.json)
        assert answer.status_code < 500, (path, answer.json)
