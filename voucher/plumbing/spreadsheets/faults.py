"""Rows as the readers hand them on, before columns are known, and what can be wrong with one of them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from voucher.plumbing.spreadsheets.cells import Cell
from voucher.plumbing.spreadsheets.guards import SOURCE
from voucher.rules.errors import Reason, Refusal, reason

FORMULA_CELL = reason(
    "formula_cell",
    "第 {line} 行“{column}”是公式",
    "请复制后“选择性粘贴—数值”，或直接填写内容；以 = + - @ 开头的文字也不接受",
    SOURCE,
)
CELL_ERROR = reason(
    "cell_error",
    "第 {line} 行“{column}”是错误值（如 #N/A）",
    "请改为正确的内容后重新导入",
    SOURCE,
)
CELL_CONTROL_CHARACTER = reason(
    "cell_control_character",
    "第 {line} 行“{column}”含有不可见的控制字符",
    "请清除后重新填写该单元格",
    SOURCE,
)
CELL_TOO_LONG = reason(
    "cell_too_long",
    "第 {line} 行“{column}”内容过长",
    "请核对该单元格；csv 文件请检查引号是否成对",
    SOURCE,
)
ROW_RAGGED = reason(
    "row_ragged",
    "第 {line} 行有 {given} 列，表头是 {wanted} 列",
    "请检查该行是否多了或少了逗号、单元格是否错位",
    SOURCE,
)
ROW_MALFORMED = reason(
    "row_malformed",
    "第 {line} 行无法读取",
    "请检查该行的引号是否成对",
    SOURCE,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the cell at a position, counted from nought."""

    position: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class RawRow:
    """One filled row; `padded` where the reader fills up short rows by itself, as an xlsx does."""

    line: int
    cells: Sequence[Cell]
    faults: Sequence[Fault] = ()
    refusal: Refusal | None = None
    padded: bool = False


@dataclass(frozen=True, slots=True)
class OpenedRows:
    """The rows of a file, the last line they may reach, and the sheets that are not read."""

    rows: Generator[RawRow]
    last_line: int
    sheets_ignored: tuple[str, ...] = ()
