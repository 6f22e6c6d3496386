"""A first look through the sheet of an xlsx: how far it reaches, and which cells hold formulas or errors.

The reading library hands over only values: it cannot say that a value came out of a formula, drops error
values, and lays a sheet out as one rectangle however sparse it is. So the sheet is looked through once,
element by element, before the library sees it.
"""

from __future__ import annotations

import re
import zipfile
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from voucher.plumbing.spreadsheets.guards import SOURCE, ZIP_BOMB, Limits, not_a_workbook
from voucher.rules.errors import Family, reason

TOO_MANY_ROWS = reason(
    "too_many_rows",
    "表格到第 {last_row} 行还有内容，超过 {max_rows} 行的上限",
    "请拆分后分次导入，或删除多余的行；行数很多时请改用 csv",
    SOURCE,
    Family.LIMIT,
)
TOO_MANY_CELLS = reason(
    "too_many_cells",
    "表格的范围过大（{rows} 行 × {columns} 列）",
    "请删除数据区以外的行和列后重新导入",
    SOURCE,
    Family.LIMIT,
)
FORMULAS_EVERYWHERE = reason(
    "formulas_everywhere",
    "表格里有超过 {limit} 个公式",
    "请全选、复制，再“选择性粘贴—数值”后重新导入",
    SOURCE,
)

MARKED_CELLS_MAX = 10_000
_LETTERS = re.compile(r"[A-Z]{1,3}", re.ASCII)
_INSIDE_TEXT = frozenset(
    {"t", "r", "rPr", "b", "i", "u", "sz", "color", "rFont", "family", "charset", "scheme", "rPh"}
)
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_ROOT_RELATIONS = "_rels/.rels"
_STRINGS = "xl/sharedstrings.xml"


@dataclass(slots=True)
class SheetFacts:
    """What the first look found; rows and columns are counted from one."""

    name: str
    others: tuple[str, ...]
    last_row: int = 0
    last_column: int = 0
    formulas: set[tuple[int, int]] = field(default_factory=set)
    errors: set[tuple[int, int]] = field(default_factory=set)


def scan_package(package: zipfile.ZipFile, limits: Limits) -> SheetFacts:
    """Return the facts of the first visible sheet.

    Raises file_not_what_it_says, too_many_rows, too_many_cells, formulas_everywhere, zip_bomb.
    """
    members = {member.filename.lower(): member for member in package.infolist()}
    sheets, part = _find_first_sheet(package, members)
    if part not in members:
        raise not_a_workbook("找不到工作表")
    scan = _SheetScan(SheetFacts(name=sheets[0], others=tuple(sheets[1:])), limits)
    _parse(package, members[part], scan.start)
    _check_text_volume(package, members, part, scan.shared_cells, limits)
    return scan.facts


class _SheetScan:
    """The walk through one sheet: where the walker stands, and what was seen."""

    def __init__(self, facts: SheetFacts, limits: Limits) -> None:
        self.facts = facts
        self.shared_cells = 0
        self._limits = limits
        self._columns: dict[str, int] = {}
        self._row = self._column = 0
        self._in_cell = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take one element; called millions of times, so the most frequent names come first."""
        local = name if ":" not in name else _local(name)
        if local == "c":
            self._in_cell = True
            self._step(attributes.get("r"))
            kind = attributes.get("t")
            if kind == "s":
                self.shared_cells += 1
            elif kind == "e":
                self._mark(self.facts.errors)
        elif local == "v" or local == "is":
            self._see_value()
        elif local == "row":
            number = attributes.get("r")
            self._row = int(number) if number is not None else self._row + 1
            self._column = 0
        elif local == "f":
            # Drop-down lists behind the rows have an element of this name too.
            if self._in_cell:
                self._see_value()
                self._mark(self.facts.formulas)
        elif local not in _INSIDE_TEXT:
            self._in_cell = False

    def _step(self, reference: str | None) -> None:
        if reference is None:
            self._column += 1
            return
        letters = reference.rstrip("0123456789")
        column = self._columns.get(letters)
        if column is None:
            if not _LETTERS.fullmatch(letters):
                raise not_a_workbook("单元格位置不认识")
            column = self._columns[letters] = column_number(letters)
        self._row = int(reference[len(letters) :])
        self._column = column

    def _see_value(self) -> None:
        facts, limits = self.facts, self._limits
        if self._row > facts.last_row:
            facts.last_row = self._row
            if self._row > limits.max_xlsx_rows + 1:
                raise TOO_MANY_ROWS.refused(last_row=self._row, max_rows=limits.max_xlsx_rows)
        if self._column > facts.last_column:
            facts.last_column = self._column
        if facts.last_row * facts.last_column > limits.max_cells:
            raise TOO_MANY_CELLS.refused(rows=facts.last_row, columns=facts.last_column)

    def _mark(self, cells: set[tuple[int, int]]) -> None:
        cells.add((self._row, self._column))
        if len(cells) > MARKED_CELLS_MAX:
            raise FORMULAS_EVERYWHERE.refused(limit=MARKED_CELLS_MAX)


def _check_text_volume(
    package: zipfile.ZipFile,
    members: dict[str, zipfile.ZipInfo],
    part: str,
    shared_cells: int,
    limits: Limits,
) -> None:
    """Check what the sheet's shared strings come to: one long string in very many cells is a bomb too."""
    lengths = _measure_strings(package, members)
    if shared_cells * max(lengths, default=0) <= limits.max_unpacked_bytes:
        return
    chars = 0
    shared = False
    index = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal chars, shared, index
        if index.strip():
            number = int(index)
            if not 0 <= number < len(lengths):
                raise not_a_workbook("文字索引超出范围")
            chars += lengths[number]
            if chars > limits.max_unpacked_bytes:
                raise ZIP_BOMB.refused(detail="单元格文字合计过大")
        index = ""
        if _local(name) == "c":
            shared = attributes.get("t") == "s"
        elif _local(name) != "v":
            shared = False

    def text(data: str) -> None:
        nonlocal index
        if shared:
            index += data

    _parse(package, members[part], start, text)


