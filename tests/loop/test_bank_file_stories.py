"""银行文件：模板、预检、重导、各种回盘，一分不差，一次入账。"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from datetime import date
from functools import partial

import pytest
from lxml import etree
from sqlalchemy import select, text, update

from tests.awarded import give_honours, honoured
from tests.loop.telling import (
    approve_batch,
    claims_of,
    person,
    ready,
    set_parameter,
    settle_for,
    states_of,
    told,
)
from tests.loop.test_bonus_stories import apply, entry
from tests.loop.test_payment_stories import file_evaluators, give_accounts, released
from tests.scene import EV1, EV2, JIYUAN, LI_SI, LIMITS, ZHANG_SAN, ZHAO_LIU, Scene, on
from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts
from voucher.registry.bank_templates import BankTemplate
from voucher.rules.bonus_kinds import BonusKind
from voucher.stages.settle import bank, payment, payment_download, quarantine
from voucher.stages.settle.models.payments import BankQuarantine, PaymentFile
from voucher.stages.settle.queries.banking import list_downloads, list_set_aside, precheck

# the sentences are the same on both; what the database holds is asked of both at length
pytestmark = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)
PAIN_002 = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>R1</MsgId><CreDtTm>2024-03-12T09:00:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{number}</OrgnlMsgId><OrgnlNbOfTxs>{count}</OrgnlNbOfTxs></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>{number}</OrgnlPmtInfId>{lines}</OrgnlPmtInfAndSts>
</CstmrPmtStsRpt></Document>"""
STATUS = """<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{status}</TxSts>
<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn><AddtlInf>账号不符</AddtlInf></StsRsnInf>
<OrgnlTxRef><Amt><InstdAmt Ccy="CNY">{yuan}</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>"""
CAMT_054 = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn><Ntfctn>
<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries></TxsSummry>
<Ntry><Amt Ccy="CNY">200.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><NtryDtls><TxDtls>
<Refs><EndToEndId>{one}</EndToEndId></Refs><Amt Ccy="CNY">200.00</Amt></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="CNY">200.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><NtryDtls><TxDtls>
<Refs><EndToEndId>{two}</EndToEndId></Refs><Amt Ccy="CNY">200.00</Amt>
<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls></Ntry>
</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""


def told_by_bank(scene: Scene, file: PaymentFile, content: bytes, name: str) -> bank.BankReport:
    return scene.do("制单员", lambda work: bank.record_results(work, file.id, content, name, LIMITS))


def refused_answer(scene: Scene, file: PaymentFile, content: bytes, name: str = "回盘.xml") -> str:
    heard = told(scene, "制单员", lambda w: bank.record_results(w, file.id, content, name, LIMITS))
    assert states_of(scene) == {"paying": 2}, "整个文件被拒的，一行也没有入账"
    return heard.code


def approved_two(scene: Scene) -> int:
    """Have a claim of each of two evaluators approved, accounts confirmed; return the budget."""
    ready(scene)
    scene.file_evaluator(EV2)
    budget = scene.open_budget()
    people = (ZHANG_SAN, LI_SI)
    scene.certify(*(scene.certificate(each, evaluator=(EV1, EV2)[i]) for i, each in enumerate(people)))
    approve_batch(scene, scene.settle(budget).batch_id)
    scene.open_accounts()
    return budget


def made(scene: Scene, budget: int, template: str) -> tuple[PaymentFile, bytes, str]:
    """Have a file made in a layout, checked, released and downloaded."""
    file = scene.do("制单员", lambda work: payment.prepare(work, budget, template))
    scene.do("付款复核员", lambda work: payment.check(work, file.id))
    scene.do("签发员", lambda work: payment.release(work, file.id))
    name, content = scene.do("制单员", lambda work: payment_download.download(work, file.id))
    return file, content, name


def test_付款指令符合官方架构_付款单位未登记不能生成(scene: Scene) -> None:
    budget = approved_two(scene)
    unknown = told(scene, "制单员", lambda work: payment.prepare(work, budget, "pain_001"))
    assert unknown.code == "payer_unknown"
    for name, value in (
        ("payer_name", "济源示范区财政局"), ("payer_account", "41001522010059000001"),
        ("payer_bank", "中国银行济源分行"),
    ):  # fmt: skip
        set_parameter(scene, name, value, "2024-01-01", "文本")
    file, content, name = made(scene, budget, "pain_001")
    assert name == f"{file.number}.xml"
    root = etree.fromstring(content)
    say = {"i": root.nsmap[None]}
    assert root.findtext(".//i:GrpHdr/i:MsgId", namespaces=say) == file.number
    assert root.findtext(".//i:GrpHdr/i:CtrlSum", namespaces=say) == "400.00"
    ends = root.xpath(".//i:EndToEndId/text()", namespaces=say)
    assert ends == [f"{file.number}-00001", f"{file.number}-00002"]
    assert {each.get("Ccy") for each in root.iterfind(".//i:InstdAmt", say)} == {"CNY"}


