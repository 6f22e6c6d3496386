"""xlsx: what cells become, and every workbook that is not what it says or would not fit is stopped first."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import zipfile
import zlib
from datetime import date
from pathlib import Path

import pytest

from tests.plumbing.spreadsheets.planting import (
    COLUMNS,
    HEADER,
    IDENTITY,
    PARTS,
    problem_codes,
    read,
    refusal_of,
    row_xml,
    sheet_xml,
    text_cell,
    write_parts,
    write_xlsx,
)
from voucher.plumbing.spreadsheets import Limits, Table, open_table
from voucher.rules.errors import Refused

GOOD = sheet_xml(row_xml(2, text_cell("A2", "王小明"), text_cell("B2", IDENTITY)))
LARGE = "<row><c><v>1</v></c></row>"


def open_name(path: Path, limits: Limits | None = None) -> Table:
    return open_table(path, columns=COLUMNS, limits=limits or Limits())


def test_an_honest_workbook_is_read_with_its_own_line_numbers(tmp_path: Path) -> None:
    rows = read(write_xlsx(tmp_path / "a.xlsx", ["王小明", IDENTITY, 85], [], ["李红", " 1 ", 85.5]))
    assert [(row.line, row.problems) for row in rows] == [(2, ()), (4, ())]
    assert rows[0].values == {"姓名": "王小明", "证件号码": IDENTITY, "理论成绩": "85"}
    assert rows[1].values == {"姓名": "李红", "证件号码": "1", "理论成绩": "85.5"}


def test_an_identity_number_kept_as_a_number_stays_a_number_for_its_rule_to_refuse(tmp_path: Path) -> None:
    (row,) = read(write_xlsx(tmp_path / "a.xlsx", ["王小明", 110105194912310021, 60]))
    assert isinstance(row.values["证件号码"], int)
    assert row.values["理论成绩"] == "60"


def test_a_day_comes_as_a_day(tmp_path: Path) -> None:
    sheet = sheet_xml(
        row_xml(2, text_cell("A2", "王"), text_cell("B2", "1"), '<c r="C2" s="1"><v>45296</v></c>')
    )
    styles = (
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2">'
        '<xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    )
    relations = PARTS["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        '<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"'
        ' Target="styles.xml"/></Relationships>',
    )
    extra = {"xl/styles.xml": styles, "xl/_rels/workbook.xml.rels": relations}
    (row,) = read(write_parts(tmp_path / "a.xlsx", sheet, extra))
    assert row.values["理论成绩"] == date(2024, 1, 5)


def test_a_table_that_does_not_begin_in_the_first_cell_keeps_its_places(tmp_path: Path) -> None:
    sheet = sheet_xml(row_xml(3, text_cell("B3", "王小明"), text_cell("C3", "1"))).replace(
        row_xml(1, *(text_cell(f"{'ABC'[at]}1", name) for at, name in enumerate(HEADER))),
        row_xml(2, text_cell("B2", "姓名"), text_cell("C2", "证件号码")),
    )
    (row,) = read(write_parts(tmp_path / "a.xlsx", sheet))
    assert (row.line, dict(row.values)) == (3, {"姓名": "王小明", "证件号码": "1"})


def test_formula_and_error_cells_are_named_by_line_and_column(tmp_path: Path) -> None:
    sheet = sheet_xml(
        row_xml(2, text_cell("A2", "王"), '<c r="B2" t="str"><f>"1"&amp;"2"</f><v>12</v></c>')
        + row_xml(3, text_cell("A3", "李"), text_cell("B3", "1"), '<c r="C3" t="e"><v>#N/A</v></c>')
        + row_xml(4, '<c r="A4"><f t="shared" si="0"/></c>', text_cell("B4", "1"))
        + row_xml(5, text_cell("A5", "赵"), text_cell("B5", "1"), '<c r="C5"><v>60</v></c>')
        + row_xml(7, '<c r="A7"><f>A1</f></c>')
    )
    rows = read(write_parts(tmp_path / "a.xlsx", sheet))
    assert [(row.line, problem_codes(row)) for row in rows] == [
        (2, [("证件号码", "formula_cell")]),
        (3, [("理论成绩", "cell_error")]),
        (4, [("姓名", "formula_cell")]),
        (5, []),
        (7, [("姓名", "formula_cell")]),
    ]


def test_formulas_in_prefixed_or_placeless_cells_do_not_hide(tmp_path: Path) -> None:
    sheet = sheet_xml("<row><c/><c><f>1+1</f><v>2</v></c></row>")
    sheet = sheet.replace("<worksheet xmlns=", "<x:worksheet xmlns:x=").replace(
        "</worksheet", "</x:worksheet"
    )
    for name in ("sheetData", "row", "c", "f", "v", "is", "t"):
        sheet = sheet.replace(f"<{name}>", f"<x:{name}>").replace(f"<{name} ", f"<x:{name} ")
        sheet = sheet.replace(f"<{name}/>", f"<x:{name}/>").replace(f"</{name}>", f"</x:{name}>")
    (row,) = read(write_parts(tmp_path / "a.xlsx", sheet))
    assert (row.line, problem_codes(row)) == (2, [("证件号码", "formula_cell")])


def test_a_drop_down_list_behind_the_rows_is_no_formula(tmp_path: Path) -> None:
    after = '<dataValidations><dataValidation sqref="A1"><f>Sheet2!A1</f></dataValidation></dataValidations>'
    sheet = sheet_xml(row_xml(2, text_cell("A2", "王"), text_cell("B2", "1")), after)
    (row,) = read(write_parts(tmp_path / "a.xlsx", sheet))
    assert row.problems == ()


def test_a_header_that_is_a_formula_is_refused(tmp_path: Path) -> None:
    sheet = GOOD.replace(text_cell("A1", "姓名"), '<c r="A1" t="str"><f>A9</f><v>姓名</v></c>')
    assert refusal_of(lambda: read(write_parts(tmp_path / "a.xlsx", sheet))).code == "formula_cell"


def test_formulas_without_number_end_the_reading(tmp_path: Path) -> None:
    cells = "".join(f'<row r="{line}"><c r="A{line}"><f>1</f></c></row>' for line in range(2, 10_004))
    assert (
        refusal_of(lambda: read(write_parts(tmp_path / "a.xlsx", sheet_xml(cells)))).code
        == "formulas_everywhere"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 99, "PNG"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 99, "xls"),
        ("姓名,证件号码\n".encode(), "文本"),
        (b"<html><table>", "网页"),
        (b"PK\x03\x04 and then nothing of the kind, long enough to hold a directory", "标准"),
    ],
)
def test_an_xlsx_that_is_something_else_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "人员.xlsx"
    path.write_bytes(content)
    refusal = refusal_of(lambda: read(path))
    assert refusal.code == "file_not_what_it_says"
    assert said in refusal.title


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("readme.txt", "hello")
    assert refusal_of(lambda: read(path)).code == "file_not_what_it_says"


@pytest.mark.parametrize(
    "extra",
    [
        {"xl/vbaProject.bin": b"macro"},
        {"XL/worksheets/SHEET1.xml": GOOD},
        {"xl/workbook.xml": '<!DOCTYPE x [<!ENTITY a "b">]>' + PARTS["xl/workbook.xml"]},
        {"xl/sharedStrings.xml": '<!DOCTYPE x SYSTEM "file:///etc/passwd"><sst><si><t>&x;</t></si></sst>'},
        {"xl/sharedStrings.xml": "<sst><si><t>王</t></si></sst>".encode("utf-16")},
        {"xl/styles.xml": "<!doctype x><styleSheet/>"},
        {"xl/workbook.xml": "<workbook><sheets>"},
        {"xl/workbook.xml": "<workbook><sheets/></workbook>"},
        {"_rels/.rels": PARTS["_rels/.rels"].replace("xl/workbook.xml", "xl/other.xml")},
        {"xl/_rels/workbook.xml.rels": PARTS["xl/_rels/workbook.xml.rels"].replace("sheet1", "sheet9")},
        {
            "xl/_rels/workbook.xml.rels": PARTS["xl/_rels/workbook.xml.rels"].replace(
                "worksheets/", "../xl/worksheets/"
            )
        },
    ],
)
def test_a_workbook_built_to_deceive_is_refused(tmp_path: Path, extra: dict[str, str | bytes]) -> None:
    assert (
        refusal_of(lambda: read(write_parts(tmp_path / "a.xlsx", GOOD, extra))).code
        == "file_not_what_it_says"
    )


def test_a_bomb_inside_one_part_is_found_by_its_ratio(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "a.xlsx", GOOD, {"xl/media/a.bin": b"\x00" * 20_000_000})
    assert path.stat().st_size < 100_000
    refusal = refusal_of(lambda: read(path))
    assert refusal.code == "zip_bomb"
    assert "压缩比" in refusal.title


def test_a_bomb_that_is_large_as_a_whole_is_found_by_what_it_declares(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "a.xlsx", GOOD, {f"xl/media/{at}.bin": bytes(900_000) for at in range(20)})
    refusal = refusal_of(lambda: read(path, Limits(max_unpacked_bytes=10_000_000)))
    assert refusal.code == "zip_bomb"


def forge(path: Path, content: bytes, declared: bytes, *, checksum: bool) -> None:
    """Make the directory say that the content is only its beginning, and the checksum as well where asked."""
    raw = path.read_bytes()
    changes = [(len(content), len(declared))]
    if checksum:
        changes.append((zlib.crc32(content), zlib.crc32(declared)))
    for old, new in changes:
        assert struct.pack("<I", old) in raw
        raw = raw.replace(struct.pack("<I", old), struct.pack("<I", new))
    path.write_bytes(raw)


@pytest.mark.parametrize(("checksum", "code"), [(False, "zip_bomb"), (True, "file_not_what_it_says")])
def test_a_part_larger_than_it_declares_is_found_by_counting(
    tmp_path: Path, checksum: bool, code: str
) -> None:
    content = GOOD.encode() + b" " * 500_000
    path = write_parts(tmp_path / "a.xlsx", content.decode())
    forge(path, content, GOOD.encode(), checksum=checksum)
    refusal = refusal_of(lambda: read(path))
    assert refusal.code == code
    assert "实际大小" in refusal.title or "压缩结构" in refusal.title


def test_counting_stops_at_the_limit_whatever_is_declared(tmp_path: Path) -> None:
    content = random.Random(1).randbytes(900_000)
    path = write_parts(tmp_path / "a.xlsx", GOOD, {"xl/media/a.bin": content})
    forge(path, content, content[:10], checksum=False)
    refusal = refusal_of(lambda: read(path, Limits(max_unpacked_bytes=300_000)))
    assert (refusal.code, "300000" in refusal.title) == ("zip_bomb", True)


def test_a_part_that_declares_another_encoding_is_read_as_the_library_reads_it(tmp_path: Path) -> None:
    sheet = '<?xml version="1.0" encoding="nonsense"?>' + GOOD
    (row,) = read(write_parts(tmp_path / "a.xlsx", sheet))
    assert row.values["姓名"] == "王小明"


def test_too_many_parts_and_nested_archives_are_refused(tmp_path: Path) -> None:
    many = write_parts(tmp_path / "a.xlsx", GOOD, {f"xl/media/{at}.bin": b"" for at in range(60)})
    assert refusal_of(lambda: read(many, Limits(max_members=50))).code == "zip_bomb"
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as package:
        package.writestr("a", "b")
    nested = write_parts(tmp_path / "b.xlsx", GOOD, {"xl/embeddings/a.bin": inner.getvalue()})
    assert refusal_of(lambda: read(nested)).code == "zip_bomb"


def test_one_long_text_in_very_many_cells_is_a_bomb_too(tmp_path: Path) -> None:
    cells = "".join(f'<row r="{line}"><c r="A{line}" t="s"><v>0</v></c></row>' for line in range(2, 202))
    strings = f"<sst><si><t>{'x' * 30_000}</t></si></sst>"
    path = write_parts(tmp_path / "a.xlsx", sheet_xml(cells), {"xl/sharedStrings.xml": strings})
    assert refusal_of(lambda: read(path, Limits(max_unpacked_bytes=5_000_000))).code == "zip_bomb"
    # the same long text in a few cells only is no bomb, however many short ones there are
    few = sheet_xml(cells.replace("<v>0</v>", "<v>1</v>").replace("<v>1</v>", "<v>0</v>", 1))
    strings = strings.replace("</sst>", "<si><t>x</t></si></sst>")
    path = write_parts(tmp_path / "b.xlsx", few, {"xl/sharedStrings.xml": strings})
    with open_name(path, Limits(max_unpacked_bytes=5_000_000)) as table:
        assert table.rows_expected == 200


def test_trailing_and_doubled_directories_are_refused(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "a.xlsx", GOOD)
    for spoilt in (path.read_bytes() + b"x", path.read_bytes() + path.read_bytes(), path.read_bytes()[:-5]):
        path.write_bytes(spoilt)
        assert refusal_of(lambda: read(path)).code == "file_not_what_it_says"


def test_a_package_larger_than_the_limit_is_not_opened(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "a.xlsx", GOOD)
    assert refusal_of(lambda: read(path, Limits(max_xlsx_bytes=100))).code == "file_too_large"


def test_more_rows_than_the_limit_are_refused_before_they_are_laid_out(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", *[["王", "1", 60]] * 11)
    assert len(read(path, Limits(max_xlsx_rows=11))) == 11
    refusal = refusal_of(lambda: open_name(path, Limits(max_xlsx_rows=10)))
    assert (refusal.code, refusal.facts["max_rows"]) == ("too_many_rows", 10)


def test_two_cells_at_the_far_ends_of_a_sheet_are_not_laid_out(tmp_path: Path) -> None:
    far_row = write_parts(tmp_path / "a.xlsx", sheet_xml(row_xml(1_048_576, text_cell("A1048576", "王"))))
    assert refusal_of(lambda: read(far_row)).code == "too_many_rows"
    far_column = write_parts(tmp_path / "b.xlsx", sheet_xml(row_xml(90_000, text_cell("XFD90000", "王"))))
    assert refusal_of(lambda: read(far_column)).code == "too_many_cells"


def test_formatted_but_empty_cells_far_below_do_not_count(tmp_path: Path) -> None:
    sheet = sheet_xml(
        row_xml(2, text_cell("A2", "王"), text_cell("B2", "1"))
        + row_xml(1_000_000, '<c r="A1000000" s="0"/>')
    )
    assert len(read(write_parts(tmp_path / "a.xlsx", sheet))) == 1


def test_an_empty_sheet_is_said_to_be_empty(tmp_path: Path) -> None:
    empty = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/></worksheet>'
    assert refusal_of(lambda: read(write_parts(tmp_path / "a.xlsx", empty))).code == "file_empty"


def test_the_first_visible_sheet_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    book = (
        PARTS["xl/workbook.xml"]
        .replace("<sheets>", '<sheets><sheet name="隐藏" sheetId="3" state="hidden" r:id="r3"/>')
        .replace("</sheets>", '<sheet name="说明" sheetId="2" r:id="r2"/></sheets>')
    )
    relation = PARTS["xl/_rels/workbook.xml.rels"]
    start = relation.index("<Relationship ")
    end = relation.index("</Relationships>")
    one = relation[start:end]
    two = one.replace('"r1"', '"r2"').replace("sheet1", "sheet2")
    three = one.replace('"r1"', '"r3"').replace("sheet1", "sheet3")
    extra: dict[str, str | bytes] = {
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": relation.replace(one, three + one + two),
        "xl/worksheets/sheet2.xml": sheet_xml(""),
        "xl/worksheets/sheet3.xml": sheet_xml(row_xml(2, text_cell("A2", "隐藏的人"))),
    }
    with open_name(write_parts(tmp_path / "a.xlsx", GOOD, extra)) as table:
        assert table.sheets_ignored == ("说明",)
        assert [row.values["姓名"] for row in table] == ["王小明"]


def test_a_thousand_flipped_bytes_end_in_rows_or_in_a_refusal(tmp_path: Path) -> None:
    good = write_xlsx(tmp_path / "a.xlsx", ["王小明", IDENTITY, 85]).read_bytes()
    path = tmp_path / "b.xlsx"
    for at in range(0, len(good), max(1, len(good) // 1000)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1 :])
        with contextlib.suppress(Refused):
            assert len(read(path)) == 1, at
