"""Shares of people, exams and vouchers as they are shown: one way of rounding wherever somebody reads one."""

from __future__ import annotations

from datetime import date

from voucher.rules.register import rule

SOURCE = (
    "【设】文件没有写明百分比的尾数；显示的百分比保留两位小数，四舍五入；"
    "门槛按原数比较，没有达到的不显示成达到"
)
FOUNDED = date(2021, 10, 28)
WHOLE_BP = 10_000


@rule(number="SHR-01", stage="通用", source=SOURCE, since=FOUNDED)
def shown_share(part: int, whole: int, mark_bp: int | None = None) -> int:
    """Return a share in basis points, half of one rounded up; of nothing it is nothing.

    What is held against a `mark_bp` is compared as it is, and is never shown as having reached it when it has
    not.
    """
    if whole <= 0:
        return 0
    shown = (2 * part * WHOLE_BP + whole) // (2 * whole)
    return shown if mark_bp is None or part * WHOLE_BP >= mark_bp * whole else min(shown, mark_bp - 1)


@rule(number="SHR-02", stage="通用", source=SOURCE, since=FOUNDED)
def write_share(basis_points: int) -> str:
    """Return ten-thousandths as a percentage: 5000 is 50%, 8889 is 88.89%."""
    whole, part = divmod(basis_points, 100)
    return f"{whole}.{part:02d}%" if part else f"{whole}%"
