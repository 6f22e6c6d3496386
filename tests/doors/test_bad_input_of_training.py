"""Bad input of the second stage, shown as that of the loop is: by the act, at the API, on the page."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from tests.doors.loop import CLASS_DAY, SUN_BA, Loop, plan
from tests.doors.test_bad_input_of_the_loop import DEVICE, Desk
from tests.doors.test_phones import Wire
from tests.doors.world import refused_with
from tests.scene import HOUSEKEEPER
from voucher.ledger.credentials.keys import ensure_keys
from voucher.registry.people import Newcomer
from voucher.rules.code_format import Kind
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.issue import holding, issuing
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims
from voucher.stages.train import attend, classes, enrol, marking, redeem
from voucher.stages.train.queries import list_sessions

LATER = CLASS_DAY + timedelta(days=28)
EXAM = 50_00


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_every_bad_input_of_training_is_told_by_the_act_the_api_and_the_page(loop: Loop) -> None:
    desk = Desk(loop)
    loop.done("t1-admin", f"/classes/{loop.ids['draft_class']}/filings", {"promised": True})
    decided = {"decision": "pass", "opinion": "准予开班"}
    loop.done("shenhe", f"/classes/{loop.ids['draft_class']}/reviews", decided)
    _plans_that_may_not_open(desk)
    _two_classes_at_one_time(desk, decided)
    _somebody_of_another_class(desk)
    _signed_in_outside_the_timetable(desk)
    _a_counter_that_lost_its_clock(desk)
    _edited_after_the_sign_off(desk)


def _plans_that_may_not_open(desk: Desk) -> None:
    """51 in 50, 39 hours in 40, a teacher in two rooms, and filed too late."""
    elsewhere = {"teacher": "赵老师", "place": "三号楼"}
    short = plan(desk.loop.ids["t1"], first=LATER + timedelta(days=7)) | elsewhere
    short |= {"certificate_kind": "training_completion", "level": 0, "hours_offline": 39}
    short["sessions"][-1]["hours"] = 7
    wrong: dict[str, dict[str, Any]] = {
        "class_too_large": plan(desk.loop.ids["t1"], first=LATER) | elsewhere | {"capacity": 51},
        "hours_short": short,
        "sessions_overlap": plan(desk.loop.ids["t1"], first=LATER) | {"place": "三号楼"},
        "filed_too_late": plan(desk.loop.ids["t1"], first=CLASS_DAY + timedelta(days=7)) | elsewhere,
    }
    for code, body in wrong.items():
        class_id = desk.loop.done("t1-admin", "/classes", body)["id"]
        file = partial(classes.file_class, class_id=class_id, promised=True)
        told = desk.by_act("t1-admin", code, file)
        desk.by_api("t1-admin", told, f"/classes/{class_id}/filings", {"promised": True})
        browser = desk.browser("t1-admin")
        browser.go(f"/institution/classes/{class_id}")
        desk.by_page(told, browser.press("提交，等待审核", promised="1"))
        assert desk.loop["t1-admin"].get(f"/classes/{class_id}").json["state"] == "draft"


def _two_classes_at_one_time(desk: Desk, decided: dict[str, str]) -> None:
    """Nobody sits in two classes at once, be they for two vouchers."""
    loop = desk.loop
    other = plan(loop.ids["t1"], first=LATER) | {"teacher": "孙老师", "place": "四号楼"}
    class_id = loop.done("t1-admin", "/classes", other | {"trade_code": HOUSEKEEPER})["id"]
    loop.done("t1-admin", f"/classes/{class_id}/filings", {"promised": True})
    loop.done("shenhe", f"/classes/{class_id}/reviews", decided)
    named = [Newcomer(SUN_BA[1], SUN_BA[0])]
    loop.world.do("jiban", lambda work: issuing.issue_at_once(work, loop.ids["programme"], named))
    nurse = loop["sun"].get("/vouchers").json["items"][0]["id"]
    loop.world.do("sun", partial(holding.accept, voucher_id=nurse))
    loop.done("sun", "/enrolments", {"voucher_id": nurse, "class_id": loop.ids["draft_class"]})
    taking = partial(issuing.take_voucher, programme_id=loop.ids["open_programme"], declared=True)
    taken = loop.world.do("sun", taking)
    assert taken is not None
    wish = {"voucher_id": taken.id, "class_id": class_id}
    told = desk.by_act("sun", "class_overlaps", partial(enrol.enrol, **wish))
    desk.by_api("sun", told, "/enrolments", wish)
    enter = f"/my/vouchers/{taken.id}/enrolments"
    typed = {"class_id": str(class_id), "sure": "1", "idempotency_key": "an old page"}
    desk.by_page(told, desk.forge("sun", "/my/offers", "退出", enter, **typed))
    loop.ids["sun_voucher"] = nurse


def _somebody_of_another_class(desk: Desk) -> None:
    """Who sits in another class of the same institution is not on this roster."""
    loop, class_id = desk.loop, desk.loop.ids["class"]
    desk.browser("t1-scan")
    digits = loop.world.do("sun", partial(holding.show, voucher_id=loop.ids["sun_voucher"])).digits
    scanned: dict[str, Any] = {
        "digits": digits,
        "class_id": class_id,
        "last4": SUN_BA[1][-4:],
        "device": DEVICE,
    }
    asked = redeem.Redeeming(**scanned, nonce="n-elsewhere")
    told = desk.by_act("t1-scan", "other_class", partial(redeem.redeem, asked=asked))
    desk.by_api("t1-scan", told, "/redemptions", {**scanned, "nonce": "n-elsewhere"})
    browser = desk.browser("t1-scan")
    browser.go(f"/institution/scan?class_id={class_id}")
    page = browser.press("核对", digits=digits)
    desk.by_page(told, page)
    assert 'data-tone="bad"' in page.html


def _signed_in_outside_the_timetable(desk: Desk) -> None:
    """Tomorrow's lesson is not signed in to today, however good the code is."""
    loop = desk.loop
    with loop.world.database.read() as session:
        first, second = list_sessions(session, loop.ids["class"])[:2]
    loop.move_to(CLASS_DAY + timedelta(minutes=1))
    digits = loop.world.do("zhang", partial(holding.show, voucher_id=loop.ids["voucher"])).digits
    asked: dict[str, Any] = {"session_id": second.id, "direction": "in", "code": digits}
    told = desk.by_act(
        "t1-teach",
        "mark_outside_timetable",
        lambda work: marking.mark_by_staff(work, marking.StaffMark(**asked)),
    )
    desk.by_api("t1-teach", told, "/counter-marks", asked | {"device": DEVICE})
    path = f"/institution/sessions/{second.id}/marks"
    here = path.replace(str(second.id), str(first.id))
    desk.by_page(told, desk.forge("t1-teach", here, "签到", path, digits=digits, direction="in"))


