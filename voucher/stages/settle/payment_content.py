"""What stands in the file for the bank, in the layout its bank wants; the same rows give the same bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import budget as budgets
from voucher.plumbing.clock import day_of
from voucher.plumbing.credit_transfers import CreditTransfer, Party, write_instruction
from voucher.plumbing.spreadsheets.writing import Kind, Sheet, SheetColumn, write_workbook
from voucher.plumbing.unit_of_work import Work
from voucher.registry.accounts import read_account_number
from voucher.registry.bank_templates import BankTemplate, get_template, layout_of
from voucher.registry.institutions import Institution, PayeeAccount
from voucher.registry.standards import get_value_at
from voucher.rules.bank_files import SUFFIXES, BankField, BankForm, BankLayout
from voucher.rules.errors import Family, reason
from voucher.rules.money import chinese_capitals, format_yuan
from voucher.stages.settle.models.banking import PaymentLayout
from voucher.stages.settle.models.payments import PaymentFile

SHAPES = {
    BankField.POSITION: (Kind.WHOLE, 6),
    BankField.REFERENCE: (Kind.TEXT, 28),
    BankField.HOLDER_NAME: (Kind.TEXT, 36),
    BankField.BANK_NAME: (Kind.TEXT, 36),
    BankField.ACCOUNT: (Kind.TEXT, 28),
    BankField.AMOUNT_YUAN: (Kind.BANK_YUAN, 16),
    BankField.AMOUNT_FEN: (Kind.FEN, 16),
    BankField.PURPOSE: (Kind.TEXT, 24),
}
SUMMARY = (SheetColumn("项目", Kind.TEXT, 16), SheetColumn("内容", Kind.TEXT, 60))
WORKBOOK = "workbook"

PAYER_UNKNOWN = reason(
    "payer_unknown",
    "还没有登记 {region} 的付款单位户名、账号和开户行，不能生成付款指令",
    "请系统管理员登记参数 payer_name、payer_account、payer_bank，或改用表格类的银行模板",
    "ISO 20022 pain.001.001.09 Dbtr、DbtrAcct、DbtrAgt",
    Family.UNAVAILABLE,
)


@dataclass(frozen=True, slots=True)
class ContentLine:
    """One payee's row in fen: what the bank is to pay, what its receivables meet instead, and what for."""

    reference: str
    account: PayeeAccount
    amount_fen: int
    offset_fen: int
    purpose: str


def choose_template(session: Session, on: date, region_code: str, code: str | None) -> BankTemplate:
    """Return the layout asked for, or the one a region usually takes. Raises bank_template_missing."""
    return get_template(session, code or get_value_at(session, "bank_template", on, region_code), on)


def find_template(work: Work, file: PaymentFile) -> BankTemplate:
    """Return the layout a file is written in; those made before there was a choice are workbooks."""
    found = work.session.scalars(
        select(BankTemplate)
        .join(PaymentLayout, PaymentLayout.bank_template_id == BankTemplate.id)
        .where(PaymentLayout.payment_file_id == file.id)
    ).first()
    return found or get_template(work.session, WORKBOOK, day_of(file.made_at))


def read_layout(work: Work, template: BankTemplate, file_made_on: PaymentFile | None = None) -> BankLayout:
    """Return a layout with the encoding of the day the file was made, or of today."""
    on = work.today if file_made_on is None else day_of(file_made_on.made_at)
    return layout_of(template, get_value_at(work.session, "bank_file_encoding", on, "*") or "gbk")


def build_content(
    work: Work, file: PaymentFile, template: BankTemplate, lines: Sequence[ContentLine]
) -> bytes:
    """Return the bytes for the bank: a row per payee that is paid anything, none at all where nobody is.

    Raises Refused payer_unknown, payment_instruction_invalid.
    """
    sent = [each for each in lines if each.amount_fen > 0]
    if not sent:
        return b""
    layout = read_layout(work, template, file)
    rows = [_row(work, position, each) for position, each in enumerate(sent, start=1)]
    match layout.form:
        case BankForm.XLSX:
            return _workbook(file, layout, rows)
        case BankForm.CSV:
            return _text(layout, rows)
        case BankForm.PAIN_001:
            return _instruction(work, file, sent, rows)


def file_name(file: PaymentFile, template: BankTemplate) -> str:
    """Return what a file is called when it is handed out."""
    return f"{file.number}.{SUFFIXES[BankForm(template.form)]}"


Row = dict[BankField, str | int]


def _row(work: Work, position: int, line: ContentLine) -> Row:
    institution = work.session.get_one(Institution, line.account.institution_id)
    return {
        BankField.POSITION: position,
        BankField.REFERENCE: line.reference,
        BankField.HOLDER_NAME: line.account.holder_name,
        BankField.BANK_NAME: line.account.bank_name,
        BankField.ACCOUNT: read_account_number(work.session, work.keyring, institution.code, line.account),
        BankField.AMOUNT_YUAN: line.amount_fen,
        BankField.AMOUNT_FEN: line.amount_fen,
        BankField.PURPOSE: line.purpose,
    }


def _workbook(file: PaymentFile, layout: BankLayout, rows: Sequence[Row]) -> bytes:
    columns = [SheetColumn(heading, *SHAPES[field]) for heading, field in layout.columns]
    summary = (
        ("拨付文件编号", file.number),
        ("笔数", str(len(rows))),
        ("合计金额（元）", format_yuan(file.total_fen)),
        ("合计大写", chinese_capitals(file.total_fen)),
    )
    details = [[row[field] for _, field in layout.columns] for row in rows]
    buffer = io.BytesIO()
    write_workbook(
        buffer,
        [Sheet("拨付明细", columns, details), Sheet("汇总", SUMMARY, summary)],
        created_at=file.made_at,
        title=file.number,
    )
    return buffer.getvalue()


def _text(layout: BankLayout, rows: Sequence[Row]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([heading for heading, _ in layout.columns])
    for row in rows:
        writer.writerow([_plain(field, row[field]) for _, field in layout.columns])
    return out.getvalue().encode(layout.encoding)


def _plain(field: BankField, value: str | int) -> str:
    """Return a cell as a bank's program reads it: yuan with two decimals and nothing between the digits."""
    if field is BankField.AMOUNT_YUAN and isinstance(value, int):
        return format_yuan(value).replace(",", "")
    return str(value)


def _instruction(work: Work, file: PaymentFile, lines: Sequence[ContentLine], rows: Sequence[Row]) -> bytes:
    region, on = budgets.get_budget(work, file.budget_id).region_code, day_of(file.made_at)
    name, account, bank_name = (
        get_value_at(work.session, each, on, region) for each in ("payer_name", "payer_account", "payer_bank")
    )
    if not (name and account and bank_name):
        raise PAYER_UNKNOWN.refused(region=region)
    transfers = [
        CreditTransfer(
            line.reference,
            Party(line.account.holder_name, str(row[BankField.ACCOUNT]), line.account.bank_name),
            line.amount_fen,
            line.purpose,
        )
        for line, row in zip(lines, rows, strict=True)
    ]
    payer = Party(name, account, bank_name)
    return write_instruction(file.number, payer, transfers, made_at=file.made_at, pay_on=on)
