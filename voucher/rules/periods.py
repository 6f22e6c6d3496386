"""Dated rows: from the first day to the last, both included; no last day means until further notice."""

from __future__ import annotations

from datetime import date

from voucher.rules.register import rule


@rule(
    number="PER-01",
    stage="通用",
    source="【设】标准、参数、标签均带起止日期，首尾两日计入 (DESIGN 4)",
    since=date(2021, 10, 28),
)
def in_force(on: date, since: date, until: date | None) -> bool:
    """Return whether a row dated `since` to `until` applies on a day; both days are included."""
    return since <= on and (until is None or on <= until)
