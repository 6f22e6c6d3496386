"""Ways into an exam (申报条件) out of a file: a newer row of a code ends the one in force before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from voucher.plumbing.spreadsheets import Cell, Column, cell_text
from voucher.plumbing.unit_of_work import Work
from voucher.registry.dictionaries import name_words
from voucher.registry.importing.dated_rows import DatedRowsImporter
from voucher.registry.importing.frame import Report
from voucher.registry.importing.institutions import clean_title
from voucher.registry.importing.reading import Reading
from voucher.registry.talents.ladder import EntryCondition
from voucher.rules.actor import Role
from voucher.rules.dictionaries import Dictionary
from voucher.rules.entries import AWARDS_APART, EDUCATION_NAMES, ENTRY_SOURCE, ENTRY_WAY_NAMES, EntryWay
from voucher.rules.errors import Family, reason
from voucher.rules.levels import clean_word, mask_code, mask_word, parse_level

CODE, LEVEL, WAY, YEARS = "代码", "等级", "申报条件", "从业年数"
HELD, EDUCATION, AWARDS, WORDS = "原证书等级", "学历", "奖项", "内容"
SINCE, UNTIL, DOCUMENT, EVIDENCE = "起始日期", "截止日期", "文件", "依据"
YEARS_MOST = 60
CODE_SHAPE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
# these ways are judged by tables of their own
ELSEWHERE = {
    EntryWay.EDUCATION: "参数 entry_level_secondary、entry_level_higher",
    EntryWay.COMPETITION: "竞赛名次对照",
}
Word = TypeVar("Word", bound=StrEnum)

ENTRY_CONDITION_WORD_UNKNOWN = reason(
    "entry_condition_word_unknown", "“{given}”不是规定的填写内容", "请填写以下之一：{accepted}", ENTRY_SOURCE
)
ENTRY_CONDITION_CODE_MALFORMED = reason(
    "entry_condition_code_malformed",
    "申报条件的代码“{given}”写法不对",
    "代码用小写字母、数字和连字符，例如 3-held；代码一经使用不再更改",
    ENTRY_SOURCE,
)
ENTRY_CONDITION_ELSEWHERE = reason(
    "entry_condition_elsewhere",
    "“{way}”不按申报条件表判断，而按{where}",
    "请删去这一行，到该表登记",
    ENTRY_SOURCE,
    Family.CONFLICT,
)
ENTRY_CONDITION_OVERLAPS = reason(
    "entry_condition_overlaps",
    "代码“{code}”的申报条件在这些日期已另有登记（{since}起）",
    "同一代码的各段日期不能重叠：请先填写原条件的截止日期，或改正起始日期",
    ENTRY_SOURCE,
    Family.CONFLICT,
)
ENTRY_CONDITION_FIXED = reason(
    "entry_condition_fixed",
    "代码“{code}”自 {since} 起的申报条件已经登记，内容不能改写",
    "内容有变的，请按新文件另填一行新的起始日期，原来的自动截止",
    ENTRY_SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """A way into an exam as a file states it, in canonical form; `award` are codes, one of them enough."""

    code: str
    level: int
    way: str
    years: int
    held_level: int | None
    education: str | None
    award: str | None
    words: str
    since: date
    until: date | None
    document: str
    source: str


class EntryConditionsImporter(DatedRowsImporter[ConditionRow, EntryCondition]):
    """Columns 代码, 等级, 申报条件, 从业年数, 原证书等级, 学历, 奖项, 内容, the days, 文件, 依据."""

    kind = "entry_conditions"
    named = "entry_condition"
    code_column, since_column = CODE, SINCE
    overlaps, fixed = ENTRY_CONDITION_OVERLAPS, ENTRY_CONDITION_FIXED
    roles = (Role.OPERATOR, Role.OFFICER_PROVINCE)
    columns = (
        Column(CODE, alias=("code",)),
        Column(LEVEL, alias=("level",)),
        Column(WAY, alias=("way",)),
        Column(YEARS, required=False, text=False, alias=("years",)),
        Column(HELD, required=False, alias=("held_level",)),
        Column(EDUCATION, required=False, alias=("education",)),
        Column(AWARDS, required=False, alias=("award",)),
        Column(WORDS, alias=("words",)),
        Column(SINCE, alias=("since", "有效期起")),
        Column(UNTIL, required=False, alias=("until", "有效期止")),
        Column(DOCUMENT, alias=("document", "文号")),
        Column(EVIDENCE, alias=("source", "来源")),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._honours = name_words(work.session, Dictionary.HONOUR)

    @classmethod
    def table(cls) -> type[EntryCondition]:
        """Return the table of ways into exams."""
        return EntryCondition

    def check(self, reading: Reading) -> ConditionRow | None:
        """Return the way a row states."""
        code, level = reading.words(CODE, _read_code), reading.words(LEVEL, parse_level)
        way = reading.words(WAY, _read_way)
        years = reading.take(YEARS, _read_years, required=False)
        held = reading.words(HELD, parse_level, required=False)
        education = reading.words(EDUCATION, lambda text: _read(text, EDUCATION_NAMES), required=False)
        award = reading.words(AWARDS, self._read_awards, required=False)
        words, document = reading.words(WORDS, clean_title), reading.words(DOCUMENT, str.strip)
        source = reading.words(EVIDENCE, str.strip)
        since, until = reading.period(SINCE, UNTIL)
        if code is None or level is None or way is None or since is None:
            return None
        if words is None or document is None or source is None:
            return None
        return ConditionRow(
            code, int(level), str(way), years or 0, int(held) if held is not None else None,
            str(education) if education is not None else None, award, words, since, until, document, source,
        )  # fmt: skip

    def _read_awards(self, text: str) -> str:
        parts = text.replace("、", AWARDS_APART).split(AWARDS_APART)
        return AWARDS_APART.join(_find_code(each, self._honours) for each in parts)


def _read_code(text: str) -> str:
    code = clean_word(text)
    if not CODE_SHAPE.fullmatch(code):
        raise ENTRY_CONDITION_CODE_MALFORMED.refused(given=mask_code(code[:40]))
    return code


def _read_way(text: str) -> EntryWay:
    way = _read(text, ENTRY_WAY_NAMES)
    if way in ELSEWHERE:
        raise ENTRY_CONDITION_ELSEWHERE.refused(way=ENTRY_WAY_NAMES[way], where=ELSEWHERE[way])
    return way


def _read(text: str, names: Mapping[Word, str]) -> Word:
    word = clean_word(text)
    for each, name in names.items():
        if word in (clean_word(name), str(each)):
            return each
    raise ENTRY_CONDITION_WORD_UNKNOWN.refused(given=mask_word(word), accepted="、".join(names.values()))


def _find_code(text: str, names: Mapping[str, str]) -> str:
    word = clean_word(text)
    for code, name in names.items():
        if word in (clean_word(name), code):
            return code
    raise ENTRY_CONDITION_WORD_UNKNOWN.refused(given=mask_word(word), accepted="、".join(names.values()))


def _read_years(cell: Cell) -> int:
    word = clean_word(cell_text(cell)).removesuffix("年")
    if not (word.isascii() and word.isdigit() and int(word) <= YEARS_MOST):
        raise ENTRY_CONDITION_WORD_UNKNOWN.refused(
            given=mask_word(word), accepted=f"0 到 {YEARS_MOST} 的整数"
        )
    return int(word)
