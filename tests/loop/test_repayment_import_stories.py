"""追回款到账：流水对上追回单，另一人确认才入账；重复不多记，对不上的等人核对。"""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from tests.loop.telling import person, ready, refused, states_of, told
from tests.loop.test_offset_stories import debts, owing
from tests.paid_back import pay_back
from tests.scene import EV1, JIYUAN, LIMITS, XINXIANG, ZHANG_SAN, Scene
from voucher.ledger.audit import AuditRow
from voucher.plumbing.bank_messages import read_credits
from voucher.stages.settle import deciding_credits, importing_credits
from voucher.stages.settle.credit_reading import Statement, read_statement_credits
from voucher.stages.settle.models.credits import BankCredit
from voucher.stages.settle.queries.credits import DECIDED, page_credits
from voucher.stages.settle.repaying import repay

FIRST, SECOND = (f"TH-{JIYUAN}-2024-{serial:06d}" for serial in (1, 2))
HEAD = "流水号,付款户名,金额,附言"


def take_in(
    scene: Scene, *rows: str, login: str = "制单员", region: str = JIYUAN
) -> importing_credits.CreditReport:
    """Import credits as a csv in GBK, as banks write it."""
    content = "\r\n".join((HEAD, *rows)).encode("gbk")
    return scene.do(
        login, lambda work: importing_credits.import_credits(work, region, content, "到账.csv", LIMITS)
    )


def credits_of(scene: Scene) -> list[BankCredit]:
    """Return every credit in the order it came in."""
    with scene.database.read() as session:
        return list(session.scalars(select(BankCredit).order_by(BankCredit.id)))


def book(scene: Scene, *ids: int, login: str = "付款复核员") -> None:
    """Book credits, all or none."""
    scene.do(login, lambda work: deciding_credits.book_credits(work, ids))


