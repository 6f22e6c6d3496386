"""Workbooks for people: no cell can act, amounts are exact, the same content gives the same bytes.

Amounts are numbers that a clerk can add up, written digit by digit from whole fen ("1948240.00") and shown
with two decimals. A spreadsheet keeps fifteen digits: a larger amount is a text, as is every amount of a file
for a bank (BANK_YUAN), whose bytes are made again and must not change.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, SupportsFloat

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from voucher.plumbing.spreadsheets.scanning import column_letters
from voucher.rules.money import check_fen, exact_yuan, format_yuan

ACTING_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LARGEST_EXACT = 2**53
LARGEST_SUMMED_FEN = 10**15 - 1  # fifteen digits, what a spreadsheet shows and keeps
WHOLE_BP = 10_000
LARGEST_ROW = 1_048_576
LINES_MOST = LARGEST_ROW - 1  # what one sheet holds below its headings
AUTHOR = "职业技能电子培训券"
A4_PAPER = 9  # the workbook format's own number for it


class Kind(StrEnum):
    """What a column holds, and so how it is written and aligned."""

    TEXT = "text"
    WHOLE = "whole"
    AMOUNT = "amount"
    BANK_YUAN = "bank_yuan"
    SHARE = "share"
    FEN = "fen"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column: its heading, its kind and its width in characters of a Latin letter."""

    heading: str
    kind: Kind = Kind.TEXT
    width: int = 16


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: name (at most 31 characters), columns, and rows of str, int, date or None."""

    name: str
    columns: Sequence[SheetColumn]
    rows: Iterable[Sequence[str | int | date | None]]


def write_workbook(
    target: Path | BinaryIO, sheets: Iterable[Sheet], *, created_at: datetime, title: str = ""
) -> None:
    """Write the sheets with flat memory; the same sheets and moment give the same bytes.

    A sheet is asked for when the one before it is written. A file appears whole under its name or not at all;
    what is not packed yet lies beside it. Raises TypeError for a value that does not fit its column's kind,
    ValueError for a text or a number that a workbook cannot carry.
    """
    if isinstance(target, Path):
        beside = target.with_name(f".{target.name}.part")
        try:
            with beside.open("wb") as file:
                _write_book(file, sheets, created_at, title, folder=target.parent)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
        return
    buffer = io.BytesIO()
    _write_book(buffer, sheets, created_at, title)
    target.write(buffer.getbuffer())


def _write_book(
    target: BinaryIO, sheets: Iterable[Sheet], created_at: datetime, title: str, *, folder: Path | None = None
) -> None:
    options: dict[str, object] = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        # a sheet of a million lines unpacks to more than the older form of an archive can say
        "use_zip64": True,
    }  # fmt: skip
    if folder is not None:
        options["tmpdir"] = str(folder)
    with xlsxwriter.Workbook(target, options) as book:
        moment = created_at.astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"title": title, "author": AUTHOR, "created": moment})
        formats = _Formats(book)
        for sheet in sheets:
            _write_sheet(book.add_worksheet(sheet.name), sheet, formats)


class _Formats:
    """The few looks a workbook uses."""

    def __init__(self, book: Any) -> None:
        look = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
        text = {**look, "num_format": "@"}
        self.header = book.add_format(
            {**text, "bold": True, "bg_color": "#DCE6F1", "border": 1, "align": "center", "text_wrap": True}
        )
        self.quoted = book.add_format({**text, "quote_prefix": True})
        self.by_kind = {
            Kind.TEXT: book.add_format(text),
            Kind.WHOLE: book.add_format({**look, "num_format": "0", "align": "right"}),
            Kind.FEN: book.add_format({**look, "num_format": "0", "align": "right"}),
            Kind.BANK_YUAN: book.add_format({**text, "align": "right"}),
            Kind.AMOUNT: book.add_format({**look, "num_format": "#,##0.00", "align": "right"}),
            Kind.SHARE: book.add_format({**look, "num_format": "0.00%", "align": "right"}),
            Kind.DAY: book.add_format({**text, "align": "center"}),
        }


def _set_up_printing(page: Worksheet) -> None:
    """Print across an A4 page, all columns on it, the header on every page, pages numbered."""
    page.set_landscape()
    page.set_paper(A4_PAPER)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_footer("&C第 &P 页，共 &N 页")


def _write_sheet(page: Worksheet, sheet: Sheet, formats: _Formats) -> None:
    for position, column in enumerate(sheet.columns):
        page.set_column(position, position, column.width, formats.by_kind[column.kind])
    page.freeze_panes(1, 0)
    _set_up_printing(page)
    page.ignore_errors(
        {"number_stored_as_text": f"A1:{column_letters(max(1, len(sheet.columns)))}{LARGEST_ROW}"}
    )
    for position, column in enumerate(sheet.columns):
        _place(page.write_string(0, position, column.heading, formats.header), column)
    for line, row in enumerate(sheet.rows, start=1):
        for position, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
            if value is None:
                continue
            look = formats.by_kind[column.kind]
            number = _number_of(column, value)
            if number is not None:
                _place(page.write_number(line, position, number, look), column)
                continue
            text = _text_of(column, value)
            if column.kind is Kind.TEXT and text.startswith(ACTING_STARTS):
                look = formats.quoted
            _place(page.write_string(line, position, text, look), column)


def harmless(value: object) -> object:
    """Return a cell of a csv that no spreadsheet takes for a formula; what is no text stays as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(ACTING_STARTS) else value


def _number_of(column: SheetColumn, value: str | int | date) -> SupportsFloat | None:
    """Return the number a cell holds, exact; None where it is a text."""
    match column.kind:
        case Kind.WHOLE | Kind.FEN:
            return _whole(value)
        case Kind.SHARE:
            return _whole(value) / WHOLE_BP
        case Kind.AMOUNT if isinstance(value, int) and abs(value) <= LARGEST_SUMMED_FEN:
            return exact_yuan(value)
    return None


def _text_of(column: SheetColumn, value: str | int | date) -> str:
    match column.kind, value:
        case ((Kind.AMOUNT | Kind.BANK_YUAN), int()):
            return format_yuan(check_fen(value))
        case Kind.DAY, date() if not isinstance(value, datetime):
            return value.isoformat()
        case Kind.TEXT, str():
            return value
    raise TypeError(f"column {column.heading} of kind {column.kind} cannot hold {type(value).__name__}")


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a whole number is needed, not {type(value).__name__}")
    if abs(value) > LARGEST_EXACT:
        raise ValueError("a workbook cannot carry this whole number exactly")
    return value


def _place(outcome: int, column: SheetColumn) -> None:
    # The library reports what it could not write by a number and goes on; a missing cell must not pass.
    if outcome != 0:
        raise ValueError(f"a workbook cannot carry this value of column {column.heading}")
