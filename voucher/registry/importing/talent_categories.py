"""Which certificates count for which of the five categories (五类人才) out of a file, by dated rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from voucher.plumbing.spreadsheets import Column
from voucher.registry.importing.dated_rows import DatedRowsImporter
from voucher.registry.importing.institutions import clean_title
from voucher.registry.importing.reading import Reading
from voucher.registry.talents.categories import TalentMapping
from voucher.rules.actor import Role
from voucher.rules.errors import Family, reason
from voucher.rules.levels import clean_word, mask_word
from voucher.rules.spelling import fold_spelling
from voucher.rules.talents import TALENT_CATEGORY_NAMES, TalentCategory
from voucher.rules.vocabulary import parse_certificate_kind

CODE, CATEGORY, KIND, TRADES = "代码", "人才类别", "证书类型", "职业编码开头"
WORDS, PROVISIONAL = "内容", "暂定"
SINCE, UNTIL, DOCUMENT, EVIDENCE = "起始日期", "截止日期", "文件", "依据"
SOURCE = "豫办〔2021〕29号 二 目标任务; S2-Gc、S2-Gd"
CODE_SHAPE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
# the beginning of an occupation code: a class, and as far down as wished
TRADES_SHAPE = re.compile(r"[1-8]-(\d\d(-\d\d(-\d\d)?)?)?")
YES = {"是": True, "1": True, "否": False, "0": False}

TALENT_CATEGORY_UNKNOWN = reason(
    "talent_category_unknown", "“{given}”不是规定的填写内容", "请填写以下之一：{accepted}", SOURCE
)
TALENT_CODE_MALFORMED = reason(
    "talent_code_malformed",
    "人才类别登记的代码“{given}”写法不对",
    "代码用小写字母、数字和连字符，例如 rural-producing；代码一经使用不再更改",
    SOURCE,
)
TALENT_TRADES_MALFORMED = reason(
    "talent_trades_malformed",
    "职业编码开头“{given}”写法不对",
    "请写职业编码从大类起的前几段，例如 2-、1-06-01；不限职业的不填",
    SOURCE,
)
TALENT_MAPPING_EMPTY = reason(
    "talent_mapping_empty", "证书类型和职业编码开头都没有填写", "至少填写一项，写明哪些证书计入这一类", SOURCE
)
TALENT_MAPPING_OVERLAPS = reason(
    "talent_mapping_overlaps",
    "代码“{code}”在这些日期已另有登记（{since}起）",
    "同一代码的各段日期不能重叠：请先填写原登记的截止日期，或改正起始日期",
    SOURCE,
    Family.CONFLICT,
)
TALENT_MAPPING_FIXED = reason(
    "talent_mapping_fixed",
    "代码“{code}”自 {since} 起已经登记，内容不能改写",
    "内容有变的，请按新文件另填一行新的起始日期，原来的自动截止",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class MappingRow:
    """Which certificates count for a category as a file states it, in canonical form."""

    code: str
    category: str
    kind: str | None
    trades: str | None
    words: str
    provisional: bool
    since: date
    until: date | None
    document: str
    source: str


class TalentCategoriesImporter(DatedRowsImporter[MappingRow, TalentMapping]):
    """Columns 代码, 人才类别, 证书类型, 职业编码开头, 内容, 暂定, the days, 文件, 依据."""

    kind = "talent_categories"
    named = "talent_mapping"
    code_column, since_column = CODE, SINCE
    overlaps, fixed = TALENT_MAPPING_OVERLAPS, TALENT_MAPPING_FIXED
    roles = (Role.OPERATOR, Role.OFFICER_PROVINCE)
    columns = (
        Column(CODE, alias=("code",)),
        Column(CATEGORY, alias=("category",)),
        Column(KIND, required=False, alias=("kind",)),
        Column(TRADES, required=False, alias=("trades",)),
        Column(WORDS, alias=("words",)),
        Column(PROVISIONAL, required=False, alias=("provisional",)),
        Column(SINCE, alias=("since", "有效期起")),
        Column(UNTIL, required=False, alias=("until", "有效期止")),
        Column(DOCUMENT, alias=("document", "文号")),
        Column(EVIDENCE, alias=("source", "来源")),
    )

    @classmethod
    def table(cls) -> type[TalentMapping]:
        """Return the table of which certificates count."""
        return TalentMapping

    def check(self, reading: Reading) -> MappingRow | None:
        """Return what a row states."""
        code, category = reading.words(CODE, _read_code), reading.words(CATEGORY, _read_category)
        kind = reading.words(KIND, parse_certificate_kind, required=False)
        trades = reading.words(TRADES, _read_trades, required=False)
        provisional = reading.words(PROVISIONAL, _read_yes, required=False)
        words, document = reading.words(WORDS, clean_title), reading.words(DOCUMENT, str.strip)
        source = reading.words(EVIDENCE, str.strip)
        since, until = reading.period(SINCE, UNTIL)
        if kind is None and trades is None and not (reading.is_faulty(KIND) or reading.is_faulty(TRADES)):
            reading.refuse(TRADES, TALENT_MAPPING_EMPTY.refusal())
        if code is None or category is None or since is None:
            return None
        if words is None or document is None or source is None:
            return None
        return MappingRow(
            code, str(category), str(kind) if kind is not None else None, trades, words,
            bool(provisional), since, until, document, source,
        )  # fmt: skip


def _read_code(text: str) -> str:
    code = clean_word(text)
    if not CODE_SHAPE.fullmatch(code):
        raise TALENT_CODE_MALFORMED.refused(given=mask_word(code))
    return code


def _read_category(text: str) -> TalentCategory:
    word = clean_word(text)
    for each, name in TALENT_CATEGORY_NAMES.items():
        if word in (name, str(each)):
            return each
    accepted = "、".join(TALENT_CATEGORY_NAMES.values())
    raise TALENT_CATEGORY_UNKNOWN.refused(given=mask_word(word), accepted=accepted)


def _read_trades(text: str) -> str:
    beginning = fold_spelling(text)
    if not TRADES_SHAPE.fullmatch(beginning):
        raise TALENT_TRADES_MALFORMED.refused(given=mask_word(beginning))
    return beginning


def _read_yes(text: str) -> bool:
    word = clean_word(text)
    if word not in YES:
        raise TALENT_CATEGORY_UNKNOWN.refused(given=mask_word(word), accepted="是、否")
    return YES[word]
