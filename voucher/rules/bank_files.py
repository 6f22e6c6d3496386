"""What a bank can take: the columns, encoding and limits of its file, and what it says back.

A layout is a dated row; nothing about a bank is a constant here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.errors import reason
from voucher.rules.names import may_encode
from voucher.rules.register import rule

SINCE = date(2021, 10, 28)
SOURCE = "PAGES 4.6 银行模板、预检; DOMAIN 2.4 退票; 【设】银行文件格式"

LAYOUT_MALFORMED = reason(
    "bank_layout_malformed",
    "银行模板“{code}”的列定义无法识别：{problem}",
    "请按“列名=字段;列名=字段”登记，字段见基础数据说明；必须有收款户名、账号和金额",
    SOURCE,
)


class BankForm(StrEnum):
    """How a file for the bank is written."""

    XLSX = "xlsx"
    CSV = "csv"
    PAIN_001 = "pain.001.001.09"


SUFFIXES = {BankForm.XLSX: "xlsx", BankForm.CSV: "csv", BankForm.PAIN_001: "xml"}


class BankField(StrEnum):
    """What a column of a bank's file holds."""

    POSITION = "position"
    REFERENCE = "reference"
    HOLDER_NAME = "holder_name"
    BANK_NAME = "bank_name"
    ACCOUNT = "account"
    AMOUNT_YUAN = "amount_yuan"
    AMOUNT_FEN = "amount_fen"
    PURPOSE = "purpose"


NEEDED = frozenset({BankField.HOLDER_NAME, BankField.ACCOUNT})
AMOUNTS = frozenset({BankField.AMOUNT_YUAN, BankField.AMOUNT_FEN})


@dataclass(frozen=True, slots=True)
class BankLayout:
    """How one bank wants its file; limits are None where it sets none."""

    code: str
    form: BankForm
    encoding: str
    columns: tuple[tuple[str, BankField], ...]
    lines_most: int | None = None
    line_amount_most_fen: int | None = None
    name_bytes_most: int | None = None


class PayeeFault(StrEnum):
    """Why a payee cannot be put into a bank's file, in the order in which they are told."""

    STOPPED = "stopped"
    NO_ACCOUNT = "no_account"
    SHARED = "shared"
    NOT_ENCODABLE = "not_encodable"
    NOT_PRINTABLE = "not_printable"
    TOO_LONG = "too_long"
    TOO_MUCH = "too_much"


@rule(number="BNK-01", stage="兑现", source=SOURCE, since=SINCE)
def read_columns(code: str, text: str) -> tuple[tuple[str, BankField], ...]:
    """Return the columns a row of the table of bank layouts names, in order.

    Raises bank_layout_malformed.
    """
    columns: list[tuple[str, BankField]] = []
    for each in text.split(";"):
        heading, equals, field = each.partition("=")
        if not (heading.strip() and equals) or field.strip() not in set(BankField):
            raise LAYOUT_MALFORMED.refused(code=code, problem=f"“{each.strip()}”")
        columns.append((heading.strip(), BankField(field.strip())))
    fields = {field for _, field in columns}
    if len({heading for heading, _ in columns}) < len(columns):
        raise LAYOUT_MALFORMED.refused(code=code, problem="有重复的列名")
    if not (fields >= NEEDED and fields & AMOUNTS):
        raise LAYOUT_MALFORMED.refused(code=code, problem="缺收款户名、账号或金额")
    return tuple(columns)


@rule(number="BNK-02", stage="兑现", source=f"{SOURCE}; AC-B11 生僻字", since=SINCE)
def find_unwritable(text: str, encoding: str) -> str:
    """Return the characters of a text that an encoding cannot carry, each once; GBK has no 䶮."""
    return "".join(dict.fromkeys(letter for letter in text if not may_encode(letter, encoding)))


@rule(number="BNK-03", stage="兑现", source=SOURCE, since=SINCE)
def find_name_faults(names: Sequence[str], layout: BankLayout) -> dict[PayeeFault, str]:
    """Return why a payee's names cannot be written into a bank's file, with the words that show it."""
    faults: dict[PayeeFault, str] = {}
    for name in names:
        unwritable = find_unwritable(name, layout.encoding)
        if unwritable:
            faults.setdefault(PayeeFault.NOT_ENCODABLE, f"{name}（{unwritable}）")
            continue
        if _acts(name):
            faults.setdefault(PayeeFault.NOT_PRINTABLE, name if name.isprintable() else "含看不见的字符")
        size = len(name.encode(layout.encoding))
        if layout.name_bytes_most is not None and size > layout.name_bytes_most:
            faults.setdefault(PayeeFault.TOO_LONG, f"{name}（{size} 字节）")
    return faults


def _acts(name: str) -> bool:
    """Return whether a name would be read by the bank's program as something else than a name."""
    return name[:1] in "=+-@＝＋－＠" or any(unicodedata.category(each).startswith("C") for each in name)


@rule(number="BNK-04", stage="兑现", source="AC-H12 回盘; PAGES 4.6 回单", since=SINCE)
def read_outcome(words: str, known: Mapping[str, str]) -> str | None:
    """Return what a bank's word for a result means, None where nobody has said; nothing is guessed."""
    return known.get("".join(words.split()))
