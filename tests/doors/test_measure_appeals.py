"""Appeals against measures through the API: by the house concerned, once, in time, heard by others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.doors.loop import Loop
from tests.doors.world import refused_with

pytestmark = pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
WORDS = {"words": "3 月 4 日实际上课，见签到和照片", "contact": "13800000000"}


def warned(loop: Loop) -> int:
    """Have an institution warned by two people and return the id of the measure."""
    house = f"/institutions/{loop.ids['t1']}"
    seen = loop["shenhe"].get(f"{house}/sanction-previews?act=warn").json["digest"]
    asked = {"act": "warn", "why": "未按计划开课", "seen": seen}
    measure: int = loop.done("jianguan", f"{house}/sanctions", asked)["id"]
    digest = loop["shenhe"].get(f"/measures/{measure}").json["effect"]["digest"]
    loop.done("shenhe", f"/measures/{measure}/confirmations", {"seen": digest})
    return measure


def test_a_house_appeals_once_against_its_own_measure_and_others_decide(loop: Loop) -> None:
    measure = warned(loop)
    path = f"/measures/{measure}/appeals"
    for login, status, code in (
        ("t2-admin", 404, "measure_missing"),
        ("zhang", 403, "role_missing"),
        ("shenhe", 403, "role_missing"),
    ):
        refused_with(loop[login].post(path, WORDS), status, code)
    refused_with(loop["t1-admin"].post("/measures/999999/appeals", WORDS), 404, "measure_missing")
    refused_with(loop["t1-admin"].post(path, {**WORDS, "words": " "}), 422, "complaint_words_missing")
    filed: dict[str, Any] = loop.done("t1-admin", path, WORDS)
    assert (filed["measure_id"], filed["state"], filed["number"][:3]) == (measure, "filed", "SS-")
    again = loop["t1-admin"].post(path, WORDS)
    refused_with(again, 409, "measure_appealed_already")
    assert "已经提出申诉" in again.json["title"]

    # it goes on meanwhile, and neither of the two who decided it deals with it
    assert loop["shenhe"].get(f"/institutions/{loop.ids['t1']}").json["state_name"] == "约谈"
    (case,) = loop["shenhe2"].get("/complaints?kind=appeal").json["items"]
    assert (case["id"], "words" in case) == (filed["id"], False)
    one = f"/complaints/{filed['id']}"
    refused_with(loop["zz-shenhe"].post(f"{one}/acceptances", {}), 404, "complaint_missing")
    for login in ("jianguan", "shenhe"):
        answer = loop[login].post(f"{one}/acceptances", {})
        assert answer.status_code in (403, 409), (login, answer.json)
    loop.done("shenhe2", f"{one}/acceptances", {})
    said = loop.done("shenhe2", f"{one}/looks", {})
    assert said["words"] == WORDS["words"]
    upheld = {"is_upheld": True, "words": "签到、照片属实", "reply": "申诉成立，处置予以撤销"}
    assert loop.done("shenhe2", f"{one}/conclusions", upheld)["state"] == "upheld"


def test_after_its_days_a_measure_is_appealed_against_no_more(loop: Loop) -> None:
    measure = warned(loop)
    loop.move_to(loop.world.at + timedelta(days=90))
    late = loop["t1-admin"].post(f"/measures/{measure}/appeals", WORDS)
    refused_with(late, 409, "measure_appeal_closed")
    assert "申诉期到" in late.json["title"]
    assert "行政复议" in late.json["detail"]
