"""票据号: what a payee writes of the invoice or receipt it gave for money that arrived."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from voucher.rules.errors import reason
from voucher.rules.register import rule

SOURCE = "【设】到账后由收款单位登记开出的发票、收据号码，供财政记账核对"
SINCE = date(2021, 10, 28)
# invoices and fiscal receipts are numbered in digits, with letters and a code before a hyphen at most
NUMBER = re.compile(r"(?=.*[0-9])[0-9A-Z][0-9A-Z-]{6,28}[0-9A-Z]")

RECEIPT_NUMBER = reason(
    "receipt_number",
    "“{number}”不像票据号：应为 8 至 30 位数字、字母，代码和号码之间可用一个短横",
    "请照票据上的号码填写，例如 24412000000123456789，或 41060124-0012345678",
    SOURCE,
)


@rule(number="REC-01", stage="兑现", source=SOURCE, since=SINCE)
def read_receipt_number(written: str) -> str:
    """Return a receipt's number as it is kept: half-width, in capitals, without blanks.

    Raises receipt_number.
    """
    number = "".join(unicodedata.normalize("NFKC", written).split()).upper()
    if NUMBER.fullmatch(number) is None or number.count("-") > 1:
        raise RECEIPT_NUMBER.refused(number=written.strip()[:40])
    return number
