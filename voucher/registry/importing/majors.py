"""Majors and the occupations they lead to, and which school offers which major, out of two files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Cell, Column, cell_text
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.evaluators import SINCE, TRADE, UNTIL, Trades
from voucher.registry.importing.frame import Importer, Report
from voucher.registry.importing.institutions import clean_title
from voucher.registry.importing.places import find_foreign
from voucher.registry.importing.reading import Reading
from voucher.registry.institutions import INSTITUTION_MISSING, Institution
from voucher.registry.majors import MajorOccupation, SchoolMajor
from voucher.rules.actor import Role
from voucher.rules.errors import reason
from voucher.rules.evaluators import SOURCE
from voucher.rules.levels import clean_word, mask_code

MAJOR, NAME, DOCUMENT, CODE = "专业代码", "专业名称", "文件", "统一社会信用代码"
_MAJOR_SHAPE = re.compile(r"[0-9A-Z]{4,8}")

MAJOR_CODE_MALFORMED = reason(
    "major_code_malformed",
    "专业代码 {given} 格式不正确：应为 4 至 8 位数字或字母",
    "请按职业教育专业目录填写专业代码，如 660104",
    SOURCE,
)
MAJOR_UNKNOWN = reason(
    "major_unknown",
    "专业对应表中没有专业代码 {code}",
    "请先导入专业对应表（voucher import majors），或改正专业代码",
    SOURCE,
)


@dataclass(frozen=True, slots=True)
class MajorRow:
    """One occupation a major leads to, as a file states it."""

    major_code: str
    major_name: str
    occupation_code: str
    since: date
    until: date | None
    document: str


@dataclass(frozen=True, slots=True)
class SchoolMajorRow:
    """One major a school offers, as a file states it."""

    code: str
    major_code: str
    since: date
    until: date | None


def read_major(cell: Cell) -> str:
    """Return a major's code. Raises major_code_malformed."""
    code = clean_word(cell_text(cell)).upper()
    if not _MAJOR_SHAPE.fullmatch(code):
        raise MAJOR_CODE_MALFORMED.refused(given=mask_code(code))
    return code


class MajorsImporter(Importer[MajorRow]):
    """Columns 专业代码, 专业名称, 职业编码, 有效期起, 有效期止, 文件."""

    kind = "majors"
    roles = (Role.OPERATOR, Role.OFFICER_PROVINCE)
    columns = (
        Column(MAJOR, text=False),
        Column(NAME),
        Column(TRADE),
        Column(SINCE),
        Column(UNTIL, required=False),
        Column(DOCUMENT, alias=("文号",)),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._trades = Trades(work)
        self._known = {
            (each.major_code, each.occupation_code, each.since): each
            for each in work.session.scalars(select(MajorOccupation))
        }

    def check(self, reading: Reading) -> MajorRow | None:
        """Return the pair a row states."""
        major, name = reading.take(MAJOR, read_major), reading.words(NAME, clean_title)
        trade, document = (
            reading.words(TRADE, self._trades.read_occupation),
            reading.words(DOCUMENT, str.strip),
        )
        since, until = reading.period(SINCE, UNTIL)
        if major is None or name is None or trade is None or document is None or since is None:
            return None
        return MajorRow(major, name, trade, since, until, document)

    def keep(self, piece: Sequence[tuple[int, MajorRow]]) -> None:
        """Add new pairs; of one that stands only its last day may change."""
        for _, row in piece:
            key = (row.major_code, row.occupation_code, row.since)
            found = self._known.get(key)
            if found is None:
                made = MajorOccupation(
                    major_code=row.major_code,
                    major_name=row.major_name,
                    occupation_code=row.occupation_code,
                    since=row.since,
                    until=row.until,
                    document=row.document,
                )
                self.work.session.add(made)
                self._known[key] = made
                self.report.rows_added += 1
            elif found.until != row.until:
                found.until = row.until
                self.report.rows_changed += 1
            else:
                self.report.rows_unchanged += 1
        self.work.session.flush()


class SchoolMajorsImporter(Importer[SchoolMajorRow]):
    """Columns 统一社会信用代码, 专业代码, 有效期起, 有效期止; school and major must be known."""

    kind = "school-majors"
    columns = (
        Column(CODE),
        Column(MAJOR, text=False),
        Column(SINCE, alias=("开设日期",)),
        Column(UNTIL, required=False, alias=("停办日期",)),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._majors = frozenset(work.session.scalars(select(MajorOccupation.major_code)))

    def check(self, reading: Reading) -> SchoolMajorRow | None:
        """Return the major a row says a school offers."""
        code, major = reading.organisation(CODE), reading.take(MAJOR, read_major)
        since, until = reading.period(SINCE, UNTIL)
        if major is not None and major not in self._majors:
            reading.refuse(MAJOR, MAJOR_UNKNOWN.refusal(code=major))
        if code is None or major is None or since is None:
            return None
        return SchoolMajorRow(code, major, since, until)

    def keep(self, piece: Sequence[tuple[int, SchoolMajorRow]]) -> None:
        """Add what a known school newly offers; of what stands only the last day may change."""
        codes = sorted({row.code for _, row in piece})
        schools = {
            each.code: each
            for each in self.work.session.scalars(select(Institution).where(Institution.code.in_(codes)))
        }
        known = {
            (each.institution_id, each.major_code, each.since): each
            for each in self.work.session.scalars(
                select(SchoolMajor).where(SchoolMajor.institution_id.in_([s.id for s in schools.values()]))
            )
        }
        for line, row in piece:
            school = schools.get(row.code)
            if school is None:
                self.report.refuse(line, CODE, row.code, INSTITUTION_MISSING.refusal(code=row.code))
                continue
            foreign = find_foreign(self.work.actor, school.region_code, self.roles)
            if foreign is not None:
                self.report.refuse(line, CODE, row.code, foreign)
                continue
            self._enter(known, school.id, row)
        self.work.session.flush()

    def _enter(
        self, known: dict[tuple[int, str, date], SchoolMajor], institution_id: int, row: SchoolMajorRow
    ) -> None:
        key = (institution_id, row.major_code, row.since)
        found = known.get(key)
        if found is not None and found.until == row.until:
            self.report.rows_unchanged += 1
            return
        if found is None:
            known[key] = made = SchoolMajor(
                institution_id=institution_id, major_code=row.major_code, since=row.since, until=row.until
            )
            self.work.session.add(made)
            self.report.rows_added += 1
        else:
            found.until = row.until
            self.report.rows_changed += 1
        audit.record_one(self.work, "institution", institution_id, "offer_major", major=row.major_code)
