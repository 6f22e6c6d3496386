"""csv: any size in flat memory, strict UTF-8, and every shifted, broken or acting row named."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest

from tests.plumbing.spreadsheets.planting import (
    COLUMNS,
    IDENTITY,
    problem_codes,
    read,
    refusal_of,
    write_csv,
)
from voucher.plumbing.spreadsheets import Limits, open_table

ROWS = 30_000
GOOD = f"姓名,证件号码,理论成绩\r\n王小明,{IDENTITY},85\r\n\r\n李红,110105194912310038,\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_is_read_with_and_without_a_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    rows = read(write_csv(tmp_path / "人员.csv", GOOD, encoding))
    assert [row.line for row in rows] == [2, 4]
    assert rows[0].values == {"姓名": "王小明", "证件号码": IDENTITY, "理论成绩": "85"}
    assert rows[1].values["理论成绩"] is None
    assert not rows[0].problems


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_line_ending_counts_lines_the_same(tmp_path: Path, line_end: str) -> None:
    rows = read(write_csv(tmp_path / "a.csv", GOOD.replace("\r\n", line_end)))
    assert [row.line for row in rows] == [2, 4]


def test_quoted_commas_and_line_breaks_belong_to_the_cell(tmp_path: Path) -> None:
    text = f'姓名,证件号码\n"王,小\n明",{IDENTITY}\n李红,{IDENTITY}\n'
    rows = read(write_csv(tmp_path / "a.csv", text))
    assert [(row.line, row.values["姓名"]) for row in rows] == [(2, "王,小\n明"), (4, "李红")]


@pytest.mark.parametrize(("encoding", "said"), [("gbk", "GBK"), ("utf-16", "UTF-16")])
def test_another_encoding_is_refused_with_the_way_out(tmp_path: Path, encoding: str, said: str) -> None:
    refusal = refusal_of(lambda: read(write_csv(tmp_path / "a.csv", GOOD, encoding)))
    assert refusal.code == "file_encoding"
    assert said in refusal.title
    assert "UTF-8" in refusal.next_step


def test_one_gbk_line_late_in_the_file_is_found_before_any_row_is_handed_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(("姓名,证件号码\n" + "王,1\n" * 200_000).encode() + "李红,2\n".encode("gbk"))
    refusal = refusal_of(lambda: open_table(path, columns=COLUMNS, limits=Limits()))
    assert (refusal.code, refusal.facts["line"]) == ("file_encoding", 200_002)


def test_a_character_cut_in_half_at_the_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("姓名,证件号码\n王,明".encode()[:-1])
    assert refusal_of(lambda: read(path)).code == "file_encoding"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04" + b"x" * 99, "xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 99, "xls"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 99, "PNG"),
        (b"<html><table><tr><td>\xe5", "网页"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b"abc\x00\x01\x02,\n", "二进制"),
        (b"MZ\x90\x00\x03\x00", "程序"),
    ],
)
def test_a_csv_that_is_something_else_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "人员.csv"
    path.write_bytes(content)
    refusal = refusal_of(lambda: read(path))
    assert refusal.code == "file_not_what_it_says"
    assert said in refusal.title


def test_other_names_empty_files_and_large_files_are_refused(tmp_path: Path) -> None:
    assert refusal_of(lambda: read(write_csv(tmp_path / "a.txt", GOOD))).code == "file_kind_unknown"
    assert refusal_of(lambda: read(write_csv(tmp_path / "a", GOOD))).code == "file_kind_unknown"
    assert refusal_of(lambda: read(write_csv(tmp_path / "a.csv", ""))).code == "file_empty"
    assert refusal_of(lambda: read(write_csv(tmp_path / "b.csv", "\r\n\r\n , \r\n"))).code == "file_empty"
    small = Limits(max_bytes=10)
    assert refusal_of(lambda: read(write_csv(tmp_path / "c.csv", GOOD), small)).code == "file_too_large"


def test_a_file_without_line_breaks_is_not_held_in_memory(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "a" * 3_000_000)
    assert refusal_of(lambda: read(path)).code == "file_not_what_it_says"


ACTING = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "+A1",
    "-A1",
    "-张三",
    "＝1+1",
    '"\t=1+1"',
    '"=""410105"""',
]


@pytest.mark.parametrize("cell", ACTING)
def test_a_cell_that_would_act_is_named(tmp_path: Path, cell: str) -> None:
    (row,) = read(write_csv(tmp_path / "a.csv", f"姓名,证件号码\n{cell},{IDENTITY}\n"))
    assert problem_codes(row) == [("姓名", "formula_cell")]
    assert row.problems[0].refusal.facts == {"line": 2, "column": "姓名"}


@pytest.mark.parametrize(
    "cell", ["-1", "+86 138-0000-0000", "+8613800000000", "-5.5%", "-", "--", '"-1,234.50"', "(1)"]
)
def test_signed_numbers_telephones_and_dashes_do_not_act(tmp_path: Path, cell: str) -> None:
    (row,) = read(write_csv(tmp_path / "a.csv", f"姓名,证件号码,理论成绩\n王,1,{cell}\n"))
    assert row.problems == ()


def test_bad_rows_are_named_and_the_good_ones_around_them_still_come(tmp_path: Path) -> None:
    text = (
        "姓名,证件号码,理论成绩\n"
        "甲,1,60\n"
        "乙,2\n"
        "丙,3,60,多余\n"
        "丁\x00,4,60\n"
        '戊,"5"6,60\n'
        "己,6,60,,\n"
        f"庚,{'7' * 40_000},60\n"
        '辛,"8,60\n'
    )
    rows = read(write_csv(tmp_path / "a.csv", text))
    assert [(row.line, problem_codes(row)) for row in rows] == [
        (2, []),
        (3, [(None, "row_ragged")]),
        (4, [(None, "row_ragged")]),
        (5, [("姓名", "cell_control_character")]),
        (6, [(None, "row_malformed")]),
        (7, []),
        (8, [("证件号码", "cell_too_long")]),
        (9, [(None, "row_malformed")]),
    ]
    assert rows[1].values == {}


def test_more_rows_than_the_configured_limit_are_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "姓名,证件号码\n" + "王,1\n" * 11)
    assert len(read(path, Limits(max_rows=11))) == 11
    refusal = refusal_of(lambda: read(path, Limits(max_rows=10)))
    assert (refusal.code, refusal.facts["max_rows"]) == ("too_many_rows", 10)


def test_a_large_file_streams_in_flat_memory(tmp_path: Path) -> None:
    # kept in memory, so many rows would weigh five times the limit
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("姓名,证件号码\n")
        file.writelines(f"王{number},{number}\n" for number in range(ROWS))
    tracemalloc.start()
    with open_table(path, columns=COLUMNS, limits=Limits()) as table:
        assert table.rows_expected == ROWS + 1
        assert sum(1 for _ in table) == ROWS
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000


def test_an_upload_is_read_as_a_stream_and_left_open(tmp_path: Path) -> None:
    stream = io.BytesIO(GOOD.encode())
    with open_table(stream, columns=COLUMNS, limits=Limits(), name="人员.csv") as table:
        assert len(list(table)) == 2
    assert not stream.closed
