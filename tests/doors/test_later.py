"""The API from the exam to the appeal: who stands at the door, whose scores count, what a voucher is paid."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from tests.conftest import FOUNDED_AT
from tests.doors.world import Client, World
from tests.scene import EV1, EV2, JIYUAN, LI_SI, NURSE, QIAN_QI, SUN_BA, ZHANG_SAN, Scene, on, staff_number
from tests.town_certified import certified, settle_down
from voucher.doors.auth.door import DoorLimits
from voucher.ledger.audit import AuditRow
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.registry.institutions import Institution
from voucher.registry.people import Newcomer, open_people
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.stages.settle import review

ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Town:
    """An evaluator, a school and an office at the API; who is signed in stays so until time passes."""

    scene: Scene
    world: World
    budget: int
    ids: dict[str, int]
    clients: dict[str, Client] = field(default_factory=dict)

    def as_(self, login: str) -> Client:
        if login not in self.clients:
            self.clients[login] = self.world.sign_in(login)
        return self.clients[login]

    def ok(self, login: str, path: str, body: Any = None) -> Any:
        answer = self.as_(login).post(path, body if body is not None else {})
        assert answer.status_code == 201, (path, answer.json)
        return answer.json

    def refused(self, login: str, path: str, body: Any) -> tuple[int, str]:
        answer = self.as_(login).post(path, body)
        return answer.status_code, answer.json["code"]

    def see(self, login: str, path: str) -> Any:
        answer = self.as_(login).get(path)
        assert answer.status_code == 200, (path, answer.json)
        return answer.json

    def move_to(self, day: str) -> None:
        self.scene.at = on(day)
        self.world.at = self.scene.at.astimezone(UTC)
        self.clients.clear()


@pytest.fixture
def town(database: Database, keyring: Keyring, tmp_path: Path) -> Town:
    scene = Scene(database, keyring, tmp_path, FOUNDED_AT)
    budget = settle_down(scene)
    with database.read() as session:
        ids = {each.code: each.id for each in session.scalars(select(Institution))}
    world = World(database, keyring, tmp_path, at=scene.at.astimezone(UTC))
    for login, role in (
        ("guanli", Role.EVALUATOR_ADMIN),
        ("gongbu", Role.EVALUATOR_ADMIN),
        ("kaoping", Role.EXAMINER),
        ("luru", Role.SCORE_CLERK),
    ):
        world.colleague(login, ids[EV1[1]], role)
    world.colleague("jiaowu", ids[EV2[1]], Role.REGISTRAR)
    world.colleague("xiaozhang", ids[EV2[1]], Role.INSTITUTION_ADMIN)
    for login in ("operator", "初审员", "复核员"):
        world.enable(login)
    return Town(scene, world, budget, ids)


def test_an_exam_is_sat_by_the_listed_scored_by_one_and_published_by_another(town: Town) -> None:
    made = certified(town.scene, town.budget, ZHANG_SAN, LI_SI, until="trained")
    exam = town.ok(
        "guanli",
        "/exam-batches",
        {
            "institution_id": town.ids[EV1[1]], "certificate_kind": "skill_level", "trade_code": NURSE,
            "level": 2, "exam_on": "2024-01-17", "place": "考场", "voucher_ids": made.voucher_ids[:1],
        },
    )  # fmt: skip
    assert (exam["state_name"], exam["candidates"]) == ("待评价", 1)
    batch = f"/exam-batches/{exam['id']}"
    people = [{"name": SUN_BA[0], "number": SUN_BA[1]}]
    unsaid = town.refused("guanli", f"{batch}/candidates", {"people": people})
    assert unsaid == (422, "entry_way_missing")
    people[0] |= {"way": "education", "education": "secondary_vocational", "evidence": "毕业证书 4105230001"}
    added = town.ok("guanli", f"{batch}/candidates", {"voucher_ids": made.voucher_ids[1:], "people": people})
    assert len(added["candidate_ids"]) == 2
    listed = town.see("kaoping", f"{batch}/candidates?limit=2")
    rest = town.see("kaoping", f"{batch}/candidates?limit=2&cursor={listed['next_cursor']}")["items"]
    first, second, third = (each["candidate_id"] for each in listed["items"] + rest)
    assert {each["masked_name"] for each in listed["items"] + rest} == {"张*", "李*", "孙*"}

    _take_seats(town, batch, first)

    town.move_to("2024-01-17")
    early = town.refused("kaoping", f"/candidates/{first}/admissions", {"number": ZHANG_SAN[1]})
    assert early == (409, "examiners_too_few")
    hands = [_examiner(town, serial) for serial in (1, 2, 3)]
    assert town.refused("guanli", f"{batch}/examiners", {"examiner_ids": [*hands, 999]}) == (
        404, "examiner_missing"
    )  # fmt: skip
    chosen = town.ok("guanli", f"{batch}/examiners", {"examiner_ids": hands})
    assert sorted(chosen["examiner_ids"]) == hands
    assert [each["id"] for each in town.see("kaoping", "/examiners")["items"]] == hands[::-1]
    stranger = town.refused("kaoping", f"/candidates/{first}/admissions", {"number": LI_SI[1]})
    assert stranger == (409, "candidate_differs")
    with town.world.database.read() as session:
        turned = select(func.count()).select_from(AuditRow)
        assert session.scalar(turned.where(AuditRow.act == "turn_away", AuditRow.object_id == first)) == 1
    for candidate, (_, number) in ((first, ZHANG_SAN), (second, LI_SI)):
        assert town.ok("kaoping", f"/candidates/{candidate}/admissions", {"number": number})["admitted_at"]
    scores = [
        {"candidate_id": first, "theory_hundredths": 8_650, "skill_hundredths": 7_000},
        {"candidate_id": second, "theory_hundredths": 5_000, "skill_hundredths": 9_000},
    ]
    assert town.ok("luru", "/results", {"exam_batch_id": exam["id"], "scores": scores})["count"] == 2
    unread = town.see("kaoping", f"{batch}/candidates")["items"][0]
    assert (unread["skill_hundredths"], unread["skill_hidden"], unread["twice_read"]) == (
        None,
        True,
        "waiting",
    )
    assert town.refused("gongbu", f"{batch}/publications", {}) == (409, "skill_read_once")
    twice = [{"candidate_id": first, "skill_hundredths": 7_000}]
    assert town.refused("luru", "/second-entries", {"exam_batch_id": exam["id"], "scores": twice}) == (
        403, "second_reader_needed"
    )  # fmt: skip
    twice += [{"candidate_id": second, "skill_hundredths": 900}]
    differing = town.ok("kaoping", "/second-entries", {"exam_batch_id": exam["id"], "scores": twice})
    assert (differing["count"], differing["differing"]) == (2, [second])
    assert town.refused("gongbu", f"{batch}/publications", {}) == (409, "skill_readings_differ")
    twice[1]["skill_hundredths"] = 9_000
    mended = town.ok("kaoping", "/second-entries", {"exam_batch_id": exam["id"], "scores": twice})
    assert (mended["count"], mended["differing"]) == (1, [])
    told = town.ok("gongbu", f"{batch}/publications")
    assert told == {"exam_batch_id": exam["id"], "passed": 1, "failed": 1, "absent": 1, "held": []}
    rows = {each["candidate_id"]: each for each in town.see("luru", f"{batch}/candidates")["items"]}
    assert [rows[each]["passed"] for each in (first, second, third)] == [True, False, None]
    assert rows[first]["voucher_state"] == "已评价"

    wrong = rows[second]["result_id"]
    asked = {"step": "ask", "theory_hundredths": 6_000, "skill_hundredths": 9_000}
    why = town.as_("luru").post(f"/results/{wrong}/corrections", asked)
    assert why.json["facts"]["fields"] == {"why": ["提出更正须写明理由"]}
    new = town.ok("guanli", f"/results/{wrong}/corrections", {**asked, "why": "合分有误"})
    assert (new["revision"], new["passed"], new["confirmed_at"]) == (2, True, None)
    alone = town.refused("guanli", f"/results/{new['id']}/corrections", {"step": "confirm"})
    assert alone == (403, "second_person_needed")
    done = town.ok("gongbu", f"/results/{new['id']}/corrections", {"step": "confirm"})
    assert done["confirmed_at"]
    again = {each["candidate_id"]: each for each in town.see("guanli", f"{batch}/candidates")["items"]}
    assert (again[second]["passed"], again[second]["voucher_state"]) == (True, "已评价")
    assert town.see("初审员", batch)["passed"] == 2


def _take_seats(town: Town, batch: str, first: int) -> None:
    """See that a room is filed, chosen for an exam of three, and says so on everybody's slip."""
    filed = {"institution_id": town.ids[EV1[1]], "name": "本部", "address": "学苑路 1 号"}
    site = town.ok("guanli", "/exam-sites", filed)
    assert town.refused("guanli", "/exam-sites", filed) == (409, "exam_site_named_already")
    rooms = f"/exam-sites/{site['id']}/rooms"
    small = town.ok("guanli", rooms, {"name": "焊接车间", "kind": "workshop", "seats": 2})
    hall = town.ok("guanli", rooms, {"name": "301 机房", "kind": "hall", "seats": 30})
    wrong = town.as_("guanli").post(rooms, {"name": "库房", "kind": "barn", "seats": 0}).json["facts"]
    assert set(wrong["fields"]) == {"kind", "seats"}
    (shown,) = town.see("kaoping", "/exam-sites")["items"]
    assert [each["name"] for each in shown["rooms"]] == ["焊接车间", "301 机房"]
    choose = f"{batch}/rooms"
    assert town.refused("guanli", choose, {"room_ids": [999], "begins": "09:00"}) == (
        404, "exam_room_missing"
    )  # fmt: skip
    full = town.refused("guanli", choose, {"room_ids": [small["id"]], "begins": "09:00"})
    assert full == (409, "exam_rooms_full")
    assert town.refused("guanli", choose, {"room_ids": [hall["id"]], "begins": "9 点"})[0] == 422
    chosen = town.ok("guanli", choose, {"room_ids": [hall["id"]], "begins": "14:30"})
    assert chosen["seats"] == 3
    why = {"why": "改作他用"}
    in_use = town.refused("guanli", f"/exam-rooms/{hall['id']}/endings", why)
    assert in_use == (409, "exam_room_in_use")
    assert town.ok("guanli", f"/exam-rooms/{small['id']}/endings", why)["ended_at"]
    seats = town.see("初审员", f"{batch}/seats?limit=2")
    rest = town.see("初审员", f"{batch}/seats?cursor={seats['next_cursor']}")["items"]
    taken = [(each["room_name"], each["masked_name"]) for each in seats["items"] + rest]
    assert sorted(taken) == [("301 机房", "孙*"), ("301 机房", "张*"), ("301 机房", "李*")]
    slips = town.ok("kaoping", f"{batch}/slips")["items"]
    assert [each["name"] for each in slips if each["candidate_id"] == first] == ["张三"]
    assert {each["place"]["begins_at"][11:16] for each in slips} in ({"06:30"}, {"14:30"})
    assert "991X" not in str(slips), "the end of the card is asked for at the door"
    one = town.ok("kaoping", f"{batch}/slips", {"candidate_id": first})["items"]
    assert [each["number"] for each in one] == [
        each["number"] for each in slips if each["candidate_id"] == first
    ]
    with town.world.database.read() as session:
        printed = select(func.count()).select_from(AuditRow).where(AuditRow.act == "print_slips")
        assert session.scalar(printed) == 2


