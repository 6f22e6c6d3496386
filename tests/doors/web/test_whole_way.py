"""A quarter from the settlement to the bank, clicked through by the different people it takes."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import func, select

from tests.doors.web.browser import Office
from tests.scene import EV1, LI_SI, SUN_BA, ZHANG_SAN, Scene
from voucher.rules.actor import Role
from voucher.rules.privacy import mask_identity
from voucher.stages.settle import notice
from voucher.stages.settle.models.claims import Claim, SettlementBatch
from voucher.stages.settle.models.payments import PaymentLine

OCTOBER = {
    "kind": "evaluation",
    "region": "419001",
    "from_on": "2023-10-01",
    "until_on": "2023-10-31",
    "budget": "1",
}


def settle(office: Office) -> str:
    """Settle October at the page and return the address of the batch."""
    operator = office.at("operator")
    operator.go("/batches/new")
    page = operator.press("逐人核对", **OCTOBER)
    assert "还没有申报" in page.text
    assert "证书与登记一致" in page.text, "what every rule says stands there before anything is filed"
    page = operator.press("申报 3 条")
    assert "可兑现 3 条" in page.text
    path: str = operator.answer.request.path
    return path


def sign(office: Office, login: str, batch: str, words: str) -> str:
    """Sign everything that waits, after the confirmation has named count and sum."""
    browser = office.at(login)
    browser.go(batch)
    asked = browser.press(f"{words}通过")
    assert f"确认{words}通过" in asked.text
    page = browser.press(f"确认{words}通过", opinion="经核对无误")
    assert browser.answer.status_code == 200
    return page.text


def bank_file(office: Office) -> bytes:
    """Return the bank's answer: every line succeeded, and one line it was never asked for."""
    with office.scene.database.read() as session:
        lines = session.scalars(select(PaymentLine)).all()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["参考号", "金额", "结果", "原因"])
    for line in lines:
        writer.writerow([line.reference, f"{line.amount_fen // 100}.{line.amount_fen % 100:02d}", "成功", ""])
    writer.writerow(["BF-不存在", "1.00", "成功", ""])
    return out.getvalue().encode()


