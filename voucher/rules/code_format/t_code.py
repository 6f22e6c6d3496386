"""The T code: 22 digits a scanner gun, a keyboard or a voice can carry; made by the server, good once.

"72", then 18 random digits, then two check digits (ISO 7064 mod 97-10). The check digits tell a dropped or
swapped digit from a wrong code; they are no security.
"""

from __future__ import annotations

import re
from datetime import date

from stdnum.iso7064 import mod_97_10

from voucher.rules.errors import reason
from voucher.rules.register import rule

SOURCE = "豫办〔2021〕29号 第16项 实名、不得转让; 【设】T 码格式（ISO 7064 mod 97-10）; S2-16d"
SINCE = date(2021, 10, 28)
KIND_T = "72"
RANDOM_DIGITS = 18

CODE_MALFORMED = reason(
    "code_malformed",
    "这不是有效的出示码：{problem}",
    "请让持券人刷新手机上的码后重新扫描；手工输入的，请逐位核对 22 位数字",
    SOURCE,
)

# NFKC would turn ² into 2; only the widths and marks a Chinese keyboard gives are folded
_WIDTHS = {0xFF10 + digit: str(digit) for digit in range(10)}
_MARKS = dict.fromkeys(map(ord, " \t\r\n\u00a0\u3000-\u2010\u2011\u2013\u2014\uff0d"))
_FOLDED = {**_WIDTHS, **_MARKS}
_LONGEST_WRITING = 64
_T = re.compile(r"72[0-9]{20}")
_RANDOM = re.compile(r"[0-9]{18}")


@rule(number="COD-01", stage="发券", source=SOURCE, since=SINCE)
def make_t(random_digits: str) -> str:
    """Return the 22 digits of a T code around 18 random ones. Raises ValueError for anything else."""
    if not _RANDOM.fullmatch(random_digits):
        raise ValueError("a T code is made of 18 random digits")
    body = KIND_T + random_digits
    return body + str(mod_97_10.calc_check_digits(body))


@rule(number="COD-02", stage="培训", source=SOURCE, since=SINCE)
def parse_t(text: str) -> str:
    """Return the canonical 22 digits of what was scanned or typed.

    Full width, spaces and hyphens are folded, nothing else. Raises code_malformed, which never repeats
    the code.
    """
    if len(text) > _LONGEST_WRITING:
        raise CODE_MALFORMED.refused(problem="内容过长")
    digits = text.translate(_FOLDED)
    if not _T.fullmatch(digits):
        raise CODE_MALFORMED.refused(problem="应为以 72 开头的 22 位数字")
    body = digits[: len(KIND_T) + RANDOM_DIGITS]
    # 00, 01 and 99 would pass the modulus as well; one code has one spelling
    if digits != body + str(mod_97_10.calc_check_digits(body)):
        raise CODE_MALFORMED.refused(problem="校验位不正确，可能漏读或错读了数字")
    return digits