def _send_to_the_register(town: Town, number: str) -> None:
    """See that a certificate is sent once, and what was sent is opened by its evaluator alone."""
    period = {"institution_id": town.ids[EV1[1]], "since": "2024-01-01", "until": "2024-12-31"}
    both = town.as_("guanli").post("/register-uploads", period | {"batch": "PJ-1"}).json
    assert both["facts"]["fields"] == {"since": ["请填写发证日期的起止，或只填写评价批次"]}
    swapped = period | {"since": "2024-12-31", "until": "2024-01-01"}
    assert town.refused("guanli", "/register-uploads", swapped) == (422, "register_upload_days_reversed")
    foreign = town.refused("guanli", "/register-uploads", period | {"institution_id": town.ids[EV2[1]]})
    assert foreign == (403, "role_missing")
    made = town.ok("guanli", "/register-uploads", period)
    assert (made["rows"], len(made["sha256"])) == (1, 64)
    assert town.refused("guanli", "/register-uploads", period) == (409, "register_upload_nothing_due")
    content = f"/register-uploads/{made['id']}/content"
    opened = town.as_("gongbu").post(content, {})
    assert (opened.status_code, opened.json["sha256"]) == (200, made["sha256"])
    told = dict(zip(opened.json["columns"], opened.json["rows"][0], strict=True))
    assert number in told.values()
    (listed,) = town.see("guanli", "/register-uploads")["items"]
    assert (listed["new"], listed["corrected"], listed["revoked"]) == (1, 0, 0)
    assert town.refused("guanli", "/register-uploads/999/content", {}) == (404, "register_upload_missing")
    town.world.colleague("bieren", town.ids[EV2[1]], Role.EVALUATOR_ADMIN)
    assert town.refused("bieren", content, {}) == (404, "register_upload_missing")
    assert town.see("bieren", "/register-uploads")["items"] == []


