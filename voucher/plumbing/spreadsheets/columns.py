"""Headers: which column of a file is which, and a clear word where one is missing, unknown or double."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from voucher.rules.errors import reason
from voucher.rules.privacy import mask_free_text

SOURCE = "【设】导入表格的列名; S2-09"

COLUMN_MISSING = reason(
    "column_missing",
    "表头缺少列：{missing}{unknown}",
    "请把第一行改为规定的列名：{accepted}",
    SOURCE,
)
COLUMN_UNKNOWN = reason(
    "column_unknown",
    "表头有不认识的列：{unknown}",
    "请删除该列或改为规定的列名：{accepted}",
    SOURCE,
)
COLUMN_TWICE = reason(
    "column_twice",
    "列“{column}”出现了两次（第 {first} 列和第 {second} 列）",
    "请只保留一列后重新导入",
    SOURCE,
)
FILE_DELIMITER = reason(
    "file_delimiter",
    "文件不是用英文逗号分隔的",
    "请在 Excel 或 WPS 中另存为“CSV UTF-8（逗号分隔）”后重新导入",
    SOURCE,
)

_SHOWN_CHARS = 20
_OTHER_DELIMITERS = "\t;；，、|"


@dataclass(frozen=True, slots=True)
class Column:
    """One column a table may have.

    In a `text` column a number stays a number, so that the column's rule can refuse it (identity
    numbers, codes); elsewhere a number is harmless and is handed over as text.
    """

    name: str
    required: bool = True
    text: bool = True
    alias: tuple[str, ...] = ()


def match_headers(headers: Sequence[str], columns: Sequence[Column]) -> list[Column | None]:
    """Return the column of each header; None where the header cell is empty.

    Raises column_twice, column_missing, column_unknown, file_delimiter.
    """
    known = {fold_header(name): column for column in columns for name in (column.name, *column.alias)}
    matched: list[Column | None] = []
    positions: dict[str, int] = {}
    unknown: list[int] = []
    for number, header in enumerate(headers, start=1):
        column = known.get(fold_header(header))
        matched.append(column)
        if column is None:
            if fold_header(header):
                unknown.append(number)
        elif column.name in positions:
            raise COLUMN_TWICE.refused(column=column.name, first=positions[column.name], second=number)
        else:
            positions[column.name] = number
    _check_complete(headers, columns, positions, unknown)
    return matched


def fold_header(header: str) -> str:
    """Return a header as it is compared: compatibility form, no spaces or invisible characters around."""
    return unicodedata.normalize("NFKC", header).strip().strip("\ufeff\u200b").strip()


def _check_complete(
    headers: Sequence[str], columns: Sequence[Column], positions: dict[str, int], unknown: list[int]
) -> None:
    accepted = "、".join(column.name if column.required else f"{column.name}（可选）" for column in columns)
    if (
        not positions
        and len(unknown) == 1
        and any(mark in headers[unknown[0] - 1] for mark in _OTHER_DELIMITERS)
    ):
        raise FILE_DELIMITER.refused()
    # Where no header is known the first row is probably a person; then only positions are named.
    shown = "、".join(
        f"第{number}列“{mask_free_text(fold_header(headers[number - 1]))[:_SHOWN_CHARS]}”"
        if positions
        else f"第{number}列"
        for number in unknown
    )
    missing = [column.name for column in columns if column.required and column.name not in positions]
    if missing:
        raise COLUMN_MISSING.refused(
            missing="、".join(missing), unknown=f"；不认识{shown}" if shown else "", accepted=accepted
        )
    if unknown:
        raise COLUMN_UNKNOWN.refused(unknown=shown, accepted=accepted)
