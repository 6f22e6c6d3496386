"""Ending a row of the tariffs earlier than it says, or at all: from which day on, and never backwards."""

from __future__ import annotations

from datetime import date

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule
from voucher.rules.tariffs import SOURCE, TARIFF_WITHOUT_DOCUMENT, Tariff
from voucher.rules.vocabulary import FOUNDED

TARIFF_ROW_MISSING = reason(
    "tariff_row_missing",
    "没有找到这一行现行标准，或已经截止",
    "请从标准变动页面重新选择",
    SOURCE,
    Family.MISSING,
)
TARIFF_END_PAST = reason(
    "tariff_end_past",
    "最后一日 {ends_on} 早于今日（{today}）",
    "请填写今日或以后的日期：今日及以前可能已按这一行计价，不追溯；须追回的按追回办理",
    SOURCE,
)
TARIFF_END_BEFORE_SINCE = reason(
    "tariff_end_before_since",
    "最后一日 {ends_on} 早于这一行的生效日期 {since}",
    "请填写生效日期或以后的日期，首尾两日计入",
    SOURCE,
)
TARIFF_END_NOT_EARLIER = reason(
    "tariff_end_not_earlier",
    "这一行本来到 {until} 截止，{ends_on} 没有提前",
    "只能提前停止；要延长的，请登记自次日起生效的新标准",
    SOURCE,
)
TARIFF_ENDING_STANDS = reason(
    "tariff_ending_stands",
    "已有人提出停止这一行，等待另一人确认",
    "请先办结那一条，再另行提出",
    SOURCE,
    Family.CONFLICT,
)


@rule(number="TRF-04", stage="通用", source=SOURCE, since=FOUNDED)
def check_ending(row: Tariff, ends_on: date, document: str, today: date) -> None:
    """Refuse a last day that has passed, lies before the first one, or is no earlier than the row says.

    Nothing is priced by a day after today, so a last day from today on takes nothing from what was priced.
    Raises tariff_without_document, tariff_end_past, tariff_end_before_since, tariff_end_not_earlier.
    """
    if not document.strip():
        raise TARIFF_WITHOUT_DOCUMENT.refused()
    said = ends_on.isoformat()
    if ends_on < today:
        raise TARIFF_END_PAST.refused(ends_on=said, today=today.isoformat())
    if ends_on < row.since:
        raise TARIFF_END_BEFORE_SINCE.refused(ends_on=said, since=row.since.isoformat())
    if row.until is not None and ends_on >= row.until:
        raise TARIFF_END_NOT_EARLIER.refused(ends_on=said, until=row.until.isoformat())
