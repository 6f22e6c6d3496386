"""The whole way at the API: settled, signed by four, published, paid by three, answered by the bank."""

from __future__ import annotations

import csv
import io
from datetime import UTC
from typing import Any

import pytest
from sqlalchemy import select

from tests.doors.world import Client, World
from tests.scene import EV1, LI_SI, STAFF, ZHANG_SAN, Scene, on
from tests.stages.oversee.test_risk_flags import hire_watchers, planted, raised
from voucher.stages.oversee.risk.assigning import assign
from voucher.stages.oversee.risk.concluding import conclude
from voucher.stages.settle import notice
from voucher.stages.settle.models.payments import PaymentLine

SETTLE = {"kind": "evaluation", "region_code": "419001", "from_on": "2023-10-01", "until_on": "2023-12-31"}


class Office:
    """People at the API, each with a session that is renewed when time has passed."""

    def __init__(self, scene: Scene, world: World) -> None:
        self.scene, self.world = scene, world
        scene.hire_everybody()
        for login in ("operator", *(login for login, _, _ in STAFF)):
            world.enable(login)
        self.clients: dict[str, Client] = {}

    def call(self, login: str, path: str, body: Any, **more: Any) -> Any:
        """Send a write as somebody; signs in where needed."""
        if login not in self.clients:
            self.clients[login] = self.world.sign_in(login)
        return self.clients[login].post(path, body, **more)

    def ok(self, login: str, path: str, body: Any, **more: Any) -> Any:
        """Send a write that must succeed and return its answer."""
        answer = self.call(login, path, body, **more)
        assert answer.status_code in (200, 201), (path, answer.json)
        return answer.json

    def see(self, login: str, path: str) -> Any:
        """Look at something as somebody."""
        if login not in self.clients:
            self.clients[login] = self.world.sign_in(login)
        answer = self.clients[login].get(path)
        assert answer.status_code == 200, (path, answer.json)
        return answer.json

    def pass_days(self, days: int) -> None:
        """Let days pass; every session has ended by then."""
        self.world.later(days=days)
        self.scene.at = self.world.at
        self.clients.clear()


@pytest.fixture
def office(scene: Scene, world: World) -> Office:
    """Return an office with two certificates proven and money granted."""
    scene.at = on("2024-03-06")
    world.at = scene.at.astimezone(UTC)
    made = Office(scene, world)
    scene.file_evaluator(EV1)
    scene.certify(
        scene.certificate(ZHANG_SAN, level="五级"), scene.certificate(LI_SI, level="四级", method="直接认定")
    )
    return made