@ONE_DATABASE
def test_an_employer_keeps_its_own_staff_and_nobody_elses(town: Town) -> None:
    firm = ("示例重工有限公司", "91410100MATE5T066B", "Y000041030004")
    town.scene.file_evaluator(firm, kind="用人单位")
    with town.world.database.read() as session:
        mine = session.scalars(select(Institution.id).where(Institution.code == firm[1])).one()
    town.world.colleague("renshi", mine, Role.EVALUATOR_ADMIN)
    body = {
        "institution_id": mine, "person": {"name": SUN_BA[0], "number": SUN_BA[1]},
        "since": "2020-03-01", "evidence_kind": "contract", "evidence": "HT-1",
    }  # fmt: skip
    assert town.refused("guanli", "/employments", body) == (403, "role_missing")
    other = body | {"institution_id": town.ids[EV1[1]]}
    assert town.refused("guanli", "/employments", other) == (409, "not_an_employer")
    assert town.refused("renshi", "/employments", body | {"evidence_kind": "mouth"})[0] == 422
    assert town.refused("renshi", "/employments", body | {"until": "2019-01-01"}) == (
        422, "employment_days_reversed"
    )  # fmt: skip
    renamed = body | {"person": {"name": "李叁", "number": LI_SI[1]}}
    town.scene.do("operator", lambda work: open_people(work, [Newcomer(LI_SI[1], LI_SI[0])]))
    assert town.refused("renshi", "/employments", renamed) == (409, "employment_name_differs")
    made = town.ok("renshi", "/employments", body)
    assert (made["masked_name"], made["insured"], made["until"]) == ("孙*", "unsaid", None)
    assert SUN_BA[1] not in str(town.see("renshi", "/employments"))
    twice = town.refused("renshi", "/employments", body | {"since": "2021-01-01"})
    assert twice == (409, "employment_stated_already")
    # two stays one after the other: the first cannot be said to end within the second
    later = {"person": {"name": QIAN_QI[0], "number": QIAN_QI[1]}}
    stay = town.ok("renshi", "/employments", body | later | {"until": "2098-12-31"})
    town.ok("renshi", "/employments", body | later | {"since": "2099-01-01"})
    longer = {"until": "2099-06-30", "why": "续签"}
    assert town.refused("renshi", f"/employments/{stay['id']}/endings", longer) == (
        409, "employment_stated_already"
    )  # fmt: skip
    checked = town.ok("renshi", "/insurance-checks", {"institution_id": mine})
    assert checked["connected"] is False, "nobody is connected to answer, and nobody pretends"
    ending = f"/employments/{made['id']}/endings"
    assert town.refused("guanli", ending, {"until": "2024-02-01", "why": "x"}) == (404, "employment_missing")
    assert town.refused("renshi", ending, {"until": "2019-12-31", "why": "x"}) == (
        422, "employment_days_reversed"
    )  # fmt: skip
    day = f"{town.scene.at:%Y-%m-%d}"
    assert town.ok("renshi", ending, {"until": day, "why": "合同到期"})["until"] == day
    assert town.refused("renshi", ending, {"until": day, "why": "x"}) == (409, "employment_ended")
    assert town.see("guanli", "/employments")["items"] == []


