"""What a cell holds: its raw type stays, so that a rule can refuse an identity number kept as a number."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from voucher.rules.errors import reason

SOURCE = "【设】导入表格的日期写法; S2-09"

DATE_MALFORMED = reason(
    "date_malformed",
    "日期无法识别",
    "请按 2024-01-05、2024/1/5、2024年1月5日 或 20240105 填写",
    SOURCE,
)

Cell = str | int | float | bool | date | None

EARLIEST_YEAR = 1900
LATEST_YEAR = 2100
_EXACT_DIGITS = 15
_MIDNIGHT = r"(?:[ T]00:00(?::00(?:\.0+)?)?)?"
_DATES = tuple(
    re.compile(pattern + _MIDNIGHT, re.ASCII)
    for pattern in (
        r"(\d{4})-(\d{1,2})-(\d{1,2})",
        r"(\d{4})/(\d{1,2})/(\d{1,2})",
        r"(\d{4})\.(\d{1,2})\.(\d{1,2})",
        r"(\d{4})年(\d{1,2})月(\d{1,2})日",
        r"(\d{4})(\d{2})(\d{2})",
    )
)


def plain_cell(value: str | float | bool | date | time | timedelta | None) -> Cell:
    """Return a reader's value as a cell: trimmed text, whole numbers as int, midnight as a date."""
    match value:
        case str():
            return value.strip() or None
        case float() if value.is_integer():
            return int(value)
        case datetime() if value.time() == time():
            return value.date()
        case time() | timedelta():
            return str(value)
    return value


def cell_text(cell: Cell) -> str:
    """Return the cell as a person sees it: 85.0 as 85, 0.1 + 0.2 as 0.3, nothing as an empty text."""
    if type(cell) is str:
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        # A spreadsheet shows at most fifteen digits; the rest is the noise of binary fractions.
        text = f"{cell:.{_EXACT_DIGITS}g}"
        return f"{cell:.{_EXACT_DIGITS}f}".rstrip("0") if "e-" in text else text
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def cell_date(cell: Cell) -> date:
    """Return the day a cell names.

    A number is read only as eight digits, never as a spreadsheet's day count. Raises date_malformed.
    """
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        day = cell
    else:
        day = _read_date(unicodedata.normalize("NFKC", cell_text(cell)).strip())
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise DATE_MALFORMED.refused()
    return day


# a file names the same few days in its rows
@lru_cache(maxsize=1024)
def _read_date(text: str) -> date:
    for pattern in _DATES:
        if match := pattern.fullmatch(text):
            try:
                return date(*(int(part) for part in match.groups()))
            except ValueError:
                break
    raise DATE_MALFORMED.refused()
