"""Reading what the bank says has come in: csv in UTF-8 or GBK, xlsx, camt.054; one line, one credit."""

from __future__ import annotations

import io
from dataclasses import dataclass

from voucher.plumbing.bank_messages import looks_like_message, read_credits
from voucher.plumbing.spreadsheets import Column, Limits, Row, cell_text, open_table
from voucher.rules.errors import Refused, reason
from voucher.rules.levels import mask_word
from voucher.rules.money import parse_yuan
from voucher.stages.settle.bank_reading import printable, to_utf8

COLUMNS = (
    Column("流水号", text=False, required=False, alias=("交易流水号", "交易流水", "银行流水号")),
    Column("付款户名", alias=("对方户名", "付款人名称", "付款人")),
    Column("金额", text=False, alias=("金额（元）", "金额(元)", "贷方金额", "贷方发生额", "收入金额")),
    Column(
        "借贷标志",
        text=False,
        required=False,
        alias=("借贷方向", "借贷标识", "借贷", "借/贷", "收支", "收/支", "收支标志", "收支方向"),
    ),
    Column("附言", required=False, alias=("摘要", "用途", "备注")),
)
CREDIT_WORDS = frozenset(("贷", "贷方", "收", "收入", "C", "CR", "CRDT"))
DEBIT_WORDS = frozenset(("借", "借方", "支", "支出", "付", "D", "DR", "DBIT"))

CREDIT_UNREADABLE = reason(
    "credit_unreadable",
    "第 {line} 行的金额无法读取或不大于零",
    "请核对银行流水，只留到账行后重新导入；没有任何一行导入",
    "PAGES 4.6 回单匹配",
)
DIRECTION_UNREADABLE = reason(
    "credit_direction_unreadable",
    "第 {line} 行的借贷标志“{said}”看不出是收还是付",
    "请改为“贷”（到账）或“借”（付出）后重新导入；没有任何一行导入",
    "PAGES 4.6 回单匹配",
)


@dataclass(frozen=True, slots=True)
class CreditTold:
    """One credit as it was read; amount in fen."""

    line: int
    bank_reference: str
    payer_name: str
    remark: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What was read of a bank's file: its credits, and how many rows of a table were debits."""

    credits: list[CreditTold]
    debits: int = 0


def read_statement_credits(content: bytes, filename: str, limits: Limits) -> Statement:
    """Return the credits of a bank's file; what is marked as a debit or says no amount is passed over.

    Raises Refused credit_unreadable, credit_direction_unreadable, bank_message_unreadable,
    bank_message_count_differs, and what reading a table refuses.
    """
    if looks_like_message(content):
        told = [
            CreditTold(
                each.line,
                printable(each.bank_reference)[:64],
                printable(each.payer_name)[:120],
                printable(each.remark)[:200],
                _check(each.line, each.amount_fen),
            )
            for each in read_credits(content)
        ]
        return Statement(told)
    table = io.BytesIO(to_utf8(content) if filename.lower().endswith(".csv") else content)
    with open_table(table, columns=COLUMNS, limits=limits, name=filename) as rows:
        read = [_told(row) for row in rows]
    return Statement([each for each in read if each is not None], read.count(None))


def _check(line: int, amount_fen: int | None) -> int:
    if amount_fen is None or amount_fen <= 0:
        raise CREDIT_UNREADABLE.refused(line=line)
    return amount_fen


def _told(row: Row) -> CreditTold | None:
    if row.problems:
        raise Refused(row.problems[0].refusal)  # a torn row may be a credit; it is not passed over
    values = {name: printable(cell_text(cell)) for name, cell in row.values.items()}
    said = values.get("金额", "")
    if not said or ("借贷标志" in values and _is_debit(row.line, values["借贷标志"])):
        return None
    try:
        amount_fen = _check(row.line, parse_yuan(said))
    except Refused:
        raise CREDIT_UNREADABLE.refused(line=row.line) from None
    return CreditTold(
        row.line,
        values.get("流水号", "")[:64],
        values.get("付款户名", "")[:120],
        values.get("附言", "")[:200],
        amount_fen,
    )


def _is_debit(line: int, said: str) -> bool:
    word = said.strip().upper()
    if word not in CREDIT_WORDS | DEBIT_WORDS:
        raise DIRECTION_UNREADABLE.refused(line=line, said=mask_word(said[:20]))
    return word in DEBIT_WORDS