def test_from_the_settlement_to_the_bank(office: Office) -> None:
    batch = settle(office)
    page = office.at("初审员").go(batch)
    # a look that is undone uses numbers up where the database counts them
    with office.scene.database.read() as session:
        objected = session.scalars(select(Claim).order_by(Claim.id).limit(1)).one().number
    assert "200.00 五级/初级工" in page.text
    assert "240.00 × 50% 直接认定" in page.text
    assert mask_identity(ZHANG_SAN[1]) in page.text
    assert "待初审 3 条，600.00 元" in page.text

    assert "初审通过：3 条，600.00 元" in sign(office, "初审员", batch, "初审")
    assert "您已办理过初审" in office.at("初审员").go(batch).text
    assert "复核通过：3 条，600.00 元" in sign(office, "复核员", batch, "复核")
    reviewer = office.at("复核员")
    reviewer.go(batch)
    assert "公示期 2024-03-06 至 2024-03-12" in reviewer.press("张贴公示").text

    anybody = office.anybody()
    public = anybody.go("/notices/1")
    assert "600.00 元" in public.text
    assert "张*" in public.text
    assert anybody.answer.headers["X-Robots-Tag"] == "noindex, noarchive"
    for _, number in (ZHANG_SAN, LI_SI, SUN_BA):
        assert number not in public.html
    told = anybody.press("提交异议", claim_number=objected, words="没有参加考试", contact="")
    assert "异议 YY-20240306-" in told.text
    assert "没有参加考试" not in told.text

    handler = office.at("异议处理员")
    handler.go("/desk/objections/1")
    assert "没有参加考试" in handler.page.text
    assert "异议不成立" in handler.press("作出处理", decision="dismiss", conclusion="监控核实到场").text
    assert "监控核实到场" in anybody.go(anybody.answer.request.path).text

    office.pass_days(14)
    office.scene.do("clock", notice.close_due_notices)
    assert "审批通过：3 条，600.00 元" in sign(office, "审批员", batch, "审批")

    maker = office.at("制单员")
    maker.go("/payment-files")
    assert "没有已确认的收款账户" in maker.press("制单").text
    maker.go("/accounts")
    maker.press(
        "提出",
        institution=EV1[1],
        holder=EV1[0],
        bank="中国银行",
        account="257700000000001",
        evidence="许可证",
    )
    assert "257700000000001" not in maker.page.html
    checker = office.at("付款复核员")
    checker.go("/accounts")
    assert "与提出的账号不一致" in checker.press("确认", account="257700000000002").text
    assert "已确认账户 ***********0001" in checker.press("确认", account="257700000000001").text

    maker.go("/payment-files")
    made = maker.press("制单")
    assert "人民币陆佰元整" in made.text
    checker.go("/payment-files/1")
    checker.press("复核无误")
    releaser = office.at("签发员")
    releaser.go("/payment-files/1")
    assert "已签发，可下载一次交银行" in releaser.press("签发：").text
    releaser.press("下载交银行")
    assert releaser.answer.headers["Content-Disposition"].endswith(".xlsx")
    maker.go("/payment-files/1")
    assert "下载交银行" not in maker.page.text

    told = maker.press("导入", results=(io.BytesIO(bank_file(office)), "回盘.csv"))
    assert "已入账 1 笔：成功 1，退票 0；重复 0，隔离 1" in told.text
    assert "本拨付文件中没有这个参考号" in told.text
    assert "三方一致" in maker.go("/reconciliation").text
    assert "已办结" in office.at("operator").go(batch).text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_returned_line_names_its_defects_and_comes_back_in_a_batch_of_its_own(office: Office) -> None:
    batch = settle(office)
    first = office.at("初审员")
    first.go(batch)
    asked = first.press("退回补正", claim="2")
    assert "1 条" in asked.text
    assert "120.00 元" in asked.text
    assert "初审退回补正：1 条" in first.press("确认初审退回补正", opinion="缺考试签到表，请补").text
    # from how many stand at a step to which: two lines here wait for the review, one for its payee
    for step in ("submitted", "returned"):
        assert f"/batches?line={step}" in first.go("/office/pace").links
        assert f"{batch}?state={step}" in first.go(f"/batches?line={step}").links
    assert "没有符合条件的批次" in first.go("/batches?line=paying").text
    operator = office.at("operator")
    assert "缺考试签到表，请补" in operator.go(batch).text
    again = operator.press("补正后重报", claim="2")
    assert "JS-419001-2024-0002" in again.text
    assert "第 2 次" in operator.go("/claims/2").text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_second_settlement_refuses_every_line_and_leads_to_the_first_claim(office: Office) -> None:
    settle(office)
    operator = office.at("operator")
    operator.go("/batches/new")
    page = operator.press("逐人核对", **OCTOBER)
    assert "没有可以申报的证书" in page.text
    assert "首次申领编号 SL-419001-2024-00000001" in page.text
    found = operator.go("/claims?number=SL-419001-2024-00000001")
    assert "申领 SL-419001-2024-00000001" in found.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_no_longer_what_was_shown_is_not_filed_and_nothing_of_the_batch_stays(
    office: Office, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another certificate comes between the look and the click: all or none, and the new sums are shown."""
    operator = office.at("operator")
    operator.go("/batches/new")
    monkeypatch.setattr("voucher.doors.web.office.settle.settling.PEOPLE_PER_PAGE", 2)
    page = operator.press("逐人核对", **OCTOBER)
    assert "第 1 至 2 条，共 3 条" in page.text
    page = operator.press("后 2 条")
    assert "第 3 至 3 条，共 3 条" in page.text
    scene.certify(scene.certificate(("钱七", "410711196401059953"), issued="2023-10-30"))
    page = operator.press("申报 3 条")
    assert operator.answer.status_code == 409
    assert "整批没有申报" in page.text
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).select_from(SettlementBatch)) == 0
    assert "可兑现 4 条" in operator.press("申报 4 条").text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_concerns_the_signer_is_left_for_somebody_else_and_the_rest_is_signed(office: Office) -> None:
    """AC-H1."""
    batch = settle(office)
    # the same person as one of the three the batch is about, in the office by another account
    office.scene.hire("本人", Role.OFFICER_COUNTY, ZHANG_SAN[1])
    office.world.enable("本人")
    own = office.at("本人")
    page = own.go(batch)
    assert "待初审 3 条，其中 2 条能由您办理" in page.text
    assert "不勾选，即对能由您办理的 2 条办理" in page.text, "the bar says what the button does"
    assert "1 条是您本人的，或付给您任职的机构" in page.text
    asked = own.press("初审通过")
    assert "另有 1 条须由他人办理，不在本次之内" in asked.text
    assert mask_identity(ZHANG_SAN[1]) not in asked.text
    assert "初审通过：2 条，400.00 元" in own.press("确认初审通过", opinion="经核对无误").text
    page = own.go(batch)
    assert "待初审 1 条，须由另一人办理" in page.text
    assert "初审通过：1 条，200.00 元" in sign(office, "初审员", batch, "初审")
    # a hand that took another step on some lines is offered the others
    office.scene.hire("又一人", Role.OFFICER_CITY, ZHANG_SAN[1])
    office.world.enable("又一人")
    page = office.at("又一人").go(batch)
    assert "待复核 3 条，须由另一人办理" in page.text
