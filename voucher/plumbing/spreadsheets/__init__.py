"""Tables in and out: csv and xlsx read behind guards, workbooks written so that no cell can act."""

from voucher.plumbing.spreadsheets.cells import Cell, cell_date, cell_text
from voucher.plumbing.spreadsheets.columns import Column
from voucher.plumbing.spreadsheets.guards import Limits
from voucher.plumbing.spreadsheets.reading import Problem, Row, Table, open_table
from voucher.plumbing.spreadsheets.writing import (
    LINES_MOST,
    Kind,
    Sheet,
    SheetColumn,
    harmless,
    write_workbook,
)

__all__ = [
    "LINES_MOST",
    "Cell",
    "Column",
    "Kind",
    "Limits",
    "Problem",
    "Row",
    "Sheet",
    "SheetColumn",
    "Table",
    "cell_date",
    "cell_text",
    "harmless",
    "open_table",
    "write_workbook",
]