def test_from_the_budget_to_the_bank(office: Office) -> None:
    budget = {"region_code": "419001", "year": 2024, "source": "employment_subsidy", "amount_fen": 10_000_000}
    budget_id = office.ok("operator", "/budgets", budget)["id"]
    batch = office.ok("operator", "/batches", {**SETTLE, "budget_id": budget_id})
    assert batch["outcomes"]["payable"] == 2
    assert batch["people"] == 2
    assert sum(each["amount_fen"] for each in batch["by_level"]) == batch["payable_fen"]
    assert batch["payable_display"] == f"{batch['payable_fen'] // 100:,}.00"

    page = office.see("初审员", f"/batches/{batch['id']}/lines?limit=1")
    page2 = office.see("初审员", f"/batches/{batch['id']}/lines?limit=1&cursor={page['next_cursor']}")
    lines = page["items"] + page2["items"]
    assert page2["next_cursor"] is None
    assert [each["masked_name"] for each in lines] == ["李*", "张*"]
    assert "直接认定" in lines[0]["explanation"]
    assert ZHANG_SAN[1] not in str(lines)

    sign = f"/batches/{batch['id']}/signatures"
    first = {"step": "first_review", "decision": "pass", "opinion": "材料齐全"}
    assert office.ok("初审员", sign, first)["count"] == 2
    again = office.call("复核员", sign, {**first, "step": "approve"})
    assert again.status_code == 403
    unnamed = office.call("复核员", sign, {**first, "step": "second_review", "decision": "return"})
    assert unnamed.json["facts"]["fields"] == {"claim_ids": ["退回或不予通过须列明申领"]}
    office.ok("复核员", sign, {**first, "step": "second_review"})

    posted = office.ok("复核员", "/notices", {"batch_id": batch["id"]})
    anyone = office.world.visit()
    listed = anyone.get(f"/notices/{posted['id']}/lines").json["items"]
    assert {each["masked_name"] for each in listed} == {"张*", "李*"}
    objection = anyone.post(
        "/objections", {"notice_id": posted["id"], "claim_id": listed[1]["claim_id"], "words": "不在场"}
    ).json
    assert anyone.get(f"/objections/{objection['number']}").json["state"] == "lodged"
    office.ok(
        "异议处理员",
        f"/objections/{objection['id']}/decisions",
        {"decision": "dismiss", "conclusion": "考场监控核实到场"},
    )
    office.pass_days(14)
    office.scene.do("clock", notice.close_due_notices)
    office.ok("审批员", sign, {**first, "step": "approve", "opinion": "同意拨付"})

    missing = office.call("制单员", "/payment-files", {"budget_id": budget_id})
    assert missing.json["code"] == "payees_without_account"
    account = {
        "holder_name": EV1[0],
        "bank_name": "中国银行",
        "account": "257700000000001",
        "evidence": "开户许可证",
    }
    proposed = office.ok("制单员", f"/payee-accounts/{EV1[1]}/corrections", account)
    assert "257700000000001" not in str(proposed)
    confirmation = f"/payee-accounts/{proposed['id']}/confirmations"
    differs = office.call("付款复核员", confirmation, {"decision": "confirm", "account": "257700000000002"})
    assert (differs.status_code, differs.json["code"]) == (409, "payee_account_differs")
    office.ok("付款复核员", confirmation, {"decision": "confirm", "account": account["account"]})

    file = office.ok("制单员", "/payment-files", {"budget_id": budget_id})
    assert file["total_fen"] == batch["payable_fen"]
    signing = f"/payment-files/{file['id']}/signatures"
    office.ok("付款复核员", signing, {"step": "check"})
    office.ok("签发员", signing, {"step": "release"})
    content = f"/payment-files/{file['id']}/content"
    taken = office.call("制单员", content, None, key="download-1")
    assert taken.status_code == 200
    assert taken.data[:2] == b"PK"
    assert office.call("制单员", content, None, key="download-1").data == taken.data
    once_more = office.call("制单员", content, None, key="download-2")
    assert (once_more.status_code, once_more.json["code"]) == (409, "payment_file_downloaded")

    answer = _bank_answer(office, file["id"])
    report = _send(office, file["id"], answer, "b-1")
    assert (report["matched"], report["succeeded"], report["quarantined"]) == (1, 1, 0)
    assert _send(office, file["id"], answer, "b-1") == report
    claim = office.see("审批员", f"/claims?number={lines[0]['claim_number']}")["items"][0]
    assert claim["state"] == "paid"
    timeline = office.see("审批员", f"/claims/{claim['id']}")["timeline"]
    assert [each["event"] for each in timeline][:2] == ["draft", "submit"]
    assert timeline[-1]["event"] == "confirm"
    assert {each["who"] for each in timeline} >= {"初审员", "复核员", "审批员", "签发员"}
    assert office.see("审批员", "/budgets")["items"][0]["spent_fen"] == batch["payable_fen"]


def test_a_second_settlement_names_the_earlier_claim(office: Office) -> None:
    budget = {"region_code": "419001", "year": 2024, "source": "employment_subsidy", "amount_fen": 10_000_000}
    budget_id = office.ok("operator", "/budgets", budget)["id"]
    first = office.ok("operator", "/batches", {**SETTLE, "budget_id": budget_id})
    numbers = [
        each["claim_number"] for each in office.see("初审员", f"/batches/{first['id']}/lines")["items"]
    ]
    second = office.ok("operator", "/batches", {**SETTLE, "budget_id": budget_id})
    lines = office.see("初审员", f"/batches/{second['id']}/lines?outcome=refused")["items"]
    assert [each["refusal"]["facts"]["earlier"] for each in lines] == numbers
    assert second["payable_fen"] == 0


