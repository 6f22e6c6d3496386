"""What counts as what (比照) out of a file: a newer row of a code ends the one in force before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Column
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.dictionaries import read_code
from voucher.registry.importing.frame import Importer, Report
from voucher.registry.importing.institutions import clean_title
from voucher.registry.importing.reading import Reading
from voucher.registry.ladder import KIND_NAMES, Equivalence
from voucher.rules.actor import Role
from voucher.rules.errors import Family, reason
from voucher.rules.levels import clean_word, mask_word, parse_level

KIND, CODE, HAS, COUNTS_AS, CONDITION, LEVEL = "类别", "代码", "具备", "比照", "条件", "等级"
SINCE, UNTIL, DOCUMENT, EVIDENCE = "起始日期", "截止日期", "文件", "依据"
SOURCE = "豫人社办〔2023〕102号（四）（七）; S0-04a、S3-11c"
DAY = timedelta(days=1)

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


class EquivalencesImporter(Importer[EquivalenceRow]):
    """Columns 类别, 代码, 具备, 比照, 条件, 等级, 起始日期, 截止日期, 文件, 依据."""

    kind = "equivalences"
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

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._known: dict[tuple[str, str], list[Equivalence]] = {}
        for row in work.session.scalars(select(Equivalence).order_by(Equivalence.since)):
            self._known.setdefault((row.kind, row.code), []).append(row)

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

    def keep(self, piece: Sequence[tuple[int, EquivalenceRow]]) -> None:
        """Add new rows, ending the one in force before; what a row once said is never written over."""
        for line, row in piece:
            rows = self._known.setdefault((row.kind, row.code), [])
            same = next((each for each in rows if each.since == row.since), None)
            if same is not None:
                self._meet(line, same, row)
                continue
            before = next((each for each in rows if each.since < row.since and each.until is None), None)
            others = [each for each in rows if each is not before]
            clashing = next((each for each in others if _overlap(each, row)), None)
            if clashing is not None:
                told = EQUIVALENCE_OVERLAPS.refusal(code=row.code, since=clashing.since.isoformat())
                self.report.refuse(line, SINCE, row.since.isoformat(), told)
                continue
            if before is not None:
                self._end(before, row.since - DAY)
            rows.append(self._add(row))
            self.report.rows_added += 1

    def _meet(self, line: int, same: Equivalence, row: EquivalenceRow) -> None:
        """Take a row that is known: its end may be told later, nothing else changes."""
        stated = {**asdict(row), "until": same.until}
        if any(value != getattr(same, name) for name, value in stated.items()):
            told = EQUIVALENCE_FIXED.refusal(code=row.code, since=row.since.isoformat())
            self.report.refuse(line, CODE, row.code, told)
        elif row.until is not None and row.until != same.until:
            self._end(same, row.until)
            self.report.rows_changed += 1
        else:
            self.report.rows_unchanged += 1

    def _add(self, row: EquivalenceRow) -> Equivalence:
        made = Equivalence(**asdict(row))
        self.work.session.add(made)
        self.work.session.flush()
        audit.record_one(self.work, "equivalence", made.id, "add", kind=row.kind, code=row.code)
        return made

    def _end(self, row: Equivalence, until: date) -> None:
        row.until = until
        self.work.session.flush()
        audit.record_one(self.work, "equivalence", row.id, "end", until=until.isoformat())


def _read_kind(text: str) -> str:
    word = clean_word(text)
    for kind, name in KIND_NAMES.items():
        if word in (kind, name, name.removesuffix("比照")):
            return kind
    raise EQUIVALENCE_KIND_UNKNOWN.refused(given=mask_word(word))


def _overlap(known: Equivalence, row: EquivalenceRow) -> bool:
    return known.since <= (row.until or date.max) and row.since <= (known.until or date.max)
