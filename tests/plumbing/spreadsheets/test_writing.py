"""Workbooks written: nothing acts, every fen is there, and the same content has the same bytes."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from python_calamine import load_workbook

from voucher.plumbing.spreadsheets import Kind, Sheet, SheetColumn, harmless, write_workbook

AT = datetime(2024, 3, 12, 1, 0, tzinfo=UTC)
COLUMNS = (
    SheetColumn("姓名"),
    SheetColumn("证件号码", width=22),
    SheetColumn("金额（元）", Kind.AMOUNT),
    SheetColumn("金额（分）", Kind.FEN),
    SheetColumn("发证日期", Kind.DAY),
    SheetColumn("序号", Kind.WHOLE, 6),
)
ROW = ("王小明", "11010519491231002X", 194824000, 194824000, date(2024, 1, 5), 1)


def written(*rows: tuple[str | int | date | None, ...], title: str = "支付文件") -> bytes:
    buffer = io.BytesIO()
    write_workbook(buffer, [Sheet("支付", COLUMNS, rows)], created_at=AT, title=title)
    return buffer.getvalue()


def part(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.read(name).decode()


def test_what_was_written_is_read_back_to_the_fen() -> None:
    sheet = load_workbook(io.BytesIO(written(ROW))).get_sheet_by_index(0)
    header, row = sheet.to_python()
    assert header == [column.heading for column in COLUMNS]
    assert row == ["王小明", "11010519491231002X", 1_948_240.0, 194824000.0, "2024-01-05", 1.0]


@pytest.mark.parametrize(
    ("fen", "cell"),
    [
        (0, "<v>0.00</v>"),
        (1, "<v>0.01</v>"),
        (-5, "<v>-0.05</v>"),
        (194824010, "<v>1948240.10</v>"),
        (10**15 - 1, "<v>9999999999999.99</v>"),
        (10**15, 't="inlineStr"'),
    ],
)
def test_an_amount_is_a_number_to_the_fen_with_two_decimals(fen: int, cell: str) -> None:
    content = written(("王", "1", fen, 1, None, 1))
    assert cell in re.findall(r'<c r="C2".*?</c>', part(content, "xl/worksheets/sheet1.xml"))[0]
    (look,) = re.findall(r'<c r="C2" s="(\d+)"', part(content, "xl/worksheets/sheet1.xml"))
    styles = part(content, "xl/styles.xml")
    looks = re.findall(r"<xf [^>]*?/?>", styles.split("<cellXfs", 1)[1].split("</cellXfs>")[0])
    (shown,) = re.findall(r'numFmtId="(\d+)"', looks[int(look)])
    assert f'<numFmt numFmtId="{shown}" formatCode="#,##0.00"/>' in styles


def test_a_share_is_a_number_shown_as_a_percentage() -> None:
    buffer = io.BytesIO()
    columns = (SheetColumn("完成率", Kind.SHARE),)
    write_workbook(buffer, [Sheet("比例", columns, [(8889,), (None,), (10_000,)])], created_at=AT)
    cells = load_workbook(io.BytesIO(buffer.getvalue())).get_sheet_by_index(0).to_python()
    assert cells == [["完成率"], [0.8889], [""], [1.0]]
    assert 'formatCode="0.00%"' in part(buffer.getvalue(), "xl/styles.xml")


def test_a_file_for_a_bank_keeps_the_bytes_it_was_signed_with() -> None:
    columns = (
        SheetColumn("序", Kind.WHOLE, 6), SheetColumn("金额（元）", Kind.BANK_YUAN, 16),
        SheetColumn("金额（分）", Kind.FEN, 16), SheetColumn("附", width=24),
    )  # fmt: skip
    sheets = [
        Sheet("拨付明细", columns, [(1, 123456, 123456, "x"), (2, 5, 5, "=y")]),
        Sheet("汇总", (SheetColumn("a"),), [("b",)]),
    ]
    buffer = io.BytesIO()
    write_workbook(buffer, sheets, created_at=datetime(2024, 3, 12, tzinfo=UTC), title="t")
    # what stands beside files released before: made again otherwise, none of them could be opened
    kept = "b1f4abd50958dfb45404fae7064f5e8be7d5cf92df8baa66fb59c7929ebaedeb"
    assert hashlib.sha256(buffer.getvalue()).hexdigest() == kept


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "＝1+1", '=HYPERLINK("http://x")', "http://x"]
)
def test_no_text_ever_becomes_a_formula_or_a_link(text: str) -> None:
    content = written((text, "1", 1, 1, None, 1))
    page = part(content, "xl/worksheets/sheet1.xml")
    assert "<f>" not in page
    assert "<hyperlink" not in page.lower()
    (_, row) = load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert str(row[0]).replace("\r", "\n").strip() == text.replace("\r", "\n").strip()


def test_a_text_that_would_act_when_typed_again_is_marked_as_text() -> None:
    styles = part(written(("=1", "1", -1, 1, None, 1)), "xl/styles.xml")
    page = part(written(("=1", "1", -1, 1, None, 1)), "xl/worksheets/sheet1.xml")
    looks = re.findall(r"<xf [^>]*?/?>", styles.split("<cellXfs", 1)[1].split("</cellXfs>")[0])
    quoted = [at for at, look in enumerate(looks) if "quotePrefix" in look]
    assert len(quoted) == 1
    assert re.findall(rf'<c r="(\w+)" s="{quoted[0]}"', page) == ["A2"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_a_cell_of_a_csv_that_would_act_is_text_and_a_number_stays_one(start: str) -> None:
    assert harmless(f"{start}HYPERLINK()") == f"'{start}HYPERLINK()"
    assert (harmless("䶮一凡"), harmless(-5), harmless(None)) == ("䶮一凡", -5, None)


def test_the_same_content_at_the_same_moment_has_the_same_bytes() -> None:
    digests = {hashlib.sha256(written(ROW)).hexdigest() for _ in range(3)}
    assert len(digests) == 1
    assert hashlib.sha256(written(ROW, title="另一份")).hexdigest() not in digests


def test_headings_stay_in_sight_and_columns_have_widths() -> None:
    page = part(written(ROW), "xl/worksheets/sheet1.xml")
    assert '<pane ySplit="1"' in page
    assert 'numberStoredAsText="1"' in page
    assert page.count("<col ") == len(COLUMNS)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (("王", "1", 0.1, 1, None, 1), Exception),
        (("王", "1", "1.00", 1, None, 1), TypeError),
        (("王", "1", 1, 1.5, None, 1), TypeError),
        (("王", "1", 1, True, None, 1), TypeError),
        (("王", "1", 1, 2**53 + 1, None, 1), ValueError),
        (("王", 110105194912310021, 1, 1, None, 1), TypeError),
        (("王", "1", 1, 1, "2024-01-05", 1), TypeError),
        (("王", "1", 1, 1, AT, 1), TypeError),
        (("王" * 40_000, "1", 1, 1, None, 1), ValueError),
        (("王", "1", 1, 1, None), ValueError),
    ],
)
def test_a_value_that_does_not_fit_stops_the_file(
    row: tuple[str | int | date | None, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        written(row)


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "支付.xlsx"
    with pytest.raises(TypeError):
        write_workbook(target, [Sheet("支付", COLUMNS, [ROW, ("王", 1, 1, 1, None, 1)])], created_at=AT)
    assert list(tmp_path.iterdir()) == []
    write_workbook(
        target, [Sheet("支付", COLUMNS, [ROW]), Sheet("说明", COLUMNS[:1], [("一",)])], created_at=AT
    )
    assert [path.name for path in tmp_path.iterdir()] == ["支付.xlsx"]
    assert load_workbook(target).sheet_names == ["支付", "说明"]