def _examiner(town: Town, serial: int) -> int:
    person = {"name": "王考评", "number": staff_number(f"31010119800101{serial:03d}")}
    sent = {
        "institution_id": town.ids[EV1[1]], "person": person, "card_number": f"KP41{serial}",
        "since": "2024-01-01",
    }  # fmt: skip
    return int(town.ok("guanli", "/examiners", sent)["id"])


def test_a_certificate_is_recorded_verified_claimed_on_revoked_and_put_back(town: Town) -> None:
    done = certified(town.scene, town.budget, ZHANG_SAN, LI_SI, until="assessed")
    row = town.scene.certificate(ZHANG_SAN, issued=f"{town.scene.at:%Y-%m-%d}")
    number, printed = str(row["证书编号"]), {"name": ZHANG_SAN[0], "last_four": "991x"}
    sent = {
        "name": ZHANG_SAN[0], "identity_number": ZHANG_SAN[1], "kind": "skill_level", "trade_code": NURSE,
        "level": 2, "number": number, "issued_on": f"{town.scene.at:%Y-%m-%d}",
        "evaluator_code": EV1[1], "method": "exam", "theory_hundredths": 8_650, "skill_hundredths": 9_100,
    }  # fmt: skip
    foreign = town.as_("guanli").post("/certificates", {"certificates": [{**sent, "evaluator_code": EV2[1]}]})
    assert (foreign.status_code, foreign.json["code"]) == (422, "import_refused")
    assert foreign.json["facts"]["rows"][0]["line"] == 1
    assert ZHANG_SAN[1] not in foreign.text
    recorded = town.ok("guanli", "/certificates", {"certificates": [sent]})
    assert (recorded["added"], recorded["certified"]) == (1, 0)
    town.scene.import_register([town.scene.registered(row)])
    # the register was asked as its row came in; it says the same now, and the voucher gets its proof
    assert town.ok("guanli", "/verifications", {"numbers": [number]})["changed"] == 0
    shown = town.see("guanli", f"/certificates/{number}")
    assert (shown["state_name"], shown["verified"]) == ("有效", True)
    assert shown["voucher_id"] == done.voucher_ids[0]
    assert [each["event"] for each in shown["timeline"]] == ["record", "verify"]

    anybody = town.world.visit()
    right = anybody.post("/certificate-checks", {"number": number, **printed}, key="")
    assert (right.status_code, right.json["valid"], right.json["institution_name"]) == (200, True, EV1[0])
    others = [
        anybody.post("/certificate-checks", body, key="")
        for body in (
            {**printed, "number": number, "name": "李四"},
            {**printed, "number": "S0000410"},
            {**printed, "number": number, "last_four": "9927"},
        )
    ]
    assert {each.status_code for each in others} == {404}
    assert others[0].json == others[1].json == others[2].json

    _send_to_the_register(town, number)
    claimed = town.ok(
        "jiaowu", "/claims", {"kind": "training", "voucher_ids": done.voucher_ids[:1], "pledged": True}
    )
    line = claimed["batches"][0]["lines"][0]
    assert (line["outcome"], line["amount_display"], line["refusal"]) == ("payable", "1,200.00", None)
    assert town.see("jiaowu", "/claims")["items"][0]["id"] == line["claim_id"]
    assert town.see("guanli", "/claims")["items"] == []
    refused = town.refused(
        "jiaowu", "/claims", {"kind": "training", "voucher_ids": done.voucher_ids[1:], "pledged": True}
    )
    assert refused == (409, "voucher_not_certified")

    why = {"number": number, "why": "查实替考"}
    blind = town.refused("初审员", "/certificate-revocations", why | {"seen": "0" * 64})
    assert blind == (409, "revocation_unseen"), "who has not seen what falls with it revokes nothing"
    falls = town.as_("初审员").post("/mass-revocation-previews", {"numbers": [number]}).json
    seen = why | {"seen": falls["digest"]}
    assert town.ok("初审员", "/certificate-revocations", seen)["state_name"] == "已撤销"
    assert not anybody.post("/certificate-checks", {"number": number, **printed}, key="").json["valid"]
    back = {"step": "ask", "number": number, "why": "申诉成立"}
    assert town.ok("初审员", "/certificate-reinstatements", back)["reinstated"] is False
    alone = town.refused("初审员", "/certificate-reinstatements", {"step": "confirm", "number": number})
    assert alone == (403, "second_person_needed")
    agreed = town.ok("复核员", "/certificate-reinstatements", {"step": "confirm", "number": number})
    assert (agreed["reinstated"], agreed["state"]) == (True, "valid")

    # several at once: what falls is told, another person confirms exactly that, and elsewhere it is missing
    town.scene.hire("新乡", Role.OFFICER_CITY, "310101199001010360", "410700")
    town.world.enable("新乡")
    chosen = {"numbers": [number]}
    assert town.refused("新乡", "/mass-revocation-previews", chosen) == (404, "certificate_number_unknown")
    falls = town.as_("初审员").post("/mass-revocation-previews", chosen).json
    assert (falls["people"], falls["vouchers"], falls["claims_unpaid"], falls["unpaid_fen"]) == (
        1,
        1,
        1,
        1200_00,
    )
    wish = {**chosen, "why": "同批替考", "seen": falls["digest"]}
    assert town.refused("新乡", "/mass-revocations", wish) == (404, "certificate_number_unknown")
    asked = town.ok("初审员", "/mass-revocations", wish)
    one = f"/mass-revocations/{asked['id']}"
    assert town.see("复核员", one)["now"] == asked["shown"] == falls
    assert town.see("新乡", "/mass-revocations")["items"] == []
    assert town.as_("新乡").get(one).json["code"] == "mass_revocation_missing"
    seen = {"seen": falls["digest"]}
    for path, body in (("confirmations", seen), ("dismissals", {"why": "x"})):
        assert town.refused("新乡", f"{one}/{path}", body) == (404, "mass_revocation_missing")
    assert town.refused("初审员", f"{one}/confirmations", seen) == (403, "second_person_needed")
    assert town.ok("复核员", f"{one}/confirmations", seen)["confirmed"] is True
    assert town.see("guanli", f"/certificates/{number}")["state"] == "revoked"
    assert town.refused("复核员", f"{one}/dismissals", {"why": "x"}) == (409, "mass_revocation_decided")


