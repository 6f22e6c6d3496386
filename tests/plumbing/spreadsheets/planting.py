"""Files with planted sins: workbooks made by hand, part by part, so that any part can be wrong."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import pytest
import xlsxwriter

from voucher.plumbing.spreadsheets import Column, Limits, Row, open_table
from voucher.rules.errors import Refusal, Refused

COLUMNS = (
    Column("姓名"),
    Column("证件号码", alias=("身份证号",)),
    Column("理论成绩", required=False, text=False),
    Column("发证日期", required=False),
)
HEADER = ["姓名", "证件号码", "理论成绩"]
IDENTITY = "11010519491231002X"

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PARTS: dict[str, str] = {
    "[Content_Types].xml": _TYPES,
    "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="名单" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" '
    f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def sheet_xml(rows: str, after: str = "") -> str:
    """Return a sheet part with the header in its first row."""
    header = row_xml(1, *(text_cell(f"{'ABC'[at]}1", name) for at, name in enumerate(HEADER)))
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{header}{rows}</sheetData>{after}</worksheet>'


def row_xml(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def text_cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def write_parts(path: Path, sheet: str, extra: Mapping[str, str | bytes] | None = None) -> Path:
    """Write a workbook from raw parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in {**PARTS, "xl/worksheets/sheet1.xml": sheet, **(extra or {})}.items():
            package.writestr(name, content)
    return path


def write_xlsx(path: Path, *rows: list[object]) -> Path:
    """Write a workbook as a spreadsheet program would: numbers as numbers, text as text."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False}) as book:
        page = book.add_worksheet("名单")
        for line, row in enumerate([HEADER, *rows]):
            page.write_row(line, 0, row)
    path.write_bytes(buffer.getvalue())
    return path


def write_csv(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def read(path: Path, limits: Limits | None = None) -> list[Row]:
    with open_table(path, columns=COLUMNS, limits=limits or Limits()) as table:
        return list(table)


def refusal_of(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.refusal


def problem_codes(row: Row) -> list[tuple[str | None, str]]:
    return [(problem.column, problem.refusal.code) for problem in row.problems]
