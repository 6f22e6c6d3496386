"""Bad input of exams and certificates, line by line: posted at a door, told in a sentence, nothing changed.

Each line of the list has its own step below, named after it; each looks at every table an exam or a
certificate could leave something in.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from tests import town_assess as exams
from tests import town_certified
from tests.doors.web.browser import Browser
from tests.doors.world import Client, World
from tests.registers import Reply, say, serving, truth_of
from tests.scene import COOK, EV1, EV2, LI_SI, NURSE, SUN_BA, TURNER, ZHANG_SAN, Scene, on, staff_number
from tests.stages.certify.test_register_port import connect
from voucher.ledger.vouchers import Voucher
from voucher.registry.people import Person
from voucher.rules.actor import Role
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES
from voucher.stages.assess import admit
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult
from voucher.stages.assess.models_examiners import CandidateEntry
from voucher.stages.certify.attach import attach_proofs
from voucher.stages.certify.models import Certificate, RegisterEntry, Verification, VoucherProof
from voucher.stages.certify.models_look_ups import RegisterLookUp
from voucher.stages.settle.models.claims import Claim

pytestmark = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)
WATCHED = (Person, ExamBatch, Candidate, CandidateEntry, ExamResult, Certificate, VoucherProof, Claim)
AYGUL = ("阿依古丽·买买提", staff_number("65010419900101002"))
KINDS = {name: str(kind) for kind, name in CERTIFICATE_KIND_NAMES.items()}
LEVELS = {"五级": 2, "四级": 3}


@dataclass
class Desk:
    """An evaluator at its doors, and everything its input could change."""

    scene: Scene
    world: World
    ours: int

    def move_to(self, day: str, hour: int = 9) -> None:
        """Let time pass until an hour of a day."""
        self.scene.at = on(day, hour)
        self.world.at = self.scene.at.astimezone(UTC)

    def at(self, login: str) -> Client:
        """Return somebody signed in; the session is a new one."""
        if login not in self.world.secrets:
            self.world.enable(login)
        return self.world.sign_in(login)

    def count(self) -> dict[str, int]:
        """Return how many rows there are of everything watched, and how many vouchers of each state."""
        with self.scene.database.read() as session:
            found = {
                each.__name__: session.scalar(select(func.count()).select_from(each)) or 0 for each in WATCHED
            }
            states = session.execute(select(Voucher.state, func.count()).group_by(Voucher.state))
            return found | {f"voucher {state}": count for state, count in states}

    def refused(self, client: Client, path: str, body: Mapping[str, Any], code: str, sentence: str) -> None:
        """Expect one refusal with its sentence and a next step, and nothing changed."""
        before = self.count()
        said = client.post(path, dict(body)).json
        assert (said["code"], sentence in said["title"]) == (code, True), said
        assert said["detail"]
        assert self.count() == before, code

    def refused_rows(
        self, client: Client, rows: Sequence[Mapping[str, Any]], told: Sequence[tuple[str, str]]
    ) -> None:
        """Expect certificates to be refused, each with its code and sentence, and nothing changed."""
        before = self.count()
        said = client.post("/certificates", {"certificates": list(rows)}).json
        assert said["code"] == "import_refused", said
        found = [(each["line"], each["code"], each["title"]) for each in said["facts"]["rows"]]
        for line, (code, sentence) in enumerate(told, 1):
            mine = [title for here, which, title in found if (here, which) == (line, code)]
            assert any(sentence in title for title in mine), (line, found)
        assert all(each["next_step"] for each in said["facts"]["rows"])
        assert self.count() == before


@pytest.fixture
def desk(scene: Scene, world: World) -> Desk:
    """Return an evaluator whose filing ends at the end of June."""
    made = Desk(scene, world, 0)
    made.move_to("2024-03-06")
    scene.hire_everybody()
    made.ours = exams.evaluator(scene, EV1, until="2024-06-30", trades=[NURSE, TURNER])
    return made


def plan(desk: Desk, **changes: Any) -> dict[str, Any]:
    """Return an exam of next week as the API takes it."""
    return {
        "institution_id": desk.ours, "certificate_kind": "skill_level", "trade_code": NURSE, "level": 2,
        "exam_on": "2024-03-13", "place": "实训楼",
    } | changes  # fmt: skip


def direct(person: tuple[str, str]) -> dict[str, Any]:
    """Return somebody without a voucher, by years of work."""
    evidence = {"way": "work_years", "evidence": "社保缴费证明 41-7", "years": 6}
    return {"name": person[0], "number": person[1], **evidence}


def test_every_bad_input_of_an_exam_is_refused_at_the_door_and_changes_nothing(desk: Desk) -> None:
    scene = desk.scene
    scene.import_people([{"姓名": AYGUL[0], "证件号码": AYGUL[1]}])
    _, vouchers = exams.finished(scene, ZHANG_SAN, LI_SI)
    login = exams.admin(scene, desk.ours)
    admin = desk.at(login)
    # outside scope; the evaluator expired on the day, and not on the day before
    outside = plan(desk, trade_code=COOK)
    desk.refused(admin, "/exam-batches", outside, "evaluator_out_of_scope", "备案范围不含")
    late = plan(desk, exam_on="2024-07-01")
    desk.refused(admin, "/exam-batches", late, "evaluator_out_of_date", "不在有效期内")
    assert admin.post("/exam-batches", plan(desk, exam_on="2024-06-30")).status_code in (200, 201)
    # the wrong person by one character; a dot is a dot in either spelling, 叁 is not 三
    wrong = plan(desk, people=[direct(("张叁", ZHANG_SAN[1]))])
    desk.refused(admin, "/exam-batches", wrong, "candidate_name_differs", "姓名")
    digit = ZHANG_SAN[1][:-2] + ("2" if ZHANG_SAN[1][-2] == "1" else "1") + ZHANG_SAN[1][-1]
    wrong = plan(desk, people=[direct((ZHANG_SAN[0], digit))])
    before = desk.count()
    said = admin.post("/exam-batches", wrong)
    assert (said.status_code, desk.count() == before) == (422, True), said.json
    assert "校验" in str(said.json), said.json
    dotted = (AYGUL[0].replace("\u00b7", "\u2022"), AYGUL[1])
    made = admin.post("/exam-batches", plan(desk, voucher_ids=vouchers, people=[direct(dotted)]))
    assert made.status_code in (200, 201), made.json
    batch_id = made.json["id"]
    # one person twice in one session, by voucher, by name, and by both at once
    path = f"/exam-batches/{batch_id}/candidates"
    for twice in (
        {"voucher_ids": [vouchers[0]]},
        {"people": [direct(ZHANG_SAN)]},
        {"people": [direct(SUN_BA), direct(SUN_BA)]},
    ):
        desk.refused(admin, path, twice, "candidate_listed_already", "同一名考生在本批次中出现两次")

    exams.arrange(scene, batch_id)
    desk.move_to("2024-03-13")
    listed = exams.candidates(scene, batch_id)
    first, second = (listed[each] for each in vouchers)
    for one, (_, number) in ((first, ZHANG_SAN), (second, LI_SI)):
        let_in = partial(admit.admit, candidate_id=one, identity_number=number)
        scene.do(exams.examiner(scene, desk.ours), let_in)
    clerk = desk.at(exams.clerk(scene, desk.ours))
    _a_score_file_with_letters(desk, clerk, batch_id, first, second)
    exams.enter(scene, batch_id, {first: (75_00, 80_00), second: (59_00, 80_00)})
    exams.publish(scene, batch_id)
    # a changed score after sign-off
    again = {"candidate_id": second, "theory_hundredths": 95_00, "skill_hundredths": 80_00}
    changed = {"exam_batch_id": batch_id, "scores": [again]}
    desk.refused(clerk, "/results", changed, "exam_batch_closed", "")
    once_more = {"exam_batch_id": batch_id, "scores": [{"candidate_id": second, "skill_hundredths": 95_00}]}
    desk.refused(clerk, "/second-entries", once_more, "exam_batch_closed", "")
    assert [exams.state(scene, each) for each in vouchers] == ["assessed", "trained"]


def _a_score_file_with_letters(desk: Desk, clerk: Client, batch_id: int, first: int, second: int) -> None:
    browser = Browser(clerk.http)
    browser.go(f"/evaluator/batches/{batch_id}")
    before = desk.count()
    sheet = f"考生编号,理论成绩,技能成绩\n{first},75,80\n{second},6O,8O\n".encode()
    page = browser.press("上传成绩", file=(io.BytesIO(sheet), "成绩.csv"))
    assert "逐行问题（1 行，共读 2 行）" in page.text
    assert "成绩格式不正确" in page.text
    assert desk.count() == before, "the row that is right is not kept either"


def certificate(row: Mapping[str, object], **changes: Any) -> dict[str, Any]:
    """Return a row of an upload as the API takes it."""
    return {
        "name": row["姓名"], "identity_number": row["证件号码"], "kind": KINDS[str(row["证书类型"])],
        "trade_code": row["职业编码"], "level": LEVELS[str(row["等级"])], "number": row["证书编号"],
        "issued_on": row["发证日期"], "evaluator_code": row["评价机构统一社会信用代码"], "method": "exam",
    } | changes  # fmt: skip


def test_every_bad_certificate_is_refused_at_the_door_and_changes_nothing(desk: Desk) -> None:
    scene = desk.scene
    admin = desk.at(exams.admin(scene, desk.ours))
    good = scene.certificate(ZHANG_SAN, issued="2024-03-05")
    late = scene.certificate(ZHANG_SAN, issued="2024-07-01")
    digit = ZHANG_SAN[1][:-2] + ("2" if ZHANG_SAN[1][-2] == "1" else "1") + ZHANG_SAN[1][-1]
    desk.refused_rows(
        admin,
        [
            certificate(good, level=3),
            certificate(good, issued_on="2023-03-05"),
            certificate(scene.certificate(ZHANG_SAN, COOK, issued="2024-03-05")),
            certificate(late),
            certificate(good, identity_number=digit),
        ],
        [
            ("certificate_level_disagrees", "等级"),
            ("certificate_year_disagrees", "年"),
            ("evaluator_out_of_scope", "备案范围不含"),
            ("evaluator_out_of_date", "不在有效期内"),
            ("identity_check_digit", "校验"),
        ],
    )
    _a_name_by_one_character_and_by_its_dot(desk, admin)


def _a_name_by_one_character_and_by_its_dot(desk: Desk, admin: Client) -> None:
    """What was uploaded under 张叁 is not 张三's; a dot in another spelling is the same name."""
    scene = desk.scene
    mine, hers = (scene.certificate(each, issued="2024-03-05") for each in (ZHANG_SAN, AYGUL))
    renamed = certificate(mine, name="张叁")
    dotted = certificate(hers, name=AYGUL[0].replace("\u00b7", "\u2022"))
    assert admin.post("/certificates", {"certificates": [renamed, dotted]}).status_code in (200, 201)
    scene.import_register([scene.registered(each) for each in (mine, hers)])
    numbers = [mine["证书编号"], hers["证书编号"]]
    admin.post("/verifications", {"numbers": numbers})
    shown = {each["number"]: each for each in admin.get("/certificates").json["items"]}
    told = shown[mine["证书编号"]]
    assert told["verified"] is False
    assert [(each["code"], bool(each["next_step"])) for each in told["refusals"]] == [
        ("certificate_name_mismatch", True)
    ]
    assert shown[hers["证书编号"]]["verified"] is True