def test_文本模板按银行的列和编码书写(scene: Scene) -> None:
    budget = approved_two(scene)
    _, content, name = made(scene, budget, "batch_csv_gbk")
    assert name.endswith(".csv")
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(content.decode("gbk"))))
    assert [row["金额"] for row in rows] == ["200.00", "200.00"]
    assert [row["收款户名"] for row in rows] == [EV1[0], EV2[0]]
    assert all(row["收款账号"].isdigit() for row in rows), "账号全写，不掩码，也不成科学计数"


def test_用途写明付的是什么_奖励写奖励的名称_以后不能改(scene: Scene) -> None:
    """One payee gets a subsidy and two bonuses out of one fund, the other a subsidy alone."""
    budget = approved_two(scene)
    give_honours(scene, honoured(LI_SI, "全国技术能手", "2024-01-20"))
    won = entry(LI_SI, "national_expert", "2024-01-20")
    park = entry(ZHAO_LIU, "returnee_park", "2024-01-20")
    for kind, line in ((BonusKind.ONE_OFF_BONUS, park), (BonusKind.HONOUR_AWARD, won)):
        approve_batch(scene, apply(scene, kind, budget, [line]).batch.id)
    _, content, _ = made(scene, budget, "batch_csv_gbk")
    rows = list(csv.DictReader(io.StringIO(content.decode("gbk"))))
    assert [(row["收款户名"], row["金额"], row["用途"]) for row in rows] == [
        (EV1[0], "520200.00", "职业技能培训评价补贴、荣誉奖励、一次性奖补"),
        (EV2[0], "200.00", "职业技能培训评价补贴"),
    ]
    with pytest.raises(Exception, match=r"payment_line\.purpose never changes"):
        scene.do("operator", lambda work: work.session.execute(text("UPDATE payment_line SET purpose = 'x'")))


def test_没有登记的模板不能用_模板行不能改(scene: Scene) -> None:
    budget = approved_two(scene)
    heard = told(scene, "制单员", lambda work: payment.prepare(work, budget, "unheard"))
    assert heard.code == "bank_template_missing"
    with pytest.raises(Exception, match="append only"):
        scene.do("operator", lambda work: work.session.execute(update(BankTemplate).values(encoding="utf-8")))


def limited(scene: Scene, **limits: int) -> None:
    """Register a layout with limits, as a bank's new template would be."""

    def act(work: Work) -> None:
        work.session.add(
            BankTemplate(
                code="narrow", name="窄模板", form="csv", encoding="gbk",
                columns="户名=holder_name;账号=account;金额=amount_yuan;号=reference",
                since=date(2024, 1, 1), source="【参】", confidence="default", **limits,
            )
        )  # fmt: skip

    scene.do("operator", act)


def test_笔数上限_先制前面的_其余再制下一个文件(scene: Scene) -> None:
    budget = approved_two(scene)
    limited(scene, lines_most=1)
    first = scene.do("制单员", lambda work: payment.prepare(work, budget, "narrow"))
    second = scene.do("制单员", lambda work: payment.prepare(work, budget, "narrow"))
    assert [(each.line_count, each.total_fen) for each in (first, second)] == [(1, 200_00)] * 2
    assert told(scene, "制单员", lambda work: payment.prepare(work, budget)).code == "nothing_to_pay"


def test_单笔上限和名称长度_列出单位后停止(scene: Scene) -> None:
    budget = approved_two(scene)
    limited(scene, line_amount_most_fen=199_99)
    heard = told(scene, "制单员", lambda work: payment.prepare(work, budget, "narrow"))
    assert heard.code == "payment_lines_too_large"
    assert EV1[0] in heard.title
    assert "199.99" in heard.title