def test_a_held_voucher_waits_and_a_fraud_is_taken_back_and_put_back_by_two(town: Town) -> None:
    done = certified(town.scene, town.budget, ZHANG_SAN, LI_SI)
    first, second = done.voucher_ids
    hold = town.ok("初审员", "/holds", {"voucher_id": first, "why": "举报核查"})
    assert (hold["thing"], hold["voucher_id"], hold["claim_id"]) == ("voucher", first, None)
    assert town.see("复核员", "/holds?thing=voucher")["items"] == [hold]
    assert town.see("复核员", "/holds?thing=claim")["items"] == []
    body = {"kind": "training", "voucher_ids": [first], "pledged": True}
    assert town.refused("jiaowu", "/claims", body) == (409, "on_hold")
    town.ok("复核员", f"/holds/{hold['id']}/closings", {"conclusion": "查无实据"})
    assert town.see("复核员", "/holds")["items"] == []
    both = town.as_("初审员").post("/holds", {"voucher_id": first, "claim_id": 1, "why": "x"})
    assert both.json["facts"]["fields"] == {"voucher_id": ["培训券和申领须填且只填一项"]}

    unpaid = town.ok("初审员", "/decertifications", {"voucher_id": second, "why": "查实代签"})
    assert unpaid["state_name"] == "无证失效"
    filed = town.ok("jiaowu", "/claims", body)["batches"][0]
    _pay(town, filed["batch_id"])
    paid = town.ok("初审员", "/decertifications", {"voucher_id": first, "why": "查实代签"})
    assert paid["state_name"] == "追回中"
    owed = town.see("jiaowu", "/clawbacks")["items"]
    assert [(each["amount_display"], each["state"]) for each in owed] == [("1,200.00", "opened")]
    assert town.see("guanli", "/clawbacks")["items"] == []
    with town.scene.database.read() as session:
        name = session.get_one(Institution, owed[0]["institution_id"]).name
    for payee, count in ((name[1:4], 1), ("没有这家", 0), ("%", 0)):
        assert len(town.see("jiaowu", f"/clawbacks?payee={quote(payee)}")["items"]) == count, payee
        assert len(town.see("复核员", f"/clawbacks?payee={quote(payee)}&region={JIYUAN}")["items"]) == count
    asked = {"step": "ask", "voucher_id": first, "why": "申诉成立"}
    assert town.ok("初审员", "/reinstatements", asked)["reinstated"] is False
    step = {"step": "confirm", "voucher_id": first}
    assert town.refused("初审员", "/reinstatements", step) == (403, "second_person_needed")
    put_back = town.ok("复核员", "/reinstatements", step)
    assert (put_back["state_name"], put_back["reinstated"]) == ("已兑现", True)
    assert town.see("jiaowu", "/clawbacks")["items"][0]["state"] == "waived"


