"""Headers: every usual spelling is accepted, and a wrong one is answered with the right ones."""

from __future__ import annotations

import pytest

from tests.plumbing.spreadsheets.planting import COLUMNS, refusal_of
from voucher.plumbing.spreadsheets.columns import match_headers


def names(*headers: str) -> list[str | None]:
    return [column.name if column else None for column in match_headers(headers, COLUMNS)]


def test_headers_are_compared_in_their_compatibility_form() -> None:
    assert names(" 姓名　", "\ufeff证件号码") == ["姓名", "证件号码"]


def test_an_alias_stands_for_its_column_and_order_is_free() -> None:
    assert names("理论成绩", "身份证号", "", "姓名") == ["理论成绩", "证件号码", None, "姓名"]


def test_a_missing_column_is_named_with_all_that_are_accepted() -> None:
    refusal = refusal_of(lambda: names("姓名", "证件号"))
    assert refusal.code == "column_missing"
    assert refusal.title == "表头缺少列：证件号码；不认识第2列“证件号”"
    assert "理论成绩（可选）" in refusal.next_step


def test_an_unknown_column_is_refused_not_ignored() -> None:
    refusal = refusal_of(lambda: names("姓名", "证件号码", "备注"))
    assert refusal.code == "column_unknown"
    assert "第3列“备注”" in refusal.title


def test_a_column_given_twice_even_by_alias_is_refused() -> None:
    refusal = refusal_of(lambda: names("姓名", "证件号码", "身份证号"))
    assert refusal.code == "column_twice"
    assert (refusal.facts["first"], refusal.facts["second"]) == (2, 3)


def test_a_file_that_begins_with_a_person_shows_nothing_of_that_person() -> None:
    refusal = refusal_of(lambda: names("王小明", "11010519491231002X"))
    assert refusal.code == "column_missing"
    assert "王小明" not in refusal.sentence
    assert "1949" not in refusal.sentence
    assert "1949" not in str(refusal.facts)


def test_an_identity_number_in_a_header_is_masked() -> None:
    refusal = refusal_of(lambda: names("姓名", "证件号码", "11010519491231002X"))
    assert "19491231" not in refusal.sentence


@pytest.mark.parametrize("mark", ["\t", ";", "，", "|"])
def test_another_delimiter_is_said_to_be_one(mark: str) -> None:
    assert refusal_of(lambda: names(mark.join(("姓名", "证件号码")))).code == "file_delimiter"