def share_account(scene: Scene) -> None:
    """Give the second evaluator the first one's account, by two people."""
    number = "257712345678"
    for name, code, *_ in (EV1, EV2):
        proposed = scene.do(
            "制单员",
            partial(
                accounts.propose_account,
                institution_code=code,
                holder_name=name,
                bank_name="中国银行济源分行",
                account=number,
                evidence="开户许可证",
            ),
        )
        scene.do(
            "付款复核员", partial(accounts.confirm_account, payee_account_id=proposed.id, account=number)
        )


def test_两家单位登记同一账号_预检列出并停止(scene: Scene) -> None:
    budget = approved_two(scene)
    share_account(scene)
    heard = told(scene, "制单员", lambda work: payment.prepare(work, budget))
    assert heard.code == "payee_accounts_shared"
    assert EV1[0] in heard.title
    assert EV2[0] in heard.title
    with scene.database.read() as session:
        found = precheck(session, budget, [JIYUAN], scene.at.date(), None)
    assert (found.stopping, found.claims, found.amount_fen) == (2, 2, 400_00)
    set_parameter(scene, "shared_account_stops", "0", "2024-01-01")
    with scene.database.read() as session:
        allowed = precheck(session, budget, [JIYUAN], scene.at.date(), None)
    assert (allowed.stopping, [len(each.warnings) for each in allowed.looks]) == (0, [1, 1])
    assert scene.do("制单员", lambda work: payment.prepare(work, budget)).line_count == 2


def test_重导须另一人写明原因_每次留痕_内容不变(scene: Scene) -> None:
    budget = approved_two(scene)
    early = scene.do("制单员", lambda work: payment.prepare(work, budget))
    assert (
        told(
            scene, "付款复核员", lambda work: payment_download.open_again(work, early.id, "银行没有收到")
        ).code
        == "payment_file_not_downloaded"
    )
    scene.do("制单员", lambda work: payment.void(work, early.id, "换模板"))
    file, content, _ = made(scene, budget, "batch_csv_utf8")
    again = told(scene, "签发员", lambda work: payment_download.download(work, file.id))
    assert again.code == "payment_file_downloaded"
    silent = told(scene, "签发员", lambda work: payment_download.open_again(work, file.id, " "))
    assert silent.code == "why_missing"
    scene.do("签发员", lambda work: payment_download.open_again(work, file.id, "银行没有收到"))
    alone = told(scene, "签发员", lambda work: payment_download.download(work, file.id))
    assert alone.code == "second_person_needed"
    _, same = scene.do("制单员", lambda work: payment_download.download(work, file.id))
    assert same == content
    spent = told(scene, "制单员", lambda work: payment_download.download(work, file.id))
    assert spent.code == "payment_file_downloaded"
    with scene.database.read() as session:
        turns = [(each.turn, each.why) for each in list_downloads(session, file.id)]
    assert turns == [(1, None), (2, "银行没有收到")]
    with pytest.raises(Exception, match="completed once"):
        scene.do(
            "operator", lambda work: work.session.execute(text("UPDATE payment_download SET turn = turn + 5"))
        )
    scene.do("签发员", lambda work: payment_download.open_again(work, file.id, "还是没有收到"))
    scene.bank_answers(file)
    for late in (
        told(scene, "签发员", lambda work: payment_download.open_again(work, file.id, "银行没有收到")),
        told(scene, "制单员", lambda work: payment_download.download(work, file.id)),
    ):
        assert late.code == "payment_file_answered", "what the bank has answered does not leave once more"


def test_回盘用GBK书写照样入账_换名换序再来一次不重复(scene: Scene) -> None:
    file, budget = released(scene, [ZHANG_SAN, LI_SI])
    one, two = f"{file.number}-00001", f"{file.number}-00002"
    rows = [f"{one},200.00,成功,", f"{two},200.00,退票,户名不符"]
    head = "客户参考号,金额,交易状态,原因"
    first = "\r\n".join([head, *rows]).encode("gbk")
    assert told_by_bank(scene, file, first, "回盘.csv").matched == 2
    turned = "\r\n".join([head, *reversed(rows)]).encode("utf-8")
    report = told_by_bank(scene, file, turned, "回盘（1）.csv")
    assert (report.matched, report.repeated, report.quarantined) == (0, 2, 0)
    assert states_of(scene) == {"paid": 1, "bounced": 1}
    assert scene.budget(budget).spent_fen == 200_00