def _pay(town: Town, batch_id: int) -> None:
    """Take a batch to the bank by the real acts, and come back to the doors at that time."""
    town.scene.at = town.world.at
    town.scene.review_and_post(batch_id)
    town.scene.close_notices()
    town.scene.do("审批员", lambda work: review.sign(work, batch_id, Step.APPROVE, opinion="同意拨付"))
    town.scene.bank_answers(town.scene.make_file(town.budget))
    town.world.at = town.scene.at
    town.clients.clear()


@ONE_DATABASE
def test_a_school_proposes_its_own_account_and_no_other(town: Town) -> None:
    account = {"holder_name": EV2[0], "bank_name": "中行", "account": "257700000000999", "evidence": "许可证"}
    made = town.ok("xiaozhang", f"/payee-accounts/{EV2[1]}/corrections", account)
    assert made["institution_id"] == town.ids[EV2[1]]
    assert "257700000000999" not in str(town.see("jiaowu", "/payee-accounts"))
    assert [each["id"] for each in town.see("jiaowu", "/payee-accounts")["items"]] == [made["id"]]
    assert town.see("guanli", "/payee-accounts")["items"] == []
    agreeing = f"/payee-accounts/{made['id']}/agreements"
    typed = {"decision": "agree", "account": "257700000000999"}
    assert town.refused("xiaozhang", agreeing, typed) == (403, "second_person_needed")
    assert town.refused("jiaowu", agreeing, {**typed, "account": "257700000000998"})[1] == (
        "payee_account_differs"
    )
    assert town.ok("jiaowu", agreeing, typed)["state"] == "proposed"
    other = {**account, "holder_name": "王某个人"}
    assert town.refused("xiaozhang", f"/payee-accounts/{EV2[1]}/corrections", other) == (
        409,
        "payee_account_holder_differs",
    )
    foreign = town.refused("xiaozhang", f"/payee-accounts/{EV1[1]}/corrections", account)
    assert foreign == (404, "institution_missing")


