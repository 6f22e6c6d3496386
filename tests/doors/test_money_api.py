"""The nouns of the money's own desks: month closes, year ends, set-aside lines, statements, delegations."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from tests.doors.world import Client, World
from tests.loop.telling import claims_of, ready, settle_for
from tests.scene import LI_SI, XINXIANG, ZHANG_SAN, Scene, on
from voucher.ledger.restoring import notice_older
from voucher.rules.actor import Role

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def told(answer: Any) -> tuple[int, str]:
    """Return the status and the code of a refusal."""
    return answer.status_code, answer.json["code"]


def stands(scene: Scene, world: World, day: str) -> dict[str, Client]:
    """Have the day come, and the money's people signed in."""
    scene.at = on(day)
    world.at = scene.at.astimezone(UTC)
    return {login: world.sign_in(login) for login in ("制单员", "付款复核员", "外区制单", "外区复核")}


def hired(scene: Scene, world: World) -> None:
    """Hire finance here and in another city, and give them accounts at the door."""
    scene.hire("外区制单", Role.FINANCE_MAKER, "310101199001010770", XINXIANG)
    scene.hire("外区复核", Role.FINANCE_CHECKER, "310101199001010780", XINXIANG)
    for login in ("制单员", "付款复核员", "外区制单", "外区复核"):
        world.enable(login)


def test_a_month_and_a_year_are_closed_by_two_people_and_foreign_ones_are_missing(
    scene: Scene, world: World
) -> None:
    ready(scene, "2024-12-01")
    budget = scene.open_budget(1000)
    settle_for(scene, [ZHANG_SAN], budget)
    hired(scene, world)
    by = stands(scene, world, "2025-01-02")
    month = {"region_code": "419001", "year": 2024, "month": 12}
    assert told(by["外区制单"].post("/month-closes", month)) == (403, "region_foreign")
    made = by["制单员"].post("/month-closes", month)
    assert made.status_code == 201, made.json
    path = f"/month-closes/{made.json['id']}/signatures"
    assert told(by["外区复核"].post(path, {})) == (404, "month_close_missing")
    assert told(by["外区复核"].post("/month-closes/999/signatures", {})) == (404, "month_close_missing")
    closed = by["付款复核员"].post(path, {})
    assert (closed.status_code, closed.json["posting_count"]) == (201, 2)
    assert [each["month"] for each in by["制单员"].get("/month-closes").json["items"]] == [12]
    assert by["外区制单"].get("/month-closes").json["items"] == []

    path = f"/budgets/{budget}/year-ends"
    assert told(by["外区制单"].get(path)) == (404, "budget_missing")
    assert told(by["外区制单"].post(path, {"document": "文"})) == (404, "budget_missing")
    seen = by["制单员"].get(path).json
    assert (seen["claims"], seen["reserved_fen"], seen["rest_fen"]) == (1, 200_00, 800_00)
    assert (seen["over"], seen["carries_reserved"], seen["carries_rest"]) == (True, True, False)
    asked = by["制单员"].post(path, {"document": "济财预〔2025〕1号"})
    assert asked.status_code == 201, asked.json
    sign = f"/year-ends/{asked.json['id']}/signatures"
    sums = {"reserved_fen": 200_00, "rest_fen": 800_00}
    assert told(by["外区复核"].post(sign, sums)) == (404, "year_end_missing")
    assert told(by["付款复核员"].post(sign, {**sums, "rest_fen": 1})) == (409, "year_end_changed")
    done = by["付款复核员"].post(sign, sums)
    assert (done.status_code, done.json["moved_fen"]) == (201, 200_00)
    late = by["付款复核员"].post(f"/year-ends/{asked.json['id']}/withdrawals", {})
    assert told(late) == (409, "year_end_over")
    listed = by["制单员"].get("/budgets?year=2024").json["items"]
    assert listed[0]["carried_into_id"] == done.json["into_budget_id"]


def test_two_finance_people_vouch_for_what_was_paid_after_a_restored_backup(
    scene: Scene, world: World
) -> None:
    scene.hire_everybody()
    hired(scene, world)
    by = stands(scene, world, "2025-01-02")
    path = "/restored-payments?region=419001"
    assert by["制单员"].get(path).json["confirmed"] is True
    word = {"region_code": "419001", "words": "银行明细已逐笔核对"}
    assert told(by["制单员"].post("/restored-payments", word)) == (409, "restored_payments_confirmed")
    scene.do("clock", lambda work: notice_older(work, 900, "0" * 64))
    scene.plant(
        "UPDATE restored_copy SET reconciled_at = noticed_at, reconciled_by_person_id = 1,"
        " entries = 0, erased = 0"
    )
    seen = by["制单员"].get(path).json
    assert (seen["confirmed"], seen["anchored_seq"], seen["words"]) == (False, 900, [])
    assert told(by["外区制单"].get(path)) == (403, "region_foreign")
    assert told(by["外区制单"].post("/restored-payments", word)) == (403, "region_foreign")
    assert told(by["制单员"].post("/restored-payments", {**word, "words": ""})) == (422, "body_invalid")
    first = by["制单员"].post("/restored-payments", word)
    assert (first.status_code, first.json["confirmed"], len(first.json["words"])) == (201, False, 1)
    assert told(by["制单员"].post("/restored-payments", word)) == (403, "second_person_needed")
    second = by["付款复核员"].post("/restored-payments", word)
    assert (second.json["confirmed"], len(second.json["words"])) == (True, 2)


