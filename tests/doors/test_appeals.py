"""复核申请 at the API: filed, answered, taken to the office and ended, each by whose it is."""

from __future__ import annotations

from typing import Any

from tests import town_assess as exams
from tests import town_issue, town_train
from tests.doors.web.test_appeal_pages import SAID, exam
from tests.doors.web.test_evaluator_pages import Exam
from tests.doors.world import Client
from tests.scene import JIYUAN, LI_SI, XINXIANG, ZHANG_SAN
from voucher.rules.actor import Role

__all__ = ["exam"]


def sign_in(exam: Exam, login: str) -> Client:
    """Return somebody's program."""
    exam.world.enable(login)
    return exam.world.sign_in(login)


def test_programs_of_three_sides_find_the_same_as_their_pages(exam: Exam) -> None:
    scene = exam.scene
    scene.hire("县级一", Role.OFFICER_COUNTY, "310101198001017", JIYUAN)
    scene.hire("外地", Role.OFFICER_COUNTY, "310101198001018", XINXIANG)
    me, him, reader, publisher, officer, foreign = (
        sign_in(exam, login)
        for login in (
            town_issue.worker(scene, ZHANG_SAN),
            town_issue.worker(scene, LI_SI),
            town_train.staff(scene, exam.ours, Role.EVALUATOR_ADMIN, 3),
            exams.publisher(scene, exam.ours),
            "县级一",
            "外地",
        )
    )

    def done(client: Client, path: str, body: dict[str, Any]) -> Any:
        answer = client.post(path, body)
        assert answer.status_code == 201, answer.json
        return answer.json

    def told(client: Client, path: str, body: dict[str, Any]) -> tuple[int, str]:
        answer = client.post(path, body)
        return answer.status_code, answer.json["code"]

    subject, unlisted = me.get("/appeal-subjects").json["items"]
    assert (unlisted["kind"], unlisted["last_on"]) == ("registration", None)
    assert (subject["kind"], subject["last_on"], subject["may_appeal"]) == ("result", "2024-03-20", True)
    wish = {"kind": "result", "key": subject["key"], "said": SAID}
    assert told(him, "/appeals", wish) == (404, "appeal_subject_missing")
    assert told(reader, "/appeals", wish)[0] == 403
    assert told(me, "/appeals", {**wish, "kind": "registration"}) == (404, "appeal_subject_missing")
    filed = done(me, "/appeals", wish)
    assert (filed["number"], filed["state_name"], filed["due_on"], filed["said"]) == (
        f"FH-{JIYUAN}-2024-0001", "待受理", "2024-03-15", SAID,
    )  # fmt: skip
    assert told(me, "/appeals", wish) == (409, "appealed_already")
    one = f"/appeals/{filed['id']}"

    # each sees what is theirs, masked, and what was said on the one page only
    for client in (me, reader, officer):
        (listed,) = client.get("/appeals").json["items"]
        assert (listed["masked_name"], "said" in listed) == ("张*", False)
        assert client.get(one).json["said"] == SAID
    for client in (him, foreign):
        assert client.get("/appeals").json["items"] == []
        assert client.get(one).status_code == client.get("/appeals/99999").status_code == 404
    assert foreign.get(f"/appeals?region={JIYUAN}").status_code == 403
    assert len(officer.get(f"/appeals?region={JIYUAN}&state=filed").json["items"]) == 1
    assert officer.get("/appeals?state=escalated").json["items"] == []

    answer = {"answer": "rejected", "opinion": "核对答卷，计分无误"}
    assert told(reader, f"{one}/answers", answer) == (409, "event_not_allowed")
    done(publisher, f"{one}/acceptances", {})
    assert told(publisher, f"{one}/answers", answer) == (403, "appeal_involved")
    worse = {"answer": "upheld", "opinion": "漏加", "theory_hundredths": 58_00, "skill_hundredths": 90_00}
    assert told(reader, f"{one}/answers", worse) == (409, "appeal_correction_no_better")
    assert told(reader, f"{one}/answers", {**answer, "answer": "late"}) == (409, "event_not_allowed")
    assert done(reader, f"{one}/answers", answer)["answer"] == "rejected"
    assert told(officer, f"{one}/decisions", {"overrule": True, "opinion": "属实"}) == (
        409,
        "event_not_allowed",
    )
    done(me, f"{one}/escalations", {"insisted": "第二大题写在背面"})
    assert told(reader, f"{one}/decisions", {"overrule": True, "opinion": "属实"})[0] == 403
    assert told(foreign, f"{one}/decisions", {"overrule": True, "opinion": "属实"}) == (404, "appeal_missing")
    decided = done(officer, f"{one}/decisions", {"overrule": True, "opinion": "背面确有作答"})
    assert (decided["state"], decided["final_answer"]) == ("overruled", "overruled")
    assert told(reader, f"{one}/settlements", {}) == (409, "appeal_settled_by_scores")
    assert told(officer, f"{one}/endings", {"opinion": "不更正"}) == (409, "appeal_settle_in_time")
    assert told(me, f"{one}/withdrawals", {}) == (409, "event_not_allowed")