@ONE_DATABASE
def test_checks_of_certificates_are_not_for_guessing(
    database: Database, keyring: Keyring, tmp_path: Path
) -> None:
    tight = DoorLimits(objection_rate="2 per minute")
    anybody = World(database, keyring, tmp_path, limits=tight).visit()
    body = {"number": "S000041010001235000001", "name": "张三", "last_four": "991X"}
    answers = [anybody.post("/certificate-checks", body, key="") for _ in range(3)]
    assert [each.status_code for each in answers] == [404, 404, 429]
    assert answers[2].json["code"] == "too_many_requests"
    # nor are the numbers of complaints, whichever way they are asked for; the empty form is for everybody
    for path in ("/complaints?number=TS-20240306-1", "/complaints/TS-20240306-1"):
        assert [anybody.http.get(path).status_code for _ in range(3)] == [404, 404, 429], path
    assert [anybody.http.get("/complaints?number=").status_code for _ in range(4)] == [200] * 4


WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("/results", {"scores": [{"candidate_id": 1, "theory_hundredths": 80.5}]}, "scores.0.theory_hundredths"),
    ("/results", {"scores": [{"candidate_id": 1, "skill_hundredths": 10_001}]}, "scores.0.skill_hundredths"),
    ("/results", {"scores": []}, "scores"),
    ("/results", {"scores": [{"candidate_id": True}]}, "scores.0.candidate_id"),
    ("/exam-batches/1/candidates", {}, "voucher_ids"),
    ("/verifications", {"numbers": []}, "numbers"),
    ("/verifications", {"numbers": ["x" * 61]}, "numbers.0"),
    ("/claims", {"kind": "bonus", "voucher_ids": [1]}, "kind"),
    ("/claims", {"kind": "evaluation", "voucher_ids": [1], "amount_fen": 9}, "amount_fen"),
    ("/failures", {"voucher_id": "1", "why": "x"}, "voucher_id"),
)


@ONE_DATABASE
def test_a_wrong_field_is_named(world: World) -> None:
    world.staff("pingjia", Role.EVALUATOR_ADMIN)
    client = world.sign_in("pingjia")
    for path, given, named in WRONG:
        answer = client.post(path, {"exam_batch_id": 1, **given} if path == "/results" else given)
        assert (answer.status_code, answer.json["code"]) == (422, "body_invalid"), answer.json
        assert list(answer.json["facts"]["fields"]) == [named]
