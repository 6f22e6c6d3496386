"""What stands in the file for the bank; the same rows always give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence

from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.plumbing.spreadsheets.writing import Kind, Sheet, SheetColumn, write_workbook
from voucher.registry.accounts import read_account_number
from voucher.registry.institutions import Institution, PayeeAccount
from voucher.rules.money import chinese_capitals, format_yuan
from voucher.stages.settle.models.payments import PaymentFile

COLUMNS = (
    SheetColumn("序号", Kind.WHOLE, 6),
    SheetColumn("参考号", Kind.TEXT, 28),
    SheetColumn("收款户名", Kind.TEXT, 36),
    SheetColumn("开户行", Kind.TEXT, 36),
    SheetColumn("收款账号", Kind.TEXT, 28),
    SheetColumn("金额（元）", Kind.AMOUNT, 16),
    SheetColumn("金额（分）", Kind.FEN, 16),
    SheetColumn("附言", Kind.TEXT, 24),
)
SUMMARY = (SheetColumn("项目", Kind.TEXT, 16), SheetColumn("内容", Kind.TEXT, 60))
# one line may pay for both subsidies of one institution
PURPOSE = "职业技能培训评价补贴"


def build_content(
    session: Session,
    keyring: Keyring,
    file: PaymentFile,
    lines: Sequence[tuple[str, PayeeAccount, int]],
) -> bytes:
    """Return the workbook for the bank: a row per payee (reference, account, amount in fen), a summary."""
    rows = []
    for position, (reference, account, amount_fen) in enumerate(lines, start=1):
        institution = session.get_one(Institution, account.institution_id)
        number = read_account_number(session, keyring, institution.code, account)
        rows.append(
            (
                position,
                reference,
                account.holder_name,
                account.bank_name,
                number,
                amount_fen,
                amount_fen,
                PURPOSE,
            )
        )
    summary = (
        ("拨付文件编号", file.number),
        ("笔数", str(file.line_count)),
        ("合计金额（元）", format_yuan(file.total_fen)),
        ("合计大写", chinese_capitals(file.total_fen)),
    )
    buffer = io.BytesIO()
    write_workbook(
        buffer,
        [Sheet("拨付明细", COLUMNS, rows), Sheet("汇总", SUMMARY, summary)],
        created_at=file.made_at,
        title=file.number,
    )
    return buffer.getvalue()