def test_a_hold_stops_the_payment_until_it_is_closed(office: Office) -> None:
    budget = {"region_code": "419001", "year": 2024, "source": "employment_subsidy", "amount_fen": 10_000_000}
    budget_id = office.ok("operator", "/budgets", budget)["id"]
    batch = office.ok("operator", "/batches", {**SETTLE, "budget_id": budget_id})
    claim = office.see("初审员", f"/batches/{batch['id']}/lines")["items"][0]["claim_id"]
    hold = office.ok("初审员", "/holds", {"claim_id": claim, "why": "举报核查"})
    sign = f"/batches/{batch['id']}/signatures"
    stopped = office.call("初审员", sign, {"step": "first_review", "decision": "pass", "opinion": "齐全"})
    assert (stopped.status_code, stopped.json["code"]) == (409, "on_hold")
    raised(office.scene, [planted("teacher", "1/某", 1, stops=(("claim", str(claim)),))])
    by_flag = office.see("初审员", "/holds")["items"][0]["id"]
    answer = office.call("初审员", f"/holds/{by_flag}/closings", {"conclusion": "查无实据"})
    assert (answer.status_code, answer.json["code"]) == (409, "hold_of_risk_flag")
    office.ok("初审员", f"/holds/{hold['id']}/closings", {"conclusion": "查无实据"})
    again = office.call("初审员", sign, {"step": "first_review", "decision": "pass", "opinion": "齐全"})
    assert again.json["code"] == "on_hold", "the flag holds it still"
    one, _ = hire_watchers(office.scene)
    office.scene.do("监管员甲", lambda work: assign(work, 1, one))
    office.scene.do("监管员甲", lambda work: conclude(work, 1, "有批复", is_upheld=False))
    done = office.ok("初审员", sign, {"step": "first_review", "decision": "pass", "opinion": "齐全"})
    assert done["count"] == 2


def test_what_is_taken_back_is_free_again(office: Office) -> None:
    budget = {"region_code": "419001", "year": 2024, "source": "employment_subsidy", "amount_fen": 10_000_000}
    budget_id = office.ok("operator", "/budgets", budget)["id"]
    batch = office.ok("operator", "/batches", {**SETTLE, "budget_id": budget_id})
    claims = [each["claim_id"] for each in office.see("初审员", f"/batches/{batch['id']}/lines")["items"]]
    assert (
        office.ok("operator", "/claims/withdrawals", {"claim_ids": claims, "why": "材料有误"})["count"] == 2
    )
    assert office.see("初审员", "/budgets")["items"][0]["reserved_fen"] == 0
    movements = office.see("初审员", f"/budgets/{budget_id}/movements")["items"]
    assert [each["act"] for each in movements] == ["grant", "reserve", "reserve", "release", "release"]


def _bank_answer(office: Office, payment_file_id: int) -> bytes:
    with office.world.database.read() as session:
        lines = session.scalars(
            select(PaymentLine).where(PaymentLine.payment_file_id == payment_file_id)
        ).all()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["参考号", "金额", "结果", "原因"])
    for line in lines:
        yuan, fen = divmod(line.amount_fen, 100)
        writer.writerow([line.reference, f"{yuan}.{fen:02d}", "成功", ""])
    return out.getvalue().encode()


def _send(office: Office, payment_file_id: int, content: bytes, key: str) -> Any:
    return office.ok(
        "制单员",
        "/bank-results",
        None,
        key=key,
        data={"payment_file_id": str(payment_file_id), "file": (io.BytesIO(content), "回盘.csv")},
    )
