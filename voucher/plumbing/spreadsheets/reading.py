"""Tables read for an import, row by row: csv of any size in flat memory, xlsx up to its limits.

A fault of the whole file (its kind, size, encoding, header) ends the reading as a refusal. A fault of one
row (a formula, a shifted row) travels with that row as a problem, so that the import can name every bad
row and decide whether to keep the good ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from voucher.plumbing.spreadsheets import csv_rows, xlsx_rows
from voucher.plumbing.spreadsheets.cells import Cell, cell_text
from voucher.plumbing.spreadsheets.columns import Column, match_headers
from voucher.plumbing.spreadsheets.faults import CELL_TOO_LONG, ROW_RAGGED, Fault, RawRow
from voucher.plumbing.spreadsheets.guards import FILE_EMPTY, Limits, check_kind
from voucher.rules.errors import Refusal, Refused


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be believed, and at which column where it is one cell."""

    column: str | None
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Row:
    """One row by column name, with its line in the file counted from one as a spreadsheet does."""

    line: int
    values: Mapping[str, Cell]
    problems: tuple[Problem, ...] = ()


class Table:
    """An opened table; iterate it once, and close it (or use `with`)."""

    def __init__(
        self,
        headers: list[Column | None],
        rows: Iterator[RawRow],
        limits: Limits,
        *,
        rows_expected: int,
        sheets_ignored: tuple[str, ...],
        close: Callable[[], None],
    ) -> None:
        self.rows_expected = rows_expected
        self.sheets_ignored = sheets_ignored
        self.columns = tuple(column.name for column in headers if column is not None)
        self._headers = headers
        self._rows = rows
        self._limits = limits
        self.close = close

    def __iter__(self) -> Iterator[Row]:
        for raw in self._rows:
            yield self._read(raw)

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, raw: RawRow) -> Row:
        if raw.refusal is not None:
            return Row(raw.line, {}, (Problem(None, raw.refusal),))
        given, wanted = len(raw.cells), len(self._headers)
        beyond = any(cell is not None for cell in raw.cells[wanted:])
        if beyond or (given < wanted and not raw.padded):
            refusal = ROW_RAGGED.refusal(line=raw.line, given=given, wanted=wanted)
            return Row(raw.line, {}, (Problem(None, refusal),))
        if given == wanted == len(self.columns) and not raw.faults and all(map(self._is_plain, raw.cells)):
            return Row(raw.line, dict(zip(self.columns, raw.cells, strict=True)))
        values: dict[str, Cell] = {}
        problems = [Problem(*self._place(raw.line, fault)) for fault in raw.faults]
        for position, column in enumerate(self._headers):
            cell = raw.cells[position] if position < given else None
            if column is None:
                if cell is not None:
                    refusal = ROW_RAGGED.refusal(line=raw.line, given=position + 1, wanted=len(self.columns))
                    problems.append(Problem(None, refusal))
                continue
            if isinstance(cell, str) and len(cell) > self._limits.max_cell_chars:
                problems.append(Problem(*self._place(raw.line, Fault(position, CELL_TOO_LONG))))
                cell = None
            if not column.text and isinstance(cell, int | float):
                cell = cell_text(cell)
            values[column.name] = cell
        return Row(raw.line, values, tuple(problems))

    def _is_plain(self, cell: Cell) -> bool:
        """Return whether a cell is taken as it is: nothing, or a text that is not too long."""
        return cell is None or (type(cell) is str and len(cell) <= self._limits.max_cell_chars)

    def _place(self, line: int, fault: Fault) -> tuple[str | None, Refusal]:
        column = self._headers[fault.position] if fault.position < len(self._headers) else None
        name = column.name if column else f"第{fault.position + 1}列"
        return name, fault.reason.refusal(line=line, column=name)


def open_table(
    source: Path | BinaryIO, *, columns: Sequence[Column], limits: Limits, name: str | None = None
) -> Table:
    """Open a csv or xlsx file whose first filled row is the header.

    `name` is the file's name where the source is a stream (which must be able to seek). Columns of the
    list that are not required and not in the file are absent from `Table.columns` and from the rows.
    Raises file_kind_unknown, file_not_what_it_says, file_too_large, file_empty, file_encoding,
    file_delimiter, zip_bomb, too_many_rows, too_many_cells, formulas_everywhere, column_missing,
    column_unknown, column_twice; while rows are read: too_many_rows.
    """
    with ExitStack() as stack:
        if isinstance(source, Path):
            name = name or source.name
            source = stack.enter_context(source.open("rb"))
        kind = check_kind(source, name or str(getattr(source, "name", "")), limits)
        opened = (csv_rows if kind == "csv" else xlsx_rows).open_rows(source, limits)
        stack.callback(opened.rows.close)
        header = next(opened.rows, None)
        if header is None:
            raise FILE_EMPTY.refused()
        if header.refusal is not None:
            raise Refused(header.refusal)
        for fault in header.faults:
            raise fault.reason.refused(line=header.line, column=f"第{fault.position + 1}列")
        matched = match_headers([cell_text(cell) for cell in header.cells], columns)
        while matched and matched[-1] is None:
            matched.pop()
        return Table(
            matched,
            opened.rows,
            limits,
            rows_expected=max(0, opened.last_line - header.line),
            sheets_ignored=opened.sheets_ignored,
            close=stack.pop_all().close,
        )