def column_number(letters: str) -> int:
    """Return 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_letters(number: int) -> str:
    """Return A for 1, AA for 27."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _find_first_sheet(package: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> tuple[list[str], str]:
    """Return the names of the visible sheets, the one that is read first, and the part that holds it."""
    for part in (_RELATIONS, _ROOT_RELATIONS):
        if part not in members:
            raise not_a_workbook("缺少关系部件")
    root = _list_elements(package, members[_ROOT_RELATIONS], "Relationship")
    if not any(
        each.get("Type", "").endswith("/officeDocument") and each.get("Target", "").lstrip("/") == _WORKBOOK
        for each in root
    ):
        raise not_a_workbook("工作簿不在规定的位置")
    targets = {
        each.get("Id", ""): each.get("Target", "")
        for each in _list_elements(package, members[_RELATIONS], "Relationship")
        if each.get("Type", "").endswith("/worksheet")
    }
    sheets = [
        (each.get("name", ""), targets[_relation_id(each)])
        for each in _list_elements(package, members[_WORKBOOK], "sheet")
        if each.get("state", "visible") == "visible" and _relation_id(each) in targets
    ]
    if not sheets:
        raise not_a_workbook("没有可见的工作表")
    target = sheets[0][1]
    path = target.removeprefix("/") if target.startswith(("/xl/", "xl/")) else f"xl/{target}"
    return [name for name, _ in sheets], path.lower()


def _relation_id(sheet: dict[str, str]) -> str:
    return next((value for key, value in sheet.items() if _local(key) == "id" and ":" in key), "")


def _list_elements(package: zipfile.ZipFile, member: zipfile.ZipInfo, wanted: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == wanted:
            found.append(attributes)

    _parse(package, member, start)
    return found


def _measure_strings(package: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> array[int]:
    """Return the length in characters of every shared string, in order."""
    lengths = array("L")
    if _STRINGS not in members:
        return lengths

    def start(name: str, _attributes: dict[str, str]) -> None:
        if _local(name) == "si":
            lengths.append(0)

    def text(data: str) -> None:
        if lengths:
            lengths[-1] += len(data)

    _parse(package, members[_STRINGS], start, text)
    return lengths


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _parse(
    package: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    start: Callable[[str, dict[str, str]], None],
    text: Callable[[str], None] | None = None,
) -> None:
    """Walk through one part without document types or entities; a part that is no XML is refused."""

    def refuse(*_declaration: object) -> None:
        raise not_a_workbook("内含文档类型或实体声明")

    # The reading library takes every part for UTF-8 whatever it declares, so this look does too.
    parser = expat.ParserCreate("UTF-8")
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.CharacterDataHandler = text
    try:
        with package.open(member) as stream:
            parser.ParseFile(stream)
    except (expat.ExpatError, ValueError):
        raise not_a_workbook("内部结构不是有效的 XML") from None
