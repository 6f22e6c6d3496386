"""抵扣：欠着的先从下一次拨付里扣，扣谁的还谁的，一分不多，退了票就不算。"""

from __future__ import annotations

import io

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests.loop.telling import approve_batch, claims_of, person, ready, set_parameter, states_of, told
from tests.paid_back import pay_back
from tests.scene import EV1, EV2, JIYUAN, LI_SI, ZHANG_SAN, Scene, on
from voucher.registry import accounts
from voucher.rules.vocabulary import FundSource
from voucher.stages.settle import offset_stays, payment, payment_download
from voucher.stages.settle.clawback import open_due_clawbacks
from voucher.stages.settle.correct import correct_bounced
from voucher.stages.settle.models.payments import Clawback, Payment, PaymentFile, PaymentLine, Repayment
from voucher.stages.settle.queries.offsets import list_came_back, list_payments_of_claim
from voucher.stages.settle.repaying import repay

ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def owing(scene: Scene, who: list[tuple[str, str]], evaluator: tuple[str, str, str] = EV1) -> int:
    """Have these people's certificates paid, then revoked: a receivable of 200 元 each; return the budget."""
    budget = scene.open_budget()
    rows = [scene.certificate(each, evaluator=evaluator) for each in who]
    scene.certify(*rows)
    scene.pay(scene.settle(budget), budget)
    scene.import_register([scene.registered(row, 状态="撤销") for row in rows])
    assert scene.do("clock", open_due_clawbacks) == len(who)
    return budget


def approved(scene: Scene, budget: int, who: list[tuple[str, str]], day: str = "2024-01-15") -> None:
    """Have these people's new certificates approved for payment."""
    scene.certify(*(scene.certificate(each, issued=day) for each in who))
    approve_batch(scene, scene.settle(budget, since=day, until=day).batch_id)


def debts(scene: Scene) -> list[tuple[int, int, int, str]]:
    """Return every receivable: asked, back, planned, state."""
    with scene.database.read() as session:
        rows = session.scalars(select(Clawback).order_by(Clawback.id)).all()
        return [(each.amount_fen, each.recovered_fen, each.planned_fen, each.state) for each in rows]


def lines_of(scene: Scene, file: PaymentFile) -> list[tuple[int, int]]:
    """Return what each line of a file sends and what it offsets."""
    with scene.database.read() as session:
        rows = session.scalars(select(PaymentLine).where(PaymentLine.payment_file_id == file.id)).all()
        return [(each.amount_fen, each.offset_fen) for each in rows]


def test_未追回前新拨付先抵扣_银行只付差额_账册两边相等(scene: Scene) -> None:
    """AC-I1：应付 400、抵扣 200、实付 200；追回单办结，支出记全额，上缴记抵扣额。"""
    ready(scene)
    budget = owing(scene, [ZHANG_SAN])
    approved(scene, budget, [LI_SI, person(3)])
    file = scene.make_file(budget)
    assert (file.total_fen, file.offset_fen, lines_of(scene, file)) == (200_00, 200_00, [(200_00, 200_00)])
    assert debts(scene) == [(200_00, 0, 200_00, "opened")]
    by_bank = told(scene, "制单员", lambda work: repay(work, 1, 1, "缴款书"))
    assert (by_bank.code, file.number in by_bank.title) == ("offset_under_way", True)
    _, content = scene.do("制单员", lambda work: payment_download.download(work, file.id))
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    amount = next(i for i, each in enumerate(head) if "金额" in str(each))
    assert [row[amount] for row in rows] == ["200.00"], "the bank is told the net sum"

    scene.bank_answers(file)
    assert debts(scene) == [(200_00, 200_00, 0, "met")]
    assert states_of(scene) == {"recovered": 1, "paid": 2}
    fund = scene.budget(budget)
    assert (fund.spent_fen, fund.returned_fen, fund.reserved_fen) == (400_00, 200_00, 0)
    with scene.database.read() as session:
        paid = [list_payments_of_claim(session, each.id)[0] for each in claims_of(scene)[1:]]
        back = list_came_back(session, [1])[1]
    assert [(each.computed_fen, each.offset_fen, each.amount_fen) for each in paid] == [
        (200_00, 200_00, 0),
        (200_00, 0, 200_00),
    ]
    assert [met.letter_number for met in paid[0].met] == [f"TH-{JIYUAN}-2024-000001"]
    assert [(each.way, each.amount_fen) for each in back] == [("offset", 200_00)]
    scene.bank_answers(file)
    assert debts(scene) == [(200_00, 200_00, 0, "met")], "the same answer twice takes nothing twice"


@ONE
def test_抵扣后净额为零的不交银行_签发即结清(scene: Scene) -> None:
    """AC-I1：欠 400、应付 200：先立的先抵，第二张仍全欠；文件没有要下载的付款。"""
    ready(scene)
    budget = owing(scene, [ZHANG_SAN, person(4)])
    approved(scene, budget, [LI_SI])
    file = scene.make_file(budget)
    assert (file.total_fen, file.offset_fen, lines_of(scene, file)) == (0, 200_00, [(0, 200_00)])
    assert debts(scene) == [(200_00, 200_00, 0, "met"), (200_00, 0, 0, "opened")]
    assert states_of(scene) == {"recovered": 1, "recovering": 1, "paid": 1}
    with scene.database.read() as session:
        assert session.get_one(PaymentFile, file.id).state == "closed"
    nothing = told(scene, "制单员", lambda work: payment_download.download(work, file.id))
    assert nothing.code == "payment_file_all_offset"
    report = scene.bank_answers(file)
    assert (report.matched, report.quarantined) == (0, 1), "no bank can answer for what it was not sent"