def _a_counter_that_lost_its_clock(desk: Desk) -> None:
    """What a scanner with an old clock noted is a case for the office, redeems nobody and pays nobody."""
    loop, ids = desk.loop, desk.loop.ids
    loop.world.do("operator", ensure_keys)
    phone = Wire(loop.world, loop=loop).bind()
    loop["t1-scan"].get(f"/classes/{ids['class']}/offline-pack")
    noted: dict[str, datetime] = {
        "offline_code_stale": loop.world.at - timedelta(days=3),
        "offline_clock_wrong": loop.world.at + timedelta(hours=2),
    }
    scans = [
        {
            "client_id": code,
            "digits": phone.show(ids["other_voucher"], Kind.F),
            "last4": "9927",
            "scanned_at": scanned_at.isoformat(),
        }
        for code, scanned_at in noted.items()
    ]
    told = loop.done("t1-scan", "/offline-scans", {"class_id": ids["class"], "scans": scans})["items"]
    assert {each["client_id"]: (each["outcome"], each["code"]) for each in told} == {
        code: ("conflict", code) for code in noted
    }
    assert loop["t1-scan"].get(f"/vouchers/{ids['other_voucher']}").json["state"] == "enrolled"
    office = desk.browser("shenhe").go("/office/offline-scans")
    for each in told:
        assert each["title"] in office.text
    assert "转人社部门核查" in told[0]["next_step"]
    # neither a case nor the office's conclusion of one brings anything provisional to a claim
    for case in loop["shenhe"].get("/offline-cases").json["items"]:
        concluded = {"conclusion": "学员当日到课"}
        assert loop["shenhe"].post(f"/offline-scans/{case['id']}/closings", concluded).status_code == 201
    claimed = [ids["other_voucher"]]
    claim = partial(file_claims, kind=SubsidyKind.TRAINING, voucher_ids=claimed, terms=PLEDGED)
    refused = desk.by_act("t1-admin", "claim_without_redemption", claim)
    body = {"kind": "training", "voucher_ids": claimed, "pledged": True}
    desk.by_api("t1-admin", refused, "/claims", body)


def _edited_after_the_sign_off(desk: Desk) -> None:
    """Hours signed for are written by nobody any more; a correction takes two and keeps what stood."""
    loop, ids = desk.loop, desk.loop.ids
    for day, each in enumerate(loop["t1-teach"].get(f"/classes/{ids['class']}/sessions").json["items"]):
        loop.move_to(CLASS_DAY + timedelta(days=day, hours=8))
        sat = {"session_id": each["id"], "people": [{"voucher_id": ids["voucher"], "hours": 8}]}
        loop.done("t1-teach", "/attendances", sat)
    exams = [{"voucher_id": ids["voucher"], "exam_hundredths": EXAM}]
    loop.done("t1-admin", "/completions", {"class_id": ids["class"], "exams": exams})
    wish: dict[str, Any] = {
        "session_id": ids["session"],
        "voucher_id": ids["voucher"],
        "hours": 4,
        "why": "看错一行",
    }
    told = desk.by_act("t1-teach", "class_not_in_session", partial(attend.correct_attendance, **wish))
    desk.by_api("t1-teach", told, "/attendances/corrections", wish)
    sheet = f"/institution/sessions/{ids['session']}"
    typed = {name: str(value) for name, value in wish.items() if name != "session_id"}
    typed["idempotency_key"] = "an old page"
    desk.by_page(told, desk.forge("t1-teach", sheet, "退出", f"{sheet}/corrections", **typed))
    again = {"class_id": ids["class"], "exams": exams}
    refused_with(loop["t1-admin"].post("/completions", again), 409, "event_not_allowed")