def test_a_certificate_dated_before_its_exam_makes_no_money(desk: Desk) -> None:
    scene, world = desk.scene, desk.world
    scene.file_evaluator(EV2, trades=[NURSE], levels=["五级"])
    budget = scene.open_budget()
    made = town_certified.certified(scene, budget, ZHANG_SAN, until="assessed")
    early = scene.certificate(ZHANG_SAN, issued="2024-03-05")
    admin = desk.at(exams.admin(scene, desk.ours))
    assert admin.post("/certificates", {"certificates": [certificate(early)]}).status_code in (200, 201)
    scene.import_register([scene.registered(early)])
    before = desk.count()
    admin.post("/verifications", {"numbers": [early["证书编号"]]})
    assert scene.do("clock", attach_proofs) == 0
    assert desk.count() == before
    world.worker("zhang", *ZHANG_SAN)
    shown = world.sign_in("zhang").get(f"/vouchers/{made.voucher_ids[0]}").json["why_not"]
    assert [(each["code"], "早于考试日期" in each["title"]) for each in shown] == [
        ("certificate_too_early", True)
    ]


def test_an_answer_for_somebody_else_and_a_redirect_inside_verify_nobody(desk: Desk) -> None:
    scene = desk.scene
    scene.hire("接入员", Role.OFFICER_PROVINCE, "310101199001010330")
    scene.hire("接入员二", Role.ADMINISTRATOR, "310101199001010250")
    admin = desk.at(exams.admin(scene, desk.ours))
    rows = [scene.certificate(each, issued="2024-03-05") for each in (ZHANG_SAN, LI_SI)]
    recorded = admin.post("/certificates", {"certificates": [certificate(each) for each in rows]})
    assert recorded.status_code in (200, 201)
    number = str(rows[0]["证书编号"])
    stranger = truth_of(rows[0]) | {"name": LI_SI[0], "identity_number": LI_SI[1]}
    with serving(lambda _: say()) as inside, serving(lambda _: say(stranger)) as register:
        connect(scene, register.address)
        before = desk.count()
        admin.post("/verifications", {"numbers": [number]})
        told = _shown(admin, number)
        assert told["verified"] is False
        assert [each["code"] for each in told["refusals"]][:1] == ["certificate_person_mismatch"]
        register.answer = lambda _: Reply(say(truth_of(rows[0])).body, 302, (("Location", inside.address),))
        admin.post("/verifications", {"numbers": [number]})
        assert (_shown(admin, number)["verified"], inside.asked) == (False, [])
        assert desk.count() == before
        register.answer = lambda _: say(truth_of(rows[0]))
        admin.post("/verifications", {"numbers": [number]})
        assert _shown(admin, number)["verified"] is True, "the truth alone is believed"
    with scene.database.read() as session:
        kept = session.scalars(select(RegisterLookUp.outcome).order_by(RegisterLookUp.id)).all()
        snapshots = session.scalar(select(func.count()).select_from(Verification))
        entries = session.scalars(select(RegisterEntry.number).distinct()).all()
    assert len(kept) == 3
    assert kept[1] not in ("found", "absent")
    assert (snapshots or 0) >= 2
    assert entries == [number]


def _shown(admin: Client, number: str) -> dict[str, Any]:
    items: list[dict[str, Any]] = admin.get("/certificates").json["items"]
    return next(each for each in items if each["number"] == number)
