"""What must be said in words: a reason is part of every act that takes something from somebody."""

from __future__ import annotations

from datetime import date

from voucher.rules.errors import reason
from voucher.rules.register import rule

SOURCE = "豫办〔2021〕29号 四（一）; LIFECYCLE 须写明理由"

WHY_MISSING = reason(
    "why_missing", "没有写明理由", "请写明理由和依据后再办理；理由会留痕并告知当事人", SOURCE
)


@rule(number="WRD-01", stage="通用", source=SOURCE, since=date(2021, 10, 28))
def check_why(text: str) -> str:
    """Return a reason without the blanks around it. Raises why_missing."""
    said = text.strip()
    if not said:
        raise WHY_MISSING.refused()
    return said
