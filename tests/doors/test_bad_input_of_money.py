"""Bad input of the money at the API: a stable code, a sentence with the next step, and no posting changed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select, text

from tests.doors.test_settlement import SETTLE, Office, office
from tests.loop.telling import person, set_parameter
from tests.scene import ELECTRICIAN, EV1, EV2, LI_SI, XINXIANG, ZHANG_SAN, Scene
from voucher.ledger.budget import Budget
from voucher.ledger.entitlements import Entitlement
from voucher.ledger.postings import Account, Transfer
from voucher.rules.actor import Role
from voucher.rules.vocabulary import FundSource
from voucher.stages.settle import notice
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import BankResult, Payment

__all__ = ["office"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SPELLED = "".join(chr(ord(each) + 0xFEE0) for each in ZHANG_SAN[1].lower())
PASSED = {"decision": "pass", "opinion": "材料齐全"}


@contextmanager
def no_posting(scene: Scene) -> Iterator[None]:
    """Expect every posting, balance, budget, claim, key and payment afterwards to be what it was."""
    before = _money(scene)
    yield
    assert _money(scene) == before


def _money(scene: Scene) -> list[Any]:
    with scene.database.read() as session:
        counted = [session.scalar(select(func.count()).select_from(each)) for each in (Transfer, BankResult)]
        rows = [
            select(Account.id, Account.balance_fen),
            select(Budget.id, Budget.reserved_fen, Budget.spent_fen),
            select(Claim.id, Claim.state, Claim.amount_fen),
            select(Entitlement.id, Entitlement.state),
            select(Payment.id, Payment.state, Payment.amount_fen),
        ]
        return [*counted, *(sorted(map(tuple, session.execute(each))) for each in rows)]


def says(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Expect a refusal with a title, a next step and a source, and return its facts."""
    told = answer.json
    assert (answer.status_code, told["code"]) == (status, code), told
    assert told["title"]
    assert told["detail"]
    assert told["source"]
    facts: dict[str, Any] = told["facts"]
    return facts


def test_the_same_claim_from_anywhere_a_mixed_fund_and_a_late_one_are_refused(office: Office) -> None:
    scene = office.scene
    budget = scene.open_budget()
    first = office.ok("operator", "/batches", {**SETTLE, "budget_id": budget})
    lines = office.see("初审员", f"/batches/{first['id']}/lines")["items"]
    number = next(each["claim_number"] for each in lines if each["masked_name"] == "张*")
    scene.file_evaluator(EV2, region=XINXIANG)
    xinxiang = scene.open_budget(region=XINXIANG)
    insurance = scene.open_budget(source=FundSource.UNEMPLOYMENT_INSURANCE)

    # another institution, region and year, another spelling of the same number; then another kind
    scene.certify(
        scene.certificate(ZHANG_SAN, evaluator=EV2, issued="2024-02-20"),
        scene.certificate((ZHANG_SAN[0], SPELLED), evaluator=EV2, issued="2024-02-21"),
    )
    wish = {**SETTLE, "region_code": XINXIANG, "from_on": "2024-01-01", "until_on": "2024-03-01"}
    with no_posting(scene):
        again = office.ok("operator", "/batches", {**wish, "budget_id": xinxiang})
        refused = office.see("初审员", f"/batches/{again['id']}/lines")["items"]
        assert [
            (each["refusal"]["code"], each["refusal"]["facts"]["earlier"], each["amount_fen"])
            for each in refused
        ] == [("duplicate_entitlement", number, 0)] * 2
        assert all(number in each["refusal"]["title"] and each["refusal"]["next_step"] for each in refused)
    kind = scene.certificate(
        LI_SI, ELECTRICIAN, "四级", kind="职业资格证书", number="2341900100400001", issued="2023-10-20"
    )
    scene.certify(kind, scene.certificate(LI_SI, ELECTRICIAN, "四级", issued="2023-12-01"))
    one = office.ok("operator", "/batches", {**SETTLE, "budget_id": budget})
    assert (one["outcomes"]["payable"], one["outcomes"]["refused"]) == (1, 3), "no key says the kind"

    with no_posting(scene):
        other_fund = office.ok("operator", "/batches", {**SETTLE, "budget_id": insurance})
        assert other_fund["outcomes"]["refused"] == 4, "no line is paid from a second fund"
        says(office.call("operator", "/batches", {**SETTLE, "budget_id": xinxiang}), 409, "budget_elsewhere")
        mixed = office.call("operator", "/batches", {**SETTLE, "budget_id": [budget, insurance]})
        assert mixed.status_code == 422

    set_parameter(scene, "claim_window_months_listed", "3", "2023-01-01", "月")
    scene.certify(scene.certificate(person(9)))
    with no_posting(scene):
        late = office.ok("operator", "/batches", {**SETTLE, "budget_id": budget})
        told = [each["refusal"] for each in office.see("初审员", f"/batches/{late['id']}/lines")["items"]]
        passed = [each for each in told if each["code"] == "claim_window_passed"]
        assert "2024-02-15" in {each["facts"]["until"] for each in passed}, (
            "three months after the certificate"
        )
        assert all(each["next_step"] for each in passed)