def test_表格回盘只剩一半_到了的入账_其余还等银行(scene: Scene) -> None:
    file, _ = released(scene, [ZHANG_SAN, LI_SI])
    half = f"参考号,金额,结果\n{file.number}-00001,200.00,成功\n{file.number}-000".encode()
    report = told_by_bank(scene, file, half, "回盘.csv")
    assert (report.matched, report.quarantined) == (1, 1)
    assert states_of(scene) == {"paid": 1, "paying": 1}


def pain_002(file: PaymentFile, *lines: tuple[str, str, str], number: str = "", count: int = 2) -> bytes:
    told_lines = "".join(
        STATUS.format(reference=reference, status=status, yuan=yuan) for reference, status, yuan in lines
    )
    return PAIN_002.format(number=number or file.number, count=count, lines=told_lines).encode()


def test_状态报告逐笔入账_在途不算结果_差一分隔离(scene: Scene) -> None:
    """AC-H12：银行的每一行对得上才入账，对不上的一直列着。"""
    file, budget = released(scene, [ZHANG_SAN, LI_SI])
    one, two = f"{file.number}-00001", f"{file.number}-00002"
    wrong = told_by_bank(
        scene, file, pain_002(file, (one, "ACSC", "200.01"), (two, "ACSP", "200.00")), "a.xml"
    )
    assert (wrong.matched, wrong.quarantined) == (0, 2)
    answer = pain_002(file, (one, "ACSC", "200.00"), (two, "RJCT", "200.00"))
    right = told_by_bank(scene, file, answer, "b.xml")
    assert (right.succeeded, right.failed) == (1, 1)
    assert states_of(scene) == {"paid": 1, "bounced": 1}
    assert scene.budget(budget).spent_fen == 200_00


def test_银行先办了一部分_写明是部分的照报_其余还等银行_没写明的整个不收(scene: Scene) -> None:
    file, _ = released(scene, [ZHANG_SAN, LI_SI])
    one, two = (f"{file.number}-{position:05d}" for position in (1, 2))
    named = f"<OrgnlMsgId>{file.number}</OrgnlMsgId>".encode()

    def part(*lines: tuple[str, str, str]) -> bytes:
        return pain_002(file, *lines).replace(named, named + b"<GrpSts>PART</GrpSts>")

    paid, returned = (one, "ACSC", "200.00"), (two, "RJCT", "200.00")
    assert refused_answer(scene, file, pain_002(file, paid)) == "bank_message_count_differs"
    assert refused_answer(scene, file, part()) == "bank_message_count_differs"
    assert told_by_bank(scene, file, part(paid), "回盘1.xml").matched == 1
    assert states_of(scene) == {"paid": 1, "paying": 1}
    for again in range(2):
        told_by_bank(scene, file, part(returned), f"回盘2（{again}）.xml")
        assert states_of(scene) == {"paid": 1, "bounced": 1}


def test_别的文件的_截断的_少笔的_带实体的回盘整个不收(scene: Scene) -> None:
    file, _ = released(scene, [ZHANG_SAN, LI_SI])
    one = (f"{file.number}-00001", "ACSC", "200.00")
    assert (
        refused_answer(scene, file, pain_002(file, one, one, number="BF-0")) == "bank_message_of_another_file"
    )
    assert refused_answer(scene, file, pain_002(file, one)) == "bank_message_count_differs"
    assert refused_answer(scene, file, pain_002(file, one, count=1)[:-40]) == "bank_message_unreadable"
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]>' + pain_002(file, one, count=1).split(b"?>", 1)[1]
    assert refused_answer(scene, file, bomb) == "bank_message_unreadable"
    assert refused_answer(scene, file, b"<html><body>\xe7\x99\xbb</body></html>") == "bank_message_unreadable"


def test_收支通知_付出的到账_退回的退票(scene: Scene) -> None:
    file, budget = released(scene, [ZHANG_SAN, LI_SI])
    content = CAMT_054.format(one=f"{file.number}-00001", two=f"{file.number}-00002").encode()
    report = told_by_bank(scene, file, content, "通知.xml")
    assert (report.succeeded, report.failed, report.quarantined) == (1, 1, 0)
    assert scene.budget(budget).spent_fen == 200_00
    assert told_by_bank(scene, file, content, "通知2.xml").repeated == 2


