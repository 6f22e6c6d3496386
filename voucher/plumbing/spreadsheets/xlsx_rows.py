"""Rows of an xlsx file; the reading library sees it only after package and sheet were looked through."""

from __future__ import annotations

from collections.abc import Generator
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, load_workbook

from voucher.plumbing.spreadsheets.cells import Cell, plain_cell
from voucher.plumbing.spreadsheets.faults import CELL_ERROR, FORMULA_CELL, Fault, OpenedRows, RawRow
from voucher.plumbing.spreadsheets.guards import Limits, check_package, not_a_workbook
from voucher.plumbing.spreadsheets.scanning import SheetFacts, scan_package


def open_rows(file: BinaryIO, limits: Limits) -> OpenedRows:
    """Return the rows of the first visible sheet.

    Raises zip_bomb, file_not_what_it_says, too_many_rows, too_many_cells, formulas_everywhere.
    """
    with check_package(file, limits) as package:
        facts = scan_package(package, limits)
    file.seek(0)
    try:
        sheet = load_workbook(file).get_sheet_by_name(facts.name)
    except (CalamineError, ValueError, OSError):
        raise not_a_workbook("表格程序无法读取") from None
    if sheet.total_height > facts.last_row or sheet.total_width > facts.last_column:
        raise not_a_workbook("工作表的范围前后不一致")
    return OpenedRows(rows=_read_rows(sheet, facts), last_line=facts.last_row, sheets_ignored=facts.others)


def _read_rows(sheet: CalamineSheet, facts: SheetFacts) -> Generator[RawRow]:
    faults: dict[int, list[Fault]] = {}
    for reason, marked in ((FORMULA_CELL, facts.formulas), (CELL_ERROR, facts.errors - facts.formulas)):
        for row, column in sorted(marked):
            faults.setdefault(row, []).append(Fault(column - 1, reason))
    # The library counts columns from the first filled one; the file's own counting is what people see.
    margin: list[Cell] = [None] * (sheet.start[1] if sheet.start else 0)
    for line, values in enumerate(sheet.iter_rows(), start=1):
        cells = margin + [plain_cell(value) for value in values]
        found = faults.pop(line, [])
        if found or any(cell is not None for cell in cells):
            yield RawRow(line, cells, faults=found, padded=True)
    for line, found in sorted(faults.items()):
        yield RawRow(line, (), faults=found, padded=True)
