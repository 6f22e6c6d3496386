"""One row being read: each cell goes through its rule once, and whatever a rule refuses is remembered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from voucher.plumbing.spreadsheets import Cell, Row, cell_date, cell_text
from voucher.rules.errors import Refusal, Refused, reason
from voucher.rules.identity import normalise_identity, normalise_organisation_code
from voucher.rules.levels import Level, clean_word, mask_code, parse_level
from voucher.rules.names import normalise_name
from voucher.rules.privacy import mask_free_text, mask_identity, mask_name

Value = TypeVar("Value")

SOURCE = "【设】导入表格的填写要求; S2-09"
CELL_MISSING = reason("cell_missing", "“{column}”没有填写", "请补填后重新导入", SOURCE)
CELL_AS_NUMBER = reason(
    "cell_as_number",
    "“{column}”被表格软件存为数字，可能已丢失内容",
    "请将该列设为文本后重新填写",
    SOURCE,
)
PERIOD_REVERSED = reason(
    "period_reversed", "有效期止早于有效期起", "请核对起止日期", "【设】起止日期首尾两日计入"
)

NO_LEVEL_WORDS = frozenset(
    {"", "-", "—", "——", "/", "无", "无等级", "不分等级", "专项", "专项职业能力", "专项职业能力证书"}
)
# A list that is valid until further notice says so in words as often as by a blank.
ENDLESS_WORDS = frozenset({"", "-", "—", "——", "/", "无", "长期", "长期有效", "永久", "永久有效", "至今"})
_SHOWN_CHARS = 40


def mask_cell(text: str) -> str:
    """Return a cell as a report may show it: numbers of people masked, and words that may be a name.

    A shifted column may carry a name where a code belongs.
    """
    return mask_code(mask_free_text(text)[:_SHOWN_CHARS])


class Reading:
    """The cells of one row by column name, and the problems found so far: (column, masked value, refusal)."""

    def __init__(self, row: Row) -> None:
        self._values = row.values
        self.problems: list[tuple[str | None, str, Refusal]] = [
            (problem.column, "", problem.refusal) for problem in row.problems
        ]
        self.readable = bool(row.values)
        self._faulty = {column for column, _, _ in self.problems}

    def refuse(self, column: str, refusal: Refusal, mask: Callable[[str], str] = mask_cell) -> None:
        """Remember what is wrong with a cell."""
        self.problems.append((column, mask(cell_text(self._values.get(column))), refusal))
        self._faulty.add(column)

    def is_faulty(self, *columns: str) -> bool:
        """Return whether one of the cells is already known to be wrong."""
        return any(column in self._faulty for column in columns)

    def text(self, column: str) -> str:
        """Return the cell as text, empty where it is empty or not in the file."""
        return cell_text(self._values.get(column)).strip()

    def take(
        self,
        column: str,
        parse: Callable[[Cell], Value],
        *,
        required: bool = True,
        mask: Callable[[str], str] = mask_cell,
    ) -> Value | None:
        """Return what a rule makes of a cell; None where it is empty or refused."""
        if column in self._faulty:
            return None
        cell = self._values.get(column)
        if cell is None or not cell_text(cell).strip():
            if required:
                self.refuse(column, CELL_MISSING.refusal(column=column))
            return None
        try:
            return parse(cell)
        except Refused as refused:
            self.refuse(column, refused.refusal, mask)
            return None

    def words(self, column: str, parse: Callable[[str], Value], *, required: bool = True) -> Value | None:
        """Return what a rule makes of a cell's text; a number never stands for words."""
        return self.take(
            column,
            lambda cell: parse(cell if isinstance(cell, str) else _need_text(column, cell)),
            required=required,
        )

    def day(self, column: str, *, required: bool = True) -> date | None:
        """Return the day a cell names."""
        return self.take(column, cell_date, required=required)

    def period(self, since: str, until: str, *, required: bool = True) -> tuple[date | None, date | None]:
        """Return first and last day, in order; no last day where the cell says that there is none."""
        first = self.day(since, required=required)
        endless = clean_word(self.text(until)) in ENDLESS_WORDS
        last = None if endless else self.day(until, required=False)
        if first is not None and last is not None and last < first:
            self.refuse(until, PERIOD_REVERSED.refusal())
        return first, last

    def name(self, column: str) -> str | None:
        """Return a person's name in its one spelling."""
        return self.take(column, lambda cell: normalise_name(cell_text(cell)), mask=mask_name)

    def identity(self, column: str, on: date) -> str | None:
        """Return a canonical identity number."""
        return self.take(column, lambda cell: normalise_identity(cell, on), mask=mask_identity)

    def organisation(self, column: str) -> str | None:
        """Return a canonical 统一社会信用代码."""
        return self.words(column, normalise_organisation_code)

    def level(self, column: str) -> Level | None:
        """Return the level, None for a blank or a word that says there is none."""
        if clean_word(self.text(column)) in NO_LEVEL_WORDS:
            return None
        return self.words(column, parse_level)


def _need_text(column: str, cell: Cell) -> str:
    if isinstance(cell, int | float):
        raise CELL_AS_NUMBER.refused(column=column)
    return cell_text(cell)
