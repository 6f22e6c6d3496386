"""What counts as what (比照) out of a file: a newer row of a code ends the one in force before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from voucher.plumbing.spreadsheets import Column
from voucher.registry.importing.dated_rows import DatedRowsImporter
from voucher.registry.importing.dictionaries import read_code
from voucher.registry.importing.institutions import clean_title
from voucher.registry.importing.reading import Reading
from voucher.registry.talents.ladder import KIND_NAMES, Equivalence
from voucher.rules.actor import Role
from voucher.rules.errors import Family, reason
from voucher.rules.levels import clean_word, mask_word, parse_level

KIND, CODE, HAS, COUNTS_AS, CONDITION, LEVEL = "类别", "代码", "具备", "比照", "条件", "等级"
SINCE, UNTIL, DOCUMENT, EVIDENCE = "起始日期", "截止日期", "文件", "依据"
SOURCE = "豫人社办〔2023〕102号（四）（七）; S0-04a、S3-11c"

EQUIVALENCE_KIND_UNKNOWN = reason(
    "equivalence_kind_unknown", "“{given}”不是规定的比照类别", "请填写 学历比照 或 职称比照", SOURCE
)
EQUIVALENCE_OVERLAPS = reason(
    "equivalence_overlaps",
    "代码“{code}”的比照在这些日期已另有登记（{since}起）",
    "同一代码的各段日期不能重叠：请先填写原比照的截止日期，或改正起始日期",
    SOURCE,
    Family.CONFLICT,
)
EQUIVALENCE_FIXED = reason(
    "equivalence_fixed",
    "代码“{code}”自 {since} 起的比照已经登记，内容不能改写",
    "内容有变的，请按新文件另填一行新的起始日期，原来的自动截止",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class EquivalenceRow:
    """An equivalence as a file states it, in canonical form."""

    kind: str
    code: str
    has: str
    counts_as: str
    condition: str
    level: int | None
    since: date
    until: date | None
    document: str
    source: str


class EquivalencesImporter(DatedRowsImporter[EquivalenceRow, Equivalence]):
    """Columns 类别, 代码, 具备, 比照, 条件, 等级, 起始日期, 截止日期, 文件, 依据."""

    kind = "equivalences"
    named, key = "equivalence", ("kind", "code")
    code_column, since_column = CODE, SINCE
    overlaps, fixed = EQUIVALENCE_OVERLAPS, EQUIVALENCE_FIXED
    roles = (Role.OPERATOR, Role.OFFICER_PROVINCE)
    columns = (
        Column(KIND, alias=("kind",)),
        Column(CODE, alias=("code",)),
        Column(HAS, alias=("has",)),
        Column(COUNTS_AS, alias=("counts_as",)),
        Column(CONDITION, alias=("condition",)),
        Column(LEVEL, required=False, alias=("level",)),
        Column(SINCE, alias=("since", "有效期起")),
        Column(UNTIL, required=False, alias=("until", "有效期止")),
        Column(DOCUMENT, alias=("document", "文号")),
        Column(EVIDENCE, alias=("source", "来源")),
    )

    @classmethod
    def table(cls) -> type[Equivalence]:
        """Return the table of equivalences."""
        return Equivalence

    def check(self, reading: Reading) -> EquivalenceRow | None:
        """Return the equivalence a row states."""
        kind, code = reading.words(KIND, _read_kind), reading.words(CODE, read_code)
        has, counts_as = reading.words(HAS, clean_title), reading.words(COUNTS_AS, clean_title)
        condition, document = reading.words(CONDITION, str.strip), reading.words(DOCUMENT, str.strip)
        source = reading.words(EVIDENCE, str.strip)
        level = reading.words(LEVEL, parse_level, required=False)
        since, until = reading.period(SINCE, UNTIL)
        if kind is None or code is None or since is None:
            return None
        if has is None or counts_as is None or condition is None or document is None or source is None:
            return None
        return EquivalenceRow(
            kind, code, has, counts_as, condition, int(level) if level is not None else None,
            since, until, document, source,
        )  # fmt: skip


def _read_kind(text: str) -> str:
    word = clean_word(text)
    for kind, name in KIND_NAMES.items():
        if word in (kind, name, name.removesuffix("比照")):
            return kind
    raise EQUIVALENCE_KIND_UNKNOWN.refused(given=mask_word(word))