def test_到账按编号对上追回单_部分多缴重复和不明都不乱记(scene: Scene) -> None:
    """AC-I1：部分缴回仍欠差额；多缴的不入账；同一流水再导不变；导入人不能自己确认。"""
    ready(scene)
    budget = owing(scene, [ZHANG_SAN, person(4)])
    rows = (
        f"A001,{EV1[0]},150.00,退款 {FIRST}",
        f"A002,代缴人,260.00,{SECOND.replace('-', '—')}",
        "A003,某某公司,88.00,货款",
        f"A004,{EV1[0]},1.00,{FIRST} {SECOND}",
    )
    report = take_in(scene, *rows)
    assert (report.matched, report.unknown, report.repeated) == (2, 2, 0)
    again = take_in(scene, *reversed(rows))
    assert (again.matched, again.unknown, again.repeated) == (0, 0, 4), "reordered, renamed: the same"
    changed = take_in(scene, f"A001,{EV1[0]},151.00,退款 {FIRST}")
    assert (changed.unknown, credits_of(scene)[-1].problem) == (1, "流水号 A001 已经导入过，金额不同")
    assert debts(scene)[0][1] == 0, "nothing is booked by an import"

    first, second, unknown, _, _ = (each.id for each in credits_of(scene))
    alone = told(scene, "制单员", lambda work: deciding_credits.book_credits(work, [first]))
    assert alone.code == "second_person_needed"
    partly = told(scene, "付款复核员", lambda work: deciding_credits.book_credits(work, [first, unknown]))
    assert (partly.code, debts(scene)[0][1]) == ("bank_credit_unmatched", 0), "all or none"
    book(scene, first, second)
    assert [(each[1], each[3]) for each in debts(scene)] == [(150_00, "opened"), (200_00, "met")]
    assert (scene.budget(budget).returned_fen, states_of(scene)) == (
        350_00,
        {"recovering": 1, "recovered": 1},
    )
    with scene.database.read() as session:
        decided = page_credits(session, [JIYUAN], DECIDED)
    over = {each.credit.bank_reference: each.over_fen for each in decided}
    assert over == {"A001": 0, "A002": 60_00}
    twice = told(scene, "付款复核员", lambda work: deciding_credits.book_credits(work, [first]))
    assert twice.code == "bank_credit_decided"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_没有编号的按户名和整额对_对不上的由两人指定或排除(scene: Scene) -> None:
    """AC-I1：户名加整额只对上唯一一张；说明不是追回款也须另一人确认。"""
    ready(scene)
    owing(scene, [ZHANG_SAN])
    take_in(scene, f",{EV1[0]},200.00,退补贴", f",{EV1[0]},200.00,退补贴", "B7,某某公司,9.00,货款")
    whole, same, goods = credits_of(scene)
    assert whole.clawback_id == 1
    assert same.problem == "没有流水号，且与已导入的一笔户名、附言、金额都相同"
    wrong = told(scene, "制单员", lambda work: deciding_credits.assign_credit(work, same.id, SECOND))
    assert wrong.code == "letter_number_unknown"
    scene.do("付款复核员", lambda work: deciding_credits.explain_credit(work, goods.id, "货款误汇，已退"))
    own = told(scene, "付款复核员", lambda work: deciding_credits.set_aside(work, goods.id))
    assert own.code == "second_person_needed"
    scene.do("制单员", lambda work: deciding_credits.set_aside(work, goods.id))
    scene.do("付款复核员", lambda work: deciding_credits.assign_credit(work, same.id, FIRST.lower()))
    book(scene, same.id, login="制单员")
    assert debts(scene) == [(200_00, 200_00, 0, "met")]
    spent = told(scene, "付款复核员", lambda work: deciding_credits.book_credits(work, [whole.id]))
    assert spent.code == "event_not_allowed"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_改口后只办最后一次提议_一人不能借他人之手两头办(scene: Scene) -> None:
    """AC-I1：写明后原对上的追回单作废，指定后原说明作废；库里也不许两样并存。"""
    ready(scene)
    owing(scene, [ZHANG_SAN])
    take_in(scene, f"A001,{EV1[0]},200.00,{FIRST}")
    (credit,) = (each.id for each in credits_of(scene))
    scene.do("付款复核员", lambda work: deciding_credits.explain_credit(work, credit, "货款误汇"))
    own = told(scene, "制单员", lambda work: deciding_credits.book_credits(work, [credit]))
    assert (own.code, debts(scene)[0][1]) == ("bank_credit_unmatched", 0), "who matched it books it not"
    scene.do("制单员", lambda work: deciding_credits.assign_credit(work, credit, FIRST))
    gone = told(scene, "付款复核员", lambda work: deciding_credits.set_aside(work, credit))
    assert gone.code == "bank_credit_not_explained", "who explained it sets it not aside"
    with pytest.raises(IntegrityError, match="one proposal"), scene.database.read() as session:
        session.execute(update(BankCredit).values(note="并存"))
    for said in ({"remark": "另有说法"}, {"payer_name": "他人"}, {"line": 7}, {"bank_reference": None}):
        with pytest.raises(IntegrityError, match="bank said"), scene.database.read() as session:
            session.execute(update(BankCredit).values(**said))
    book(scene, credit)
    assert debts(scene)[0][3] == "met"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_选错地区导入后仍可导入到对的地区(scene: Scene) -> None:
    """AC-I1：同一文件在别的地区导入过，不算本地区的重复；本地区再导入才算。"""
    ready(scene)
    owing(scene, [ZHANG_SAN])
    rows = (f"A001,{EV1[0]},150.00,{FIRST}", f",{EV1[0]},50.00,退补贴 {FIRST}")
    elsewhere = take_in(scene, *rows, region=XINXIANG)
    assert (elsewhere.matched, elsewhere.unknown) == (0, 2)
    assert take_in(scene, *rows).matched == 2
    for region in (JIYUAN, XINXIANG):
        assert take_in(scene, *rows, region=region).repeated == 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_人工登记与流水说的是同一笔_不会入账两次(scene: Scene) -> None:
    """AC-I1：同号不再收；另号但同一追回单同一金额的待人核对；登记有误由另一人撤下后可重登。"""
    ready(scene)
    owing(scene, [ZHANG_SAN])
    pay_back(scene, 1, 50_00, "A001")
    report = take_in(scene, f"A001,{EV1[0]},50.00,{FIRST}", f"B001,{EV1[0]},50.00,{FIRST}")
    assert (report.matched, report.unknown, report.repeated) == (0, 1, 1)
    flagged = credits_of(scene)[-1]
    assert flagged.problem == "同一追回单、同一金额已有人工登记（凭证 A001），请核对是否同一笔"
    same = told(scene, "制单员", lambda work: deciding_credits.assign_credit(work, flagged.id, FIRST))
    assert (same.code, "A001" in same.sentence) == ("repayment_registered_already", True)
    why = "两次汇款，回单两张"
    another = scene.do("制单员", lambda work: deciding_credits.assign_credit(work, flagged.id, FIRST, why))
    assert (another.another_why, another.remark) == (why, FIRST), "the bank's words stay the bank's"
    with scene.database.read() as session:
        trail = select(AuditRow.content).where(AuditRow.thing == "bank_credit", AuditRow.act == "assign")
        assert session.scalars(trail).all()[-1]["another_why"] == why
    scene.do("付款复核员", lambda work: deciding_credits.explain_credit(work, flagged.id, "货款误汇"))
    assert credits_of(scene)[-1].another_why is None, "it went with the proposal it was for"
    scene.do("制单员", lambda work: deciding_credits.assign_credit(work, flagged.id, FIRST, why))
    wrong = scene.do("制单员", lambda work: repay(work, 1, 10_00, "C001"))
    scene.do("制单员", lambda work: deciding_credits.explain_credit(work, wrong.id, "金额登记有误"))
    scene.do("付款复核员", lambda work: deciding_credits.set_aside(work, wrong.id))
    pay_back(scene, 1, 100_00, "C001")
    assert debts(scene)[0][1] == 150_00


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_人工登记已收清一张_流水再来不会对到同单位的另一张(scene: Scene) -> None:
    """AC-I1：收清的那张不再等款，同单位同金额的另一张还在：先请人核对，不悄悄入账。"""
    ready(scene)
    owing(scene, [ZHANG_SAN, person(4)])
    pay_back(scene, 1, 200_00, "A001")
    report = take_in(scene, f"N77,{EV1[0]},200.00,退补贴")
    assert (report.matched, report.unknown) == (0, 1)
    assert credits_of(scene)[-1].problem == (
        f"同一付款单位（{FIRST}）、同一金额已有人工登记（凭证 A001），请核对是否同一笔"
    )
    assert [each[1] for each in debts(scene)] == [200_00, 0]
    told_twice = credits_of(scene)[-1].id
    silent = told(scene, "制单员", lambda work: deciding_credits.assign_credit(work, told_twice, SECOND))
    assert silent.code == "repayment_registered_already", "nor does whoever assigns it pass over it"
    assert (FIRST in silent.sentence, "A001" in silent.sentence) == (True, True)
    take_in(scene, f"N78,代缴人,200.00,{SECOND}")
    by_proxy = credits_of(scene)[-1].id
    proxy = told(scene, "制单员", lambda work: deciding_credits.assign_credit(work, by_proxy, SECOND))
    assert proxy.code == "repayment_registered_already", "whoever pays for the payee"
    why = "两次汇款，回单两张"
    scene.do("制单员", lambda work: deciding_credits.assign_credit(work, told_twice, SECOND, why))
    book(scene, told_twice)
    assert [each[1] for each in debts(scene)] == [200_00, 200_00]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("row", [f"N77,{EV1[0]},200.00,{SECOND}", f"N77,{EV1[0]},200.00,退补贴"])