@pytest.mark.long
def test_退票不算抵扣_更正账户后重付_只抵一次(scene: Scene) -> None:
    """AC-I1、AC-H12：退票后追回单照欠；作废的文件放回；重付时按当时的欠款抵一次。"""
    ready(scene)
    budget = owing(scene, [ZHANG_SAN])
    approved(scene, budget, [LI_SI, person(3)])
    scene.open_accounts()
    first = scene.do("制单员", lambda work: payment.prepare(work, budget))
    assert debts(scene)[0][2] == 200_00
    scene.do("制单员", lambda work: payment.void(work, first.id, "金额待核"))
    assert debts(scene) == [(200_00, 0, 0, "opened")]
    second = scene.make_file(budget)
    scene.bank_answers(second, failing=[f"{second.number}-00001"])
    assert debts(scene) == [(200_00, 0, 0, "opened")]
    pay_back(scene, 1, 50_00)
    fixed = scene.do(
        "制单员",
        lambda work: accounts.propose_account(work, EV1[1], EV1[0], "中国银行", "257799990001", "开户许可证"),
    )
    scene.do("付款复核员", lambda work: accounts.confirm_account(work, fixed.id, "257799990001"))
    scene.do("制单员", lambda work: correct_bounced(work, EV1[1]))
    third = scene.make_file(budget)
    assert lines_of(scene, third) == [(250_00, 150_00)]
    scene.bank_answers(third)
    assert debts(scene) == [(200_00, 200_00, 0, "met")]
    with scene.database.read() as session:
        ways = session.scalars(select(Repayment.way).order_by(Repayment.id)).all()
        states = session.scalars(select(Payment.state).order_by(Payment.id)).all()
    assert ways == ["bank", "offset"]
    assert states.count("succeeded") == 3
    assert scene.budget(budget).returned_fen == 200_00


@pytest.mark.long
def test_不抵别家的_不跨资金来源_两人可以暂缓和恢复(scene: Scene) -> None:
    """AC-I1：同一收款方、同一地区、同一资金来源才抵；暂缓须另一人确认，恢复也是。"""
    ready(scene)
    scene.file_evaluator(EV2)
    budget = owing(scene, [ZHANG_SAN])
    scene.certify(scene.certificate(LI_SI, evaluator=EV2, issued="2024-01-15"))
    approve_batch(scene, scene.settle(budget, since="2024-01-15", until="2024-01-15").batch_id)
    assert lines_of(scene, scene.make_file(budget)) == [(200_00, 0)], "another house owes nothing"
    other = scene.open_budget(source=FundSource.UNEMPLOYMENT_INSURANCE)
    approved(scene, other, [person(5)], "2024-01-16")
    assert lines_of(scene, scene.make_file(other)) == [(200_00, 0)], "funds are never mixed"

    def ask(login: str, *, stays: bool) -> None:
        scene.do(login, lambda work: offset_stays.ask_stay(work, 1, "已签分期缴款协议", stays=stays))

    ask("制单员", stays=True)
    twice = told(scene, "付款复核员", lambda work: offset_stays.ask_stay(work, 1, "再提", stays=True))
    assert twice.code == "offset_stay_asked_already"
    alone = told(scene, "制单员", lambda work: offset_stays.agree_stay(work, 1))
    assert alone.code == "second_person_needed"
    scene.do("付款复核员", lambda work: offset_stays.agree_stay(work, 1))
    approved(scene, budget, [person(6)], "2024-01-17")
    scene.open_accounts()
    held = scene.do("制单员", lambda work: payment.prepare(work, budget))
    assert lines_of(scene, held) == [(200_00, 0)]
    scene.do("制单员", lambda work: payment.void(work, held.id, "协议终止"))
    ask("付款复核员", stays=False)
    scene.do("制单员", lambda work: offset_stays.agree_stay(work, 1))
    set_parameter(scene, "clawback_offset_share", "5000", "2024-01-01", "万分比")
    half = scene.do("制单员", lambda work: payment.prepare(work, budget))
    assert lines_of(scene, half) == [(100_00, 100_00)], "no more than the share of the day"
    planned = told(scene, "制单员", lambda work: offset_stays.ask_stay(work, 1, "再缓", stays=True))
    assert (planned.code, half.number in planned.title) == ("offset_under_way", True)
    scene.do("制单员", lambda work: payment.void(work, half.id, "改日再付"))
    set_parameter(scene, "clawback_offset", "0", "2024-01-01")
    scene.at = on("2024-04-01")
    none = scene.do("制单员", lambda work: payment.prepare(work, budget))
    assert lines_of(scene, none) == [(200_00, 0)], "where a document forbids it nothing is offset"
