"""A data set as a folder of CSV files, one per table: read, written, and explained by its data dictionary."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple, get_args, get_type_hints

from voucher.rules.calendar import SHANGHAI
from voucher.rules.errors import Family, reason
from voucher.rules.risk.catalogue import THRESHOLDS
from voucher.rules.risk.data_set import TABLES, Facts
from voucher.rules.risk.measures import EPOCH

SOURCE = "【设】风险规则可在导出的数据上运行，供他人复核"
THRESHOLD_FILE = "thresholds.csv"
BLANK = ""

DATA_SET_EMPTY = reason(
    "risk_data_set_empty",
    "文件夹 {folder} 里没有数据集的任何一张表",
    "请放入 marks.csv 等文件；各表各列见 voucher risk dictionary",
    SOURCE,
    Family.MISSING,
)
DATA_SET_HEADINGS = reason(
    "risk_data_set_headings",
    "{file} 的列不对：{what}",
    "请按 voucher risk dictionary 列出的列名填写第一行",
    SOURCE,
)
DATA_SET_CELL = reason(
    "risk_data_set_cell",
    "{file} 第 {line} 行 {column}“{value}”读不出来",
    "时间写成 2026-11-20T08:30:00+08:00，日期写成 2026-11-20，数字写成整数；不知道的留空",
    SOURCE,
)


class Column(NamedTuple):
    """One column: its name, what stands in it, whether it may be left out, how a cell is read and written."""

    name: str
    meaning: str
    kind: str
    default: object
    is_required: bool


def list_columns(table: str) -> list[Column]:
    """Return the columns of a table in their order, with the words of the data dictionary."""
    model = TABLES[table]
    hints = get_type_hints(model, include_extras=True)
    plain = get_type_hints(model)
    defaults: dict[str, Any] = model._field_defaults
    return [
        Column(
            name,
            str(get_args(hints[name])[1]),
            _kind_of(name, str(plain[name])),
            defaults.get(name, BLANK if plain[name] is str else None),
            name not in defaults,
        )
        for name in model._fields
    ]


def _kind_of(name: str, hint: str) -> str:
    if "int" not in hint:
        return "text"
    if name.endswith("_at") or name == "at":
        return "moment"
    return "day" if name.endswith("_on") or name == "on" else "number"


def read_folder(folder: Path) -> Facts:
    """Return the facts of a folder; a missing file is an empty table, marks come in the order of their time.

    Raises Refused risk_data_set_empty, risk_data_set_headings, risk_data_set_cell.
    """
    found = {table: tuple(_read_table(folder, table)) for table in TABLES}
    if not any(found.values()):
        raise DATA_SET_EMPTY.refused(folder=str(folder))
    found["marks"] = tuple(sorted(found["marks"], key=lambda mark: (mark.at, mark.id)))
    return Facts(**found)


def _read_table(folder: Path, table: str) -> Iterator[Any]:
    path = folder.joinpath(f"{table}.csv")
    if not path.is_file():
        return
    make: Callable[..., Any] = TABLES[table]
    columns = list_columns(table)
    with path.open(encoding="utf-8-sig", newline="") as opened:
        lines = csv.reader(opened)
        headings = next(lines, [])
        places = _place_columns(path.name, headings, columns)
        readers = [READERS[column.kind] for column in columns]
        for cells in lines:
            try:
                yield make(
                    *(
                        column.default if place is None or cells[place] == BLANK else read(cells[place])
                        for column, place, read in zip(columns, places, readers, strict=True)
                    )
                )
            except (ValueError, IndexError):
                raise _name_cell(path.name, lines.line_num, columns, places, cells) from None


def _place_columns(file: str, headings: list[str], columns: list[Column]) -> list[int | None]:
    known = {column.name for column in columns}
    wrong = [each for each in headings if each not in known]
    wrong += [f"缺 {each.name}" for each in columns if each.is_required and each.name not in headings]
    if wrong or len(set(headings)) < len(headings):
        raise DATA_SET_HEADINGS.refused(file=file, what="、".join(wrong) or "有重复的列名")
    return [headings.index(each.name) if each.name in headings else None for each in columns]


def _name_cell(
    file: str, line: int, columns: list[Column], places: list[int | None], cells: list[str]
) -> Exception:
    for column, place in zip(columns, places, strict=True):
        if place is None:
            continue
        value = cells[place] if place < len(cells) else "（没有）"
        try:
            if value:
                READERS[column.kind](value)
        except ValueError:
            return DATA_SET_CELL.refused(file=file, line=line, column=column.name, value=value[:40])
    return DATA_SET_CELL.refused(file=file, line=line, column="列数", value=str(len(cells)))


def _moment(text: str) -> int:
    told = datetime.fromisoformat(text)
    return int((told if told.tzinfo else told.replace(tzinfo=SHANGHAI)).timestamp())


def _day(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


READERS: dict[str, Callable[[str], Any]] = {"text": intern, "number": int, "moment": _moment, "day": _day}
WRITERS: dict[str, Callable[[Any], str]] = {
    "text": str,
    "number": str,
    "moment": lambda at: datetime.fromtimestamp(at, UTC).astimezone(SHANGHAI).isoformat(),
    "day": lambda number: date.fromordinal(EPOCH.toordinal() + number).isoformat(),
}


def write_table(folder: Path, table: str, rows: Iterable[Any]) -> int:
    """Write the rows of one table and return how many; what is not known is left empty."""
    writers = [WRITERS[column.kind] for column in list_columns(table)]
    count = 0
    with (folder.joinpath(f"{table}.csv")).open("w", encoding="utf-8", newline="") as opened:
        lines = csv.writer(opened)
        lines.writerow(TABLES[table]._fields)
        for row in rows:
            lines.writerow(
                BLANK if cell is None else write(cell) for cell, write in zip(row, writers, strict=True)
            )
            count += 1
    return count


def write_folder(folder: Path, facts: Facts) -> dict[str, int]:
    """Write every table of a data set and return how many rows each has."""
    folder.mkdir(parents=True, exist_ok=True)
    return {table: write_table(folder, table, getattr(facts, table)) for table in TABLES}


def read_folder_thresholds(folder: Path) -> dict[str, int]:
    """Return the thresholds a folder brings along in thresholds.csv (name, value); none without the file.

    Raises Refused risk_data_set_cell.
    """
    path = folder.joinpath(THRESHOLD_FILE)
    if not path.is_file():
        return {}
    found: dict[str, int] = {}
    with path.open(encoding="utf-8-sig", newline="") as opened:
        for line, record in enumerate(csv.DictReader(opened), 2):
            name, value = record.get("name") or "", record.get("value") or ""
            if name not in THRESHOLDS or not value.isdecimal():
                raise DATA_SET_CELL.refused(file=path.name, line=line, column=name, value=value)
            found[name] = int(value)
    return found


def dictionary_markdown() -> str:
    """Return the data dictionary of the data set as a page."""
    kinds = {"text": "文字", "number": "整数", "moment": "时间", "day": "日期"}
    lines = ["# 风险数据集的数据字典", "", "一张表一个 CSV 文件，UTF-8，第一行是列名；不知道的留空。", ""]
    for table, model in TABLES.items():
        lines += [f"## {table}.csv：{(model.__doc__ or '').rstrip('。')}", "", "| 列 | 类型 | 必有 | 含义 |"]
        lines += ["| --- | --- | --- | --- |"]
        lines += [
            f"| {each.name} | {kinds[each.kind]} | {'是' if each.is_required else '否'} | {each.meaning} |"
            for each in list_columns(table)
        ]
        lines.append("")
    return "\n".join(lines)