def test_流水先到_再人工登记到同单位的另一张_须写明是另一笔(scene: Scene, row: str) -> None:
    """AC-I1：先导入（对上另一张或待核对）再登记，同一笔钱不会悄悄收两次；已入账的也一样。"""
    ready(scene)
    owing(scene, [ZHANG_SAN, person(4)])
    take_in(scene, row, f"N79,{EV1[0]},88.00,货款")
    first, other = credits_of(scene)
    silent = told(scene, "制单员", lambda work: repay(work, 1, 200_00, "回单 7"))
    assert (silent.code, "N77" in silent.sentence) == ("repayment_told_by_bank", True)
    if first.clawback_id is not None:
        book(scene, first.id)
        booked = told(scene, "制单员", lambda work: repay(work, 1, 200_00, "回单 7"))
        assert (booked.code, "已入账" in booked.sentence) == ("repayment_told_by_bank", True)
    scene.do("制单员", lambda work: deciding_credits.explain_credit(work, other.id, "货款误汇"))
    scene.do("付款复核员", lambda work: deciding_credits.set_aside(work, other.id))
    for sum_fen, document, why in ((88_00, "回单 8", ""), (200_00, "回单 7", "另一次汇款")):
        registered = scene.do(
            "制单员",
            partial(repay, clawback_id=1, amount_fen=sum_fen, document=document, why=why),
        )
        assert registered.clawback_id == 1, "set aside as no repayment, or told to be another"


def test_a_debit_is_no_credit_and_a_word_that_says_neither_stops_the_file() -> None:
    def read(*directions: str) -> Statement:
        rows = [f"{each},某公司,1.00,{each},货款" for each in directions]
        content = "\n".join(("流水号,付款户名,金额,借贷标志,附言", *rows)).encode()
        return read_statement_credits(content, "流水.csv", LIMITS)

    found = read("贷", "借", "dr", "收入")
    assert ([each.bank_reference for each in found.credits], found.debits) == (["贷", "收入"], 2)
    assert refused(lambda: read("贷", "冲正")).title == "第 3 行的借贷标志“冲正”看不出是收还是付"
    assert refused(lambda: read("贷", "贷,贷")).code == "row_ragged", "nor is a torn row passed over"
    assert refused(lambda: read("贷", "")).code == "credit_direction_unreadable", "silence says neither"


def test_a_camt_054_tells_credits_only() -> None:
    entry = (
        "<Ntry><Amt Ccy='CNY'>{0}</Amt><CdtDbtInd>{1}</CdtDbtInd><Sts><Cd>{2}</Cd></Sts>"
        "<AcctSvcrRef>S{0}</AcctSvcrRef><NtryDtls><TxDtls><Amt Ccy='CNY'>{0}</Amt>"
        "<RltdPties><Dbtr><Pty><Nm>示例公司</Nm></Pty></Dbtr></RltdPties>"
        f"<RmtInf><Ustrd>{FIRST}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )
    told_of = [("150.00", "CRDT", "BOOK"), ("3.00", "DBIT", "BOOK"), ("7.00", "CRDT", "PDNG")]
    body = "".join(entry.format(*each) for each in told_of)
    message = f"<Document><BkToCstmrDbtCdtNtfctn><Ntfctn>{body}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    (found,) = read_credits(message.encode())
    assert (found.bank_reference, found.payer_name, found.remark, found.amount_fen) == (
        "S150.00/1", "示例公司", FIRST, 150_00,
    )  # fmt: skip
