"""Standings, applications and verification at the API: the way through, and who gets in nowhere."""

from __future__ import annotations

from tests.doors.loop import LI_SI, OPEN_PROGRAMME, SUN_BA, Loop
from voucher.plumbing.unit_of_work import Work
from voucher.registry.outside.asking import Outside
from voucher.registry.outside.systems import connect
from voucher.registry.users import load_actor
from voucher.rules.actor import Role
from voucher.rules.outside import FactKind
from voucher.stages.issue.questions import leave_questions

NURSE = {"trade_code": "4-10-01-05", "level": 2, "region_code": "419001"}
DEMAND = {"demands": [{"label": "失业登记证明", "fact": "employment"}]}


def made_programme(loop: Loop) -> int:
    """Draft and publish a programme that wants a proof."""
    terms = {**OPEN_PROGRAMME, "name": "失业人员培训券", "budget_id": loop.ids["budget"]}
    programme_id = int(loop.done("jiban", "/programmes", terms)["id"])
    assert loop["zz-jiban"].post(f"/programmes/{programme_id}/demands", DEMAND).status_code == 404
    assert loop.done("jiban", f"/programmes/{programme_id}/demands", DEMAND)["count"] == 1
    loop.done("shenhe", f"/programmes/{programme_id}/publications")
    late = loop["jiban"].post(f"/programmes/{programme_id}/demands", {"demands": []})
    assert (late.status_code, late.json["code"]) == (409, "demands_stand")
    return programme_id


def test_an_application_goes_its_way_and_is_nobody_elses(loop: Loop) -> None:
    programme_id = made_programme(loop)
    body = {"programme_id": programme_id, "declared": True, "items": [{"position": 1, "said": "见证明"}]}
    refused = loop["sun"].post("/takings", {"programme_id": programme_id, "declared": True})
    assert (refused.status_code, refused.json["code"]) == (422, "proof_wanted")
    assert loop["jiban"].post("/applications", body).status_code == 403
    filed = loop.done("sun", "/applications", body)
    again = loop["sun"].post("/applications", body)
    assert (again.status_code, again.json["code"]) == (409, "application_standing")
    own = f"/applications/{filed['id']}"
    detail = loop["sun"].get(own).json
    item_id = detail["items"][0]["id"]
    assert (detail["state"], detail["masked_name"]) == ("filed", "孙*")

    asked = {"questions": [{"item_id": item_id, "question": "哪里出具"}]}
    decided = {"decision": "approve", "opinion": "已核实"}
    for login in ("li", "zz-shenhe"):
        assert loop[login].get(own).status_code == 404, login
    for path, right in (("clarifications", asked), ("decisions", decided)):
        assert loop["zz-shenhe"].post(f"{own}/{path}", right).status_code == 404
        assert loop["sun"].post(f"{own}/{path}", right).status_code == 403
        assert loop["t1-admin"].post(f"{own}/{path}", right).status_code == 403
        assert loop["shenhe"].post(f"/applications/999999/{path}", right).status_code == 404
    loop.done("shenhe", f"{own}/clarifications", asked)
    question_id = loop["sun"].get(own).json["items"][0]["questions"][0]["id"]
    answers = {"answers": [{"question_id": question_id, "answer": "市人社局"}]}
    assert loop["li"].post(f"{own}/answers", answers).status_code == 404
    assert loop["li"].post(f"{own}/withdrawals", {}).status_code == 404
    assert loop.done("sun", f"{own}/answers", answers)["state"] == "filed"
    listed = loop["shenhe"].get("/applications?state=filed").json["items"]
    assert [each["id"] for each in listed] == [filed["id"]]
    assert loop["zz-shenhe"].get("/applications").json["items"] == []
    assert loop["li"].get("/applications").json["items"] == []
    loop.done("shenhe", f"{own}/decisions", decided)
    taken = loop.done("sun", "/takings", {"programme_id": programme_id, "declared": True})
    assert taken["voucher"]["state"] == "accepted"


def test_one_answer_before_training_and_what_nobody_answers_is_never_passed(loop: Loop) -> None:
    mine = loop["li"].post("/standings", NURSE).json
    assert mine["outcome"] == "refused", "the key is locked by the voucher in a class"
    training = next(each for each in mine["subsidies"] if each["kind"] == "training")
    assert training["refusal"]["code"] == "duplicate_entitlement"
    assert training["earlier"]["state_name"] == "券已锁定"
    assert training["refusal"]["source"]
    theirs = loop["shenhe"].post("/standings", {**NURSE, "number": LI_SI[1]}).json
    assert theirs["subsidies"] == mine["subsidies"], "the same answer for whoever asks"
    assert loop["sun"].post("/standings", NURSE).json["outcome"] == "payable"
    assert loop["sun"].post("/standings", {**NURSE, "number": LI_SI[1]}).status_code == 403
    assert loop["zz-shenhe"].post("/standings", {**NURSE, "number": LI_SI[1]}).status_code == 403
    assert loop["t1-admin"].post("/standings", NURSE).status_code == 403

    def connect_one(work: Work) -> None:
        connect(work, FactKind.DECEASED, name="公安人口库", address="http://127.0.0.1:1/")

    loop.world.staff("sheng", Role.OFFICER_PROVINCE)
    loop.world.do("sheng", connect_one)
    wish = {"programme_id": loop.ids["open_programme"], "declared": True}
    refused = loop["sun"].post("/takings", wish)
    assert (refused.status_code, refused.json["code"]) == (503, "outside_unverified")
    loop.done("sun", "/applications", {**wish, "items": [{"position": 1, "said": "本人在此"}]})
    loop.world.do("clock", leave_questions)
    outside = Outside(loop.world.database, loop.world.keyring)
    with loop.world.database.read() as session:
        keeper = load_actor(session, "clock", loop.world.at.date())
    assert outside.ask_due(keeper, loop.world.at) == 0
    (question,) = loop["shenhe"].get("/outside-questions").json["items"]
    assert (question["kind"], question["last_outcome"]) == ("deceased", "联系不上")
    assert SUN_BA[1] not in str(question)
    verified = {"held": False, "amount": None, "evidence": "本人到场"}
    path = f"/outside-questions/{question['id']}/verifications"
    assert loop["zz-shenhe"].post(path, verified).status_code == 404
    assert loop["jiban"].post(path, verified).status_code == 403
    loop.done("shenhe", path, verified)
    assert loop["shenhe"].post(path, verified).status_code == 404
    assert loop.done("sun", "/takings", wish)["voucher"]["state"] == "accepted"
