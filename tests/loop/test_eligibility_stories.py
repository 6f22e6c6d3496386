"""资格与实名：谁可以享受，姓名和号码怎样才算同一个人。"""

from __future__ import annotations

import io
from datetime import date

from sqlalchemy import select

from tests.loop.telling import (
    GULINAR,
    WANG_WU,
    approve_batch,
    bad_rows,
    code_of,
    outcomes,
    payable,
    ready,
    refused,
    set_parameter,
)
from tests.scene import COOK, EV1, FENG_YI, LIMITS, NURSE, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene
from voucher.plumbing.spreadsheets import Column, Kind, Sheet, SheetColumn, open_table, write_workbook
from voucher.registry import accounts
from voucher.registry.people import Person, read_people
from voucher.rules.eligibility import AgeLimits, PersonFacts, judge_eligibility
from voucher.rules.identity import read_identity
from voucher.rules.vocabulary import Outcome
from voucher.stages.settle import payment, payment_download
from voucher.stages.settle.lines import describe_line
from voucher.stages.settle.queries import list_lines, list_notice_lines, list_notices

YAN = ("䶮一凡", "410105199202029915")


def test_身份证校验位写错时说出正确的一位(scene: Scene) -> None:
    """AC-B1."""
    wrong = ("张三", "410105199003159919")
    for problem in (
        *bad_rows(lambda: scene.import_people([{"姓名": wrong[0], "证件号码": wrong[1]}])),
        *bad_rows(lambda: scene.import_certificates([scene.certificate(wrong)])),
    ):
        assert (problem.line, problem.column) == (2, "证件号码")
        assert problem.refusal.code == "identity_check_digit"
        assert "校验码应为X" in problem.refusal.title
        assert problem.masked == "410105********9919"
    right = scene.import_people([{"姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1]}])
    assert right.rows_added == 1, "nothing of the refused files stayed"


def test_国家标准算例可以登记(scene: Scene) -> None:
    """AC-B2."""
    assert scene.import_people([{"姓名": "标准甲", "证件号码": "34052419800101001X"}]).rows_added == 1


def test_全角空格小写的号码视为同一人(scene: Scene) -> None:
    """AC-B3."""
    ready(scene)
    budget = scene.open_budget()
    scene.certify(
        scene.certificate(ZHANG_SAN, issued="2023-11-01"),
        scene.certificate(("张三", "４１０１０５１９９００３１５９９１ｘ "), issued="2023-11-20"),
        scene.certificate(FENG_YI, issued="2023-11-01"),
        scene.certificate(("冯一", "410105700701990"), issued="2023-11-20"),
    )
    settled = scene.settle(budget)
    assert payable(settled) == ["200.00", "200.00"]
    assert [code_of(settled, 2), code_of(settled, 3)] == ["duplicate_entitlement"] * 2
    with scene.database.read() as session:
        numbers = {each.candidate.certificate.person_id for each in settled.verdicts}
        known = {each.number for each in read_people(session, scene.keyring, list(numbers)).values()}
    assert known == {ZHANG_SAN[1], FENG_YI[1]}


def test_未满十六周岁不予受理_满十六周岁当日可以享受(scene: Scene) -> None:
    """AC-B5：按发证日期计算年龄；未成年的一张不占享受资格。"""
    ready(scene, "2024-07-10")
    budget = scene.open_budget()
    scene.certify(
        scene.certificate(WANG_WU, issued="2024-05-31"),
        scene.certificate(WANG_WU, issued="2024-06-01"),
    )
    settled = scene.settle(budget, since="2024-05-01", until="2024-06-30")
    assert outcomes(settled) == ["refused", "payable"]
    assert settled.verdicts[0].refusal is not None
    assert settled.verdicts[0].refusal.title == "未满16周岁"


def test_领券当日的年龄按同一规则(scene: Scene) -> None:
    """AC-B5：发券环节逐日判断，规则与评价补贴相同。"""
    ready(scene)
    born = read_identity(WANG_WU[1])
    facts = PersonFacts(born.birth_on, born.sex, (), intent_declared=True)
    limits = AgeLimits(16, 59, "豫人社规〔2022〕2号", date(2021, 10, 28))
    before = judge_eligibility(facts, date(2024, 5, 31), limits, strict=False)
    after = judge_eligibility(facts, date(2024, 6, 1), limits, strict=False)
    assert before.refusal is not None
    assert (before.refusal.code, after.outcome) == ("under_age", Outcome.PAYABLE)


def test_财政供养人员不享受补贴(scene: Scene) -> None:
    """AC-B7：标签有起止日期，登记之前取得的证书不受影响。"""
    ready(scene)
    budget = scene.open_budget()
    scene.import_people(
        [
            {"姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1], "人员类别": "财政供养人员", "起始日期": ""},
            {"姓名": SUN_BA[0], "证件号码": SUN_BA[1], "人员类别": "在编人员", "起始日期": "2023-12-01"},
        ]
    )
    scene.certify(
        scene.certificate(ZHANG_SAN),
        scene.certificate(SUN_BA, NURSE, issued="2023-11-30"),
        scene.certificate(SUN_BA, COOK, issued="2023-12-01"),
    )
    settled = scene.settle(budget)
    assert outcomes(settled) == ["refused", "payable", "refused"]
    assert [code_of(settled, 0), code_of(settled, 2)] == ["publicly_funded", "publicly_funded"]
    assert settled.total_fen == 200_00


def test_没有登记过人员类别的显示未核而不拦(scene: Scene) -> None:
    ready(scene)
    scene.certify(scene.certificate(GULINAR))
    verdict = scene.settle(scene.open_budget()).verdicts[0]
    assert verdict.outcome is Outcome.PAYABLE
    unchecked = "；".join(each["text"] for each in verdict.findings if each["mark"] == "未核")
    assert "是否财政供养未核" in unchecked
    assert "是否领取养老金未核" in unchecked


def test_旧区划码的号码有效且不据以推定户籍(scene: Scene) -> None:
    """AC-B8."""
    ready(scene)
    assert scene.import_people([{"姓名": ZHAO_LIU[0], "证件号码": ZHAO_LIU[1]}]).rows_added == 1
    scene.certify(scene.certificate(ZHAO_LIU))
    settled = scene.settle(scene.open_budget())
    assert payable(settled) == ["200.00"]
    with scene.database.read() as session:
        home = session.scalar(
            select(Person.region_code).where(Person.id == settled.verdicts[0].candidate.certificate.person_id)
        )
    assert home is None, "the first six digits say nothing of where somebody lives"


def test_生僻字在导入核定公示导出中字形一致(scene: Scene) -> None:
    """AC-B11：证书、结算行、公示、导出；打卡与发券另见培训券。"""
    ready(scene)
    budget = scene.open_budget()
    scene.certify(scene.certificate(YAN))
    settled = scene.settle(budget)
    verdict = settled.verdicts[0]
    person_id = verdict.candidate.certificate.person_id
    with scene.database.read() as session:
        named = read_people(session, scene.keyring, [person_id])[person_id]
    assert named.name == "䶮一凡"
    assert describe_line(verdict, named, "419001", 2024, "养老护理员")["name"] == "䶮**"
    scene.pay(settled, budget)
    with scene.database.read() as session:
        posted = list_notices(session)[0]
        shown = list_notice_lines(session, scene.keyring, posted)[0]
        line = list_lines(session, scene.keyring, settled.batch_id)[0]
    assert (shown.masked_name, line.masked_name, line.claim_state) == ("䶮**", "䶮**", "paid")
    out = io.BytesIO()
    write_workbook(
        out, [Sheet("名单", [SheetColumn("姓名", Kind.TEXT)], [[named.name]])], created_at=scene.at
    )
    with open_table(out, columns=[Column("姓名")], limits=LIMITS, name="名单.xlsx") as table:
        assert [row.values["姓名"] for row in table] == ["䶮一凡"]


def test_只有收款户名含生僻字时拨付预检才停下并列出名单(scene: Scene) -> None:
    """AC-B11：户名含“䶮”的只停在制单；银行文件改用 GB 18030 后照付，字形不变。"""
    ready(scene)
    budget = scene.open_budget()
    scene.certify(scene.certificate(YAN))
    settled = scene.settle(budget)
    proposed = scene.do(
        "制单员",
        lambda work: accounts.propose_account(
            work, EV1[1], "示例䶮评价有限公司", "中国银行济源分行", "257712345678", "开户许可证"
        ),
    )
    scene.do("付款复核员", lambda work: accounts.confirm_account(work, proposed.id, "257712345678"))
    approve_batch(scene, settled.batch_id)
    told = refused(lambda: scene.do("制单员", lambda work: payment.prepare(work, budget)))
    assert told.code == "names_not_encodable"
    assert "示例䶮评价有限公司" in told.title
    set_parameter(scene, "bank_file_encoding", "gb18030", "2024-01-01", "编码")
    file = scene.make_file(budget)
    _, content = scene.do("签发员", lambda work: payment_download.download(work, file.id))
    wanted = [Column(name) for name in ("参考号", "收款户名", "开户行", "收款账号", "附言")]
    wanted += [Column(name, text=False) for name in ("序号", "金额（元）", "金额（分）")]
    with open_table(io.BytesIO(content), columns=wanted, limits=LIMITS, name="拨付.xlsx") as table:
        assert [row.values["收款户名"] for row in table] == ["示例䶮评价有限公司"]