def test_隔离行由一人写明另一人核实_此前一直列为差异(scene: Scene) -> None:
    """AC-H12：银行的每一行对得上才入账，对不上的一直列着。"""
    file, _ = released(scene, [ZHANG_SAN, LI_SI])
    told_by_bank(scene, file, "参考号,金额,结果\nBF-000,200.00,成功\n".encode(), "回盘.csv")
    with scene.database.read() as session:
        line = session.scalars(select(BankQuarantine.id)).one()
        assert len(list_set_aside(session, [JIYUAN], settled=False)) == 1
        assert list_set_aside(session, ["410700"]) == []
    nothing = told(scene, "付款复核员", lambda work: quarantine.settle_line(work, line))
    assert nothing.code == "quarantine_line_not_explained"
    scene.do("制单员", lambda work: quarantine.explain(work, line, "银行串户，已更正"))
    alone = told(scene, "制单员", lambda work: quarantine.settle_line(work, line))
    assert alone.code == "second_person_needed"
    scene.do("付款复核员", lambda work: quarantine.settle_line(work, line))
    late = told(scene, "制单员", lambda work: quarantine.explain(work, line, "再改"))
    assert late.code == "quarantine_line_settled"
    with scene.database.read() as session:
        assert list_set_aside(session, [JIYUAN], settled=False) == []
        assert list_set_aside(session, [JIYUAN])[0].settlement is not None


def test_已签发的再签发_磁盘上改过的_都停下(scene: Scene) -> None:
    budget = approved_two(scene)
    file, _, _ = made(scene, budget, "workbook")
    again = told(scene, "签发员", lambda work: payment.release(work, file.id))
    assert again.code == "event_not_allowed"
    assert {each.state for each in claims_of(scene)} == {"paying"}
    with pytest.raises(Exception, match="never changes"):
        scene.do(
            "operator",
            lambda work: work.session.execute(text("UPDATE payment_line SET amount_fen = amount_fen + 1")),
        )


def test_制单后有人换了账户_签发被拒_作废重做按新账户(scene: Scene) -> None:
    ready(scene)
    budget = scene.open_budget()
    approve_batch(scene, settle_for(scene, [ZHANG_SAN], budget).batch_id)
    scene.open_accounts()
    file = scene.do("制单员", lambda work: payment.prepare(work, budget))
    scene.do("付款复核员", lambda work: payment.check(work, file.id))
    proposed = scene.do(
        "制单员",
        lambda work: accounts.propose_account(
            work, EV1[1], EV1[0], "中国农业银行济源分行", "622500000001", "开户许可证"
        ),
    )
    scene.do("付款复核员", lambda work: accounts.confirm_account(work, proposed.id, "622500000001"))
    heard = told(scene, "签发员", lambda work: payment.release(work, file.id))
    assert heard.code == "payee_account_changed"
    scene.do("制单员", lambda work: payment.void(work, file.id, "账户已更换"))
    assert scene.do("制单员", lambda work: payment.prepare(work, budget)).line_count == 1


@pytest.mark.long
def test_每个文件签发两次_每份回盘导两次_各只办成一次(scene: Scene) -> None:
    """二十个单位各一个文件；VOUCHER_SIZE=full 时五百个，签发、回盘都各交两次。"""
    size = 500 if os.environ.get("VOUCHER_SIZE") == "full" else 20
    scene.hire_everybody()
    filed = file_evaluators(scene, size)
    scene.at = on("2024-01-10")
    budget = scene.open_budget()
    scene.certify(*(scene.certificate(person(i), evaluator=each) for i, each in enumerate(filed)))
    approve_batch(scene, scene.settle(budget).batch_id)
    give_accounts(scene, [code for _, code, _ in filed], "2577")
    limited(scene, lines_most=1)
    done: Counter[str] = Counter()
    for _ in range(size):
        file = scene.do("制单员", lambda work: payment.prepare(work, budget, "narrow"))
        scene.do("付款复核员", partial(payment.check, payment_file_id=file.id))
        release = partial(payment.release, payment_file_id=file.id)
        scene.do("签发员", release)
        done[told(scene, "签发员", release).code] += 1
        first = scene.bank_answers(file)
        second = scene.bank_answers(file)
        done["booked"] += first.succeeded
        done["repeated"] += second.repeated
        assert (second.matched, second.quarantined) == (0, 0)
    assert done == {"event_not_allowed": size, "booked": size, "repeated": size}
    assert states_of(scene) == {"paid": size}
    assert scene.budget(budget).spent_fen == size * 200_00
    with scene.database.read() as session:
        assert session.scalar(text("SELECT SUM(balance_fen) FROM account")) == 0