def test_a_person_stops_a_subsidy_and_two_officers_let_it_go_on(scene: Scene, world: World) -> None:
    ready(scene, "2024-01-10")
    budget = scene.open_budget(1000)
    settle_for(scene, [ZHANG_SAN, LI_SI], budget)
    world.at = scene.at.astimezone(UTC)
    world.worker("zhang", *ZHANG_SAN)
    scene.hire("外区审核", Role.OFFICER_CITY, "310101199001010790", XINXIANG)
    for login in ("初审员", "复核员", "外区审核"):
        world.enable(login)
    zhang, one, two, far = (world.sign_in(each) for each in ("zhang", "初审员", "复核员", "外区审核"))
    listed = zhang.get("/subsidies").json["items"]
    assert [each["step"] for each in listed] == ["待初审"]
    claims = {each.person_id: each.id for each in claims_of(scene)}
    mine = listed[0]["claim_id"]
    other = next(each for each in claims.values() if each != mine)
    wish = {"claim_id": mine, "problem": "not_me"}
    assert told(zhang.post("/denials", {**wish, "claim_id": other})) == (404, "claim_missing")
    made = zhang.post("/denials", wish)
    assert (made.status_code, made.json["held"]) == (201, True)
    path = f"/denials/{made.json['id']}"
    reply = {"upheld": False, "answer": "本人到场确认"}
    assert told(far.post(f"{path}/answers", reply)) == (404, "denial_missing")
    assert far.get("/denials").json["items"] == []
    assert one.post(f"{path}/answers", reply).status_code == 201
    assert told(one.post(f"{path}/signatures", {"decision": "confirm"})) == (403, "second_person_needed")
    hold = one.get("/holds").json["items"][0]["id"]
    assert told(one.post(f"/holds/{hold}/closings", {"conclusion": "放行"})) == (409, "hold_of_denial")
    assert two.post(f"{path}/signatures", {"decision": "return"}).json["answered_at"] is None
    assert one.post(f"{path}/answers", reply).status_code == 201
    seen = zhang.get("/subsidies").json["items"][0]["denial"]
    assert (seen["upheld"], seen["answered_at"]) == (None, None)
    assert zhang.get("/subsidies").json["items"][0]["answer"] is None
    done = two.post(f"{path}/signatures", {"decision": "confirm"})
    assert done.json["confirmed_at"] is not None
    assert one.get("/holds").json["items"] == []
    assert one.get("/denials?state=open").json["items"] == []
    assert zhang.get("/subsidies").json["items"][0]["answer"] == "本人到场确认"
    assert told(zhang.post(f"{path}/withdrawals", {})) == (409, "denial_answered_already")

    # a second case of another kind is found true: the line stays until two people lift it
    made = zhang.post("/denials", {"claim_id": mine, "problem": "other"})
    lift = f"/denials/{made.json['id']}/liftings"
    assert told(one.post(lift, {"step": "ask", "why": "已更正"})) == (409, "denial_not_stopped")
    assert told(far.post(lift, {"step": "ask", "why": "已更正"})) == (404, "denial_missing")
    assert one.post(lift, {"step": "decline"}).status_code == 422
    world.worker("li", *LI_SI)
    li = world.sign_in("li")
    stolen = li.post("/denials", {"claim_id": other, "problem": "not_me"})
    assert stolen.json["held"] is True
    case = f"/denials/{stolen.json['id']}"
    lift = f"{case}/liftings"
    assert one.post(f"{case}/answers", {"upheld": True, "answer": "签到非本人"}).status_code == 201
    assert two.post(f"{case}/signatures", {"decision": "confirm"}).status_code == 201
    before = scene.budget(budget).reserved_fen
    asked = one.post(lift, {"step": "ask", "why": "收款单位已更正"})
    assert (asked.status_code, asked.json["lifted"]) == (201, False)
    assert told(two.post(lift, {"step": "ask", "why": "再提"})) == (409, "reinstatement_asked_already")
    for by, answer in (
        (one, (403, "second_person_needed")), (far, (404, "denial_missing")), (zhang, (403, "role_missing")),
    ):  # fmt: skip
        assert told(by.post(lift, {"step": "decline", "why": "没有书面材料"})) == answer
        assert told(by.post(lift, {"step": "confirm"})) == answer
    assert told(two.post(lift, {"step": "decline", "why": " "}))[1] in ("why_missing", "body_invalid")
    declined = two.post(lift, {"step": "decline", "why": "没有书面材料"})
    assert (declined.status_code, declined.json["lifted"]) == (201, False)
    assert told(two.post(lift, {"step": "confirm"})) == (409, "reinstatement_not_asked"), "it is asked anew"
    assert len(one.get("/holds").json["items"]) == 1
    assert two.post(lift, {"step": "ask", "why": "补交书面材料"}).status_code == 201
    lifted = one.post(lift, {"step": "confirm"})
    assert (lifted.status_code, lifted.json["lifted"]) == (201, True)
    assert one.get("/holds").json["items"] == []
    assert told(one.post(lift, {"step": "confirm"})) == (409, "denial_not_stopped")
    assert scene.budget(budget).reserved_fen == before, "lifting moves no money"
