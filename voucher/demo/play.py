"""The published quarter, carried from filing to the bank's answer by the people it takes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from sqlalchemy import select

from voucher.demo.house import House, moment
from voucher.demo.signing import pass_all
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts
from voucher.registry.institutions import Institution, PayeeAccount
from voucher.rules.approval import Step
from voucher.rules.money import chinese_capitals, format_yuan
from voucher.stages.settle import bank, notice, payment
from voucher.stages.settle.bank import BankReport
from voucher.stages.settle.models.notices import Notice
from voucher.stages.settle.models.payments import PaymentFile, PaymentLine

Say = Callable[[str], None]
POSTED_ON, PAID_ON = date(2024, 3, 6), date(2024, 3, 15)
BANK = "示例银行济源分行"


@dataclass(frozen=True, slots=True)
class Carried:
    """What a batch became: its notice, its payment file, the bank's answer."""

    notice: Notice
    file: PaymentFile
    report: BankReport


def carry_through(house: House, batch_id: int, budget_id: int, say: Say) -> Carried:
    """Take a filed batch over reviews, notice and approval to the bank, each step by its own person."""
    house.at = moment(POSTED_ON - timedelta(days=2))
    review_first(house, batch_id, say)
    review_second(house, batch_id, say)
    house.at = moment(POSTED_ON)
    posted = publish(house, batch_id, say)
    house.at = moment(PAID_ON)
    approve(house, batch_id, say)
    file = make_file(house, budget_id, say)
    house.act("checker", partial(payment.check, payment_file_id=file.id))
    say("付款复核：checker")
    house.act("releaser", partial(payment.release, payment_file_id=file.id))
    say("签发：releaser（与以上各环节均非同一人）")
    content = answer_of_bank(house, file)
    report = house.act(
        "maker", lambda work: bank.record_results(work, file.id, content, "回盘.csv", Limits())
    )
    say(f"银行回盘：成功 {report.succeeded} 笔，退票 {report.failed} 笔，待查 {report.quarantined} 笔")
    house.seal()
    return Carried(posted, file, report)


def review_first(house: House, batch_id: int, say: Say) -> None:
    """Have the first reviewer pass every line."""
    signed = house.act(
        "first-review",
        lambda work: pass_all(work, batch_id, Step.FIRST_REVIEW, "证书与登记逐条一致"),
    )
    say(f"初审：first-review 通过 {signed:,} 条")


def review_second(house: House, batch_id: int, say: Say) -> None:
    """Have the second reviewer pass every line."""
    signed = house.act(
        "second-review",
        lambda work: pass_all(work, batch_id, Step.SECOND_REVIEW, "复核无误，拟公示"),
    )
    say(f"复核：second-review 通过 {signed:,} 条（济源无下辖县区，同一机关两人分别初审、复核）")


def publish(house: House, batch_id: int, say: Say) -> Notice:
    """Post the batch and let the notice period pass without an objection."""
    posted = house.act("second-review", partial(notice.post_notice, batch_id=batch_id))
    say(f"公示：{posted.number}，{posted.from_on} 至 {posted.until_on}，{posted.workdays} 个工作日")
    house.at = moment(posted.until_on + timedelta(days=1), 1)
    house.act("clock", notice.close_due_notices)
    say("公示期满，无异议")
    return posted


def approve(house: House, batch_id: int, say: Say) -> None:
    """Have finance approve every line."""
    signed = house.act("approver", lambda work: pass_all(work, batch_id, Step.APPROVE, "同意拨付"))
    say(f"审批：approver 通过 {signed:,} 条")


def make_file(house: House, budget_id: int, say: Say) -> PaymentFile:
    """Have the maker make a payment file of everything approved."""
    open_accounts(house)
    file = house.act("maker", partial(payment.prepare, budget_id=budget_id))
    say(f"制单：maker，{file.number}，{file.line_count} 家收款单位，{format_yuan(file.total_fen)} 元")
    say(f"      大写 {chinese_capitals(file.total_fen)}")
    say(f"      摘要 SHA-256 {file.sha256}")
    return file


def open_accounts(house: House) -> None:
    """Have an account proposed and confirmed for every evaluator that has none."""
    with house.database.read() as session:
        institutions = session.scalars(select(Institution).order_by(Institution.id)).all()
        known = accounts.find_accounts_in_use(session, [each.id for each in institutions])
    for each in institutions:
        if each.id not in known:
            proposed = house.act("maker", partial(_propose, institution=each))
            house.act("checker", partial(_confirm, proposed=proposed))


def _confirm(work: Work, proposed: PayeeAccount) -> PayeeAccount:
    return accounts.confirm_account(work, proposed.id, f"4190{proposed.institution_id:012d}")


def _propose(work: Work, institution: Institution) -> PayeeAccount:
    number = f"4190{institution.id:012d}"
    return accounts.propose_account(work, institution.code, institution.name, BANK, number, "开户许可证")


def answer_of_bank(house: House, file: PaymentFile, failing: Collection[int] = ()) -> bytes:
    """Return the result file of a bank that paid every line but those of some institutions."""
    with house.database.read() as session:
        lines = session.scalars(
            select(PaymentLine).where(PaymentLine.payment_file_id == file.id).order_by(PaymentLine.position)
        ).all()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["参考号", "金额", "结果", "原因"])
    for line in lines:
        told = ("失败", "户名与账号不符") if line.institution_id in failing else ("成功", "")
        writer.writerow([line.reference, f"{line.amount_fen // 100}.{line.amount_fen % 100:02d}", *told])
    return out.getvalue().encode()
