"""Rows of a csv file: strict UTF-8, streamed, looked through once for what would stop it half-way."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Generator
from typing import BinaryIO

from voucher.plumbing.spreadsheets.cells import Cell
from voucher.plumbing.spreadsheets.faults import (
    CELL_CONTROL_CHARACTER,
    FORMULA_CELL,
    ROW_MALFORMED,
    Fault,
    OpenedRows,
    RawRow,
)
from voucher.plumbing.spreadsheets.guards import CHUNK_BYTES, FILE_NOT_WHAT_IT_SAYS, SOURCE, Limits
from voucher.plumbing.spreadsheets.scanning import TOO_MANY_ROWS
from voucher.rules.errors import reason

FILE_ENCODING = reason(
    "file_encoding",
    "文件不是 UTF-8 编码{guess}（约第 {line} 行）",
    "请在 Excel 或 WPS 中另存为“CSV UTF-8（逗号分隔）”后重新导入",
    SOURCE,
)

_ACTING = frozenset("=+-@＝＋－＠﹢﹣﹦")
_HARMLESS = re.compile(r"[+-]?[\d][\d\s,.()\-]*%?|[-+－]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def open_rows(file: BinaryIO, limits: Limits) -> OpenedRows:
    """Return the rows after the whole file has been seen to be UTF-8 text in lines.

    Raises file_encoding, file_not_what_it_says; while rows are read: too_many_rows.
    """
    last_line = _look_through(file)
    file.seek(0)
    return OpenedRows(rows=_read_rows(file, limits), last_line=last_line)


def _look_through(file: BinaryIO) -> int:
    """Return how many lines the file has at most."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    feeds = returns = unbroken = 0
    while chunk := file.read(CHUNK_BYTES):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            line = feeds + 1 + chunk.count(b"\n", 0, error.start)
            raise FILE_ENCODING.refused(guess=_guess_encoding(chunk), line=line) from None
        if b"\n" in chunk or b"\r" in chunk:
            unbroken = 0
        else:
            unbroken += 1
        if unbroken > 2:
            # A line is held in memory whole, so a file without line breaks would be held whole.
            raise FILE_NOT_WHAT_IT_SAYS.refused(suffix=".csv", detail="一行超过 500 KB，不是表格")
        feeds += chunk.count(b"\n")
        returns += chunk.count(b"\r")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise FILE_ENCODING.refused(guess="，末尾不完整", line=feeds + 1) from None
    return (feeds or returns) + 1


def _guess_encoding(chunk: bytes) -> str:
    if chunk.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "，看起来是 UTF-16（Unicode 文本）"
    try:
        # A multi-byte character may be cut at the end of the chunk, which says nothing.
        codecs.getincrementaldecoder("gb18030")("strict").decode(chunk)
    except UnicodeDecodeError:
        return ""
    return "，看起来是 GBK（ANSI）"


def _read_rows(file: BinaryIO, limits: Limits) -> Generator[RawRow]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="strict", newline="")
    try:
        reader = csv.reader(text, strict=True)
        count = 0
        while True:
            line = reader.line_num + 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield RawRow(line, (), refusal=ROW_MALFORMED.refusal(line=line))
                continue
            cells: list[Cell] = [cell.strip() or None for cell in record]
            if not any(cells):
                continue
            count += 1
            if limits.max_rows is not None and count > limits.max_rows + 1:
                raise TOO_MANY_ROWS.refused(last_row=line, max_rows=limits.max_rows)
            yield RawRow(line, cells, faults=_find_faults(cells))
    finally:
        text.detach()  # the file belongs to whoever opened it


def _find_faults(cells: list[Cell]) -> list[Fault]:
    texts = [cell for cell in cells if isinstance(cell, str)]
    if _ACTING.isdisjoint([text[0] for text in texts]) and not _CONTROL.search("".join(texts)):
        return []  # nearly every row: looked through at once
    faults = []
    for position, cell in enumerate(cells):
        if not isinstance(cell, str):
            continue
        if cell[0] in _ACTING and not _HARMLESS.fullmatch(cell):
            faults.append(Fault(position, FORMULA_CELL))
        if _CONTROL.search(cell):
            faults.append(Fault(position, CELL_CONTROL_CHARACTER))
    return faults