def test_a_hand_twice_a_name_no_bank_writes_a_changed_file_and_odd_answers_change_nothing(
    office: Office,
) -> None:
    scene = office.scene
    for login, role, stem in (
        ("申报兼审批", Role.FINANCE_APPROVER, "310101199001010080"),
        ("申报人", Role.OPERATOR, "310101199001010080"),
        ("初审兼审批", Role.FINANCE_APPROVER, "310101199001010010"),
        ("初审兼复核", Role.OFFICER_CITY, "310101199001010010"),
    ):
        scene.hire(login, role, stem)
        office.world.enable(login)
    budget = scene.open_budget()
    batch = office.ok("申报人", "/batches", {**SETTLE, "budget_id": budget})["id"]
    sign = f"/batches/{batch}/signatures"
    office.ok("初审员", sign, {**PASSED, "step": "first_review"})
    with no_posting(scene):
        own = office.call("初审兼复核", sign, {**PASSED, "step": "second_review"})
        says(own, 403, "fixed_role")
    office.ok("复核员", sign, {**PASSED, "step": "second_review"})
    office.ok("复核员", "/notices", {"batch_id": batch})
    office.pass_days(14)
    scene.do("clock", notice.close_due_notices)
    with no_posting(scene):
        for login in ("申报兼审批", "初审兼审批"):
            says(office.call(login, sign, {**PASSED, "step": "approve"}), 403, "fixed_role")
    office.ok("审批员", sign, {**PASSED, "step": "approve"})

    files = {"budget_id": budget}
    _give_account(office, f"{EV1[0]}䶮", "257700000000001")
    with no_posting(scene):
        facts = says(office.call("制单员", "/payment-files", files), 409, "names_not_encodable")
        assert "䶮" in facts["names"]
    _give_account(office, EV1[0], "257700000000002")
    file = office.ok("制单员", "/payment-files", files)
    signing = f"/payment-files/{file['id']}/signatures"
    office.ok("付款复核员", signing, {"step": "check"})
    _edit(scene, "冒名公司")
    with no_posting(scene):
        says(office.call("签发员", signing, {"step": "release"}), 409, "payment_file_changed")
    _edit(scene, EV1[0])
    office.ok("签发员", signing, {"step": "release"})
    with no_posting(scene):
        says(office.call("签发员", signing, {"step": "release"}), 409, "event_not_allowed")

    head, reference = "参考号,金额,结果", f"{file['number']}-00001"
    yuan = f"{file['total_fen'] // 100}.{file['total_fen'] % 100:02d}"
    fen_off = f"{file['total_fen'] // 100}.{file['total_fen'] % 100 + 1:02d}"
    with no_posting(scene):
        for row in (f"{reference},{fen_off},成功\n", f"{reference},{yuan},", "X"):
            odd = _send(office, file["id"], f"{head}\n{row}".encode(), "回盘.csv")
            assert (odd.json["matched"], odd.json["quarantined"]) == (0, 1), row
        for broken in (b"", b"\xff\xfe\x00", b"PK\x03\x04", "登录".encode("utf-16")):
            answer = _send(office, file["id"], broken, "回盘.csv")
            assert answer.status_code in (409, 422), answer.json
            assert answer.json["detail"]
    rows = [f"{reference},{yuan},成功", "BF-000-00001,1.00,成功"]
    good = _send(office, file["id"], "\r\n".join((head, *rows)).encode("gbk"), "回盘.csv")
    assert (good.json["succeeded"], good.json["quarantined"]) == (1, 1)
    with no_posting(scene):
        turned = "\n".join((head, *reversed(rows))).encode()
        for content, name in (
            ("\r\n".join((head, *rows)).encode("gbk"), "另名.csv"),
            (turned, "回盘（1）.csv"),
        ):
            again = _send(office, file["id"], content, name)
            assert (again.json["matched"], again.json["repeated"]) == (0, 1), name
    assert scene.budget(budget).spent_fen == file["total_fen"]


def _give_account(office: Office, holder: str, account: str) -> None:
    wish = {"holder_name": holder, "bank_name": "中国银行", "account": account, "evidence": "开户许可证"}
    proposed = office.ok("制单员", f"/payee-accounts/{EV1[1]}/corrections", wish)
    path = f"/payee-accounts/{proposed['id']}/confirmations"
    office.ok("付款复核员", path, {"decision": "confirm", "account": account})


def _edit(scene: Scene, holder: str) -> None:
    """Change what a file is made of, past every act: as somebody at the disk would."""
    with scene.database.engine.begin() as connection:
        told = "UPDATE payee_account SET holder_name = :holder WHERE replaced_at IS NULL"
        connection.execute(text(told), {"holder": holder})


def _send(office: Office, file_id: int, content: bytes, name: str) -> Any:
    data = {"payment_file_id": str(file_id), "file": (io.BytesIO(content), name)}
    return office.call("制单员", "/bank-results", None, data=data)
