"""Cells: what a number, a date and a text look like once they have left the spreadsheet."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plumbing.spreadsheets.planting import refusal_of
from voucher.plumbing.spreadsheets.cells import Cell, cell_date, cell_text, plain_cell

MOMENT = datetime.fromisoformat("2024-01-05T08:30:00")
MIDNIGHT = datetime.fromisoformat("2024-01-05T00:00:00")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (85, "85"),
        (85.5, "85.5"),
        (0.1 + 0.2, "0.3"),
        (0.00001, "0.00001"),
        (None, ""),
        ("60 ", "60 "),
        (date(2024, 1, 5), "2024-01-05"),
        (MOMENT, "2024-01-05 08:30:00"),
        (True, "TRUE"),
    ],
)
def test_a_harmless_number_becomes_the_text_a_person_sees(cell: Cell, text: str) -> None:
    assert cell_text(cell) == text


@settings(max_examples=200)
@given(st.integers(0, 10**11), st.integers(0, 999))
def test_no_decimal_with_few_places_grows_noise(whole: int, thousandths: int) -> None:
    typed = f"{whole}.{thousandths:03d}"
    assert cell_text(plain_cell(float(typed))) == typed.rstrip("0").rstrip(".")


@pytest.mark.parametrize(
    "cell",
    [
        date(2024, 1, 5),
        MOMENT,
        "2024-01-05",
        "2024-1-5",
        "2024/1/5",
        "2024.1.5",
        "2024年1月5日",
        "2024年01月05日",
        "20240105",
        20240105,
        "2024-01-05 00:00:00",
        "２０２４－０１－０５",
        " 2024/01/05 ",
    ],
)
def test_every_usual_spelling_of_a_day_is_read(cell: Cell) -> None:
    assert cell_date(cell) == date(2024, 1, 5)


@pytest.mark.parametrize(
    "cell",
    [None, "", "2024-02-30", "2023-02-29", "24-01-05", "2024-01", "45296", 45296, 45296.5, "05/01/2024",
     "2024-01-05 08:30", "2024/1-5", "20241301", "0024-01-05", "9999-12-31", True, "昨天", "٢٠٢٤-٠١-٠٥x"],
)  # fmt: skip
def test_anything_else_is_refused_and_not_guessed(cell: Cell) -> None:
    refusal = refusal_of(lambda: cell_date(cell))
    assert refusal.code == "date_malformed"
    assert "2024年1月5日" in refusal.next_step


def test_a_reader_s_values_become_plain_cells() -> None:
    assert plain_cell(" 王小明 ") == "王小明"
    assert plain_cell("  ") is None
    assert plain_cell(85.0) == 85
    assert isinstance(plain_cell(85.0), int)
    assert plain_cell(MIDNIGHT) == date(2024, 1, 5)
    assert not isinstance(plain_cell(MIDNIGHT), datetime)
    assert plain_cell(time(3, 4)) == "03:04:00"
