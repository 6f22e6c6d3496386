"""Reading the bank's answer, whatever it comes in: csv in UTF-8 or GBK, xlsx, pain.002, camt.054."""

from __future__ import annotations

import io
from dataclasses import dataclass

from voucher.plumbing.bank_messages import looks_like_message, read_message
from voucher.plumbing.spreadsheets import Column, Limits, Row, cell_text, open_table
from voucher.rules.bank_files import read_outcome
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.money import parse_yuan

SUCCEEDED, FAILED = "succeeded", "failed"
WORDS = {
    "成功": SUCCEEDED,
    "交易成功": SUCCEEDED,
    "处理成功": SUCCEEDED,
    "已入账": SUCCEEDED,
    "失败": FAILED,
    "退票": FAILED,
    "交易失败": FAILED,
    "处理失败": FAILED,
}
COLUMNS = (
    Column("参考号", alias=("客户参考号",)),
    Column("金额", text=False, alias=("金额（元）", "金额(元)")),
    Column("结果", alias=("状态", "处理结果", "交易状态")),
    Column("原因", required=False, alias=("失败原因", "备注")),
)
MESSAGE_FAULTY = "银行回盘 XML 缺参考号"

OF_ANOTHER_FILE = reason(
    "bank_message_of_another_file",
    "这份回盘答复的是 {told}，不是 {number}",
    "请在对应的拨付文件下导入；没有任何一行入账",
    "AC-H12 回盘",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the bank's file as it was read; None where it could not be.

    `amount_told` is false where the form of the answer says no amount for a transfer it names.
    """

    line: int
    reference: str
    amount_fen: int | None
    outcome: str | None
    words: str
    problem: str | None = None
    amount_told: bool = True


def read_answer(number: str, content: bytes, filename: str, limits: Limits) -> list[Told]:
    """Return the lines of the answer to the payment file of this number.

    Raises Refused bank_message_unreadable, bank_message_count_differs, bank_message_of_another_file, and
    what reading a table refuses.
    """
    if looks_like_message(content):
        return _read_message(number, content)
    table = io.BytesIO(to_utf8(content) if filename.lower().endswith(".csv") else content)
    with open_table(table, columns=COLUMNS, limits=limits, name=filename) as rows:
        return [_told(row) for row in rows]


def to_utf8(content: bytes) -> bytes:
    """Return a text in UTF-8: banks write GBK, and no GBK text of Chinese is valid UTF-8 by accident."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return content.decode("gb18030").encode()
        except UnicodeDecodeError:
            return content  # neither; the reader says where
    return content


def _read_message(number: str, content: bytes) -> list[Told]:
    message = read_message(content)
    if message.instruction and message.instruction != number:
        raise OF_ANOTHER_FILE.refused(told=printable(message.instruction)[:35], number=number)
    # two transfers may stand on one line of XML; their order never changes
    return [
        Told(
            position,
            printable(each.reference),
            each.amount_fen,
            read_outcome(each.word, WORDS),
            printable(each.why),
            None if each.reference else MESSAGE_FAULTY,
            each.amount_told or not message.instruction,
        )
        for position, each in enumerate(message.transfers, start=1)
    ]


def _told(row: Row) -> Told:
    """Return a line as the bank tells it; a fault in the reason alone keeps nothing from being booked."""
    values = {name: printable(cell_text(cell)) for name, cell in row.values.items()}
    try:
        amount_fen: int | None = parse_yuan(values.get("金额", ""))
    except Refused:
        amount_fen = None
    problems = (each.refusal.title for each in row.problems if each.column != "原因")
    return Told(
        row.line,
        values.get("参考号", ""),
        amount_fen,
        read_outcome(values.get("结果", ""), WORDS),
        values.get("原因", ""),
        next(problems, None),
    )


def printable(text: str) -> str:
    """Return what of a bank's text can be seen, without blanks around it."""
    return "".join(each for each in text if each.isprintable()).strip()
