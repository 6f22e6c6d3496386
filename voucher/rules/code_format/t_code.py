"""The T code: 22 digits a scanner gun, a keyboard or a voice can carry; made by the server, good once.

"72", then 18 random digits, then two check digits.
"""

from __future__ import annotations

import re

from voucher.rules.code_format.digits import CODE_MALFORMED, SINCE, SOURCE, fold_digits, frame, unframe
from voucher.rules.register import rule

KIND_T = "72"
RANDOM_DIGITS = 18

_LONGEST_WRITING = 64
_T = re.compile(r"72[0-9]{20}")
_RANDOM = re.compile(r"[0-9]{18}")


@rule(number="COD-01", stage="发券", source=SOURCE, since=SINCE)
def make_t(random_digits: str) -> str:
    """Return the 22 digits of a T code around 18 random ones. Raises ValueError for anything else."""
    if not _RANDOM.fullmatch(random_digits):
        raise ValueError("a T code is made of 18 random digits")
    return frame(KIND_T, random_digits)


@rule(number="COD-02", stage="培训", source=SOURCE, since=SINCE)
def parse_t(text: str) -> str:
    """Return the canonical 22 digits of what was scanned or typed.

    Full width, spaces and hyphens are folded, nothing else. Raises code_malformed, which never repeats
    the code.
    """
    digits = fold_digits(text, _LONGEST_WRITING)
    if not _T.fullmatch(digits):
        raise CODE_MALFORMED.refused(problem="应为以 72 开头的 22 位数字")
    unframe(digits)
    return digits
