"""Scores out of a file: a row per candidate, all of them or none, and every row that is wrong is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from voucher.plumbing.spreadsheets import Column, cell_text
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.importing.frame import Importer, Report
from voucher.registry.importing.reading import Reading
from voucher.rules.assessment import COMPREHENSIVE as COMPREHENSIVE_SUBJECT
from voucher.rules.assessment import parse_score
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.scores import parse_score_mark
from voucher.stages.assess.models import Candidate
from voucher.stages.assess.reading import (
    CANDIDATE_MISSING,
    SOURCE,
    STAFF,
    find_newest_results,
    list_batch_candidates,
    lock_own_batch,
    read_arrival_needed,
    read_pass_marks,
)
from voucher.stages.assess.readings import (
    SKILL_NOT_ENTERED,
    SecondScore,
    check_second,
    enter_again,
    find_entered,
)
from voucher.stages.assess.results import enter_results
from voucher.stages.assess.scoring import Scores, check_scores

CANDIDATE, SHOWN, NAME = "考生编号", "考生", "姓名"
THEORY, SKILL, COMPREHENSIVE, MARK = "理论成绩", "技能成绩", "综合评审成绩", "标记"

SCORE_ROW_TWICE = reason(
    "score_row_twice",
    "同一名考生在文件中出现两次",
    "一名考生一行，请删去重复的一行",
    SOURCE,
    Family.CONFLICT,
)
SCORE_NAME_DIFFERS = reason(
    "score_name_differs",
    "姓名与该考生编号的考生不是同一人",
    "请核对考生编号是否错行；可在评价批次页面重新下载成绩登记表",
    SOURCE,
)


class ScoresImporter(Importer[Scores]):
    """Columns 考生编号, 理论成绩, 技能成绩, 综合评审成绩, 标记; 姓名 is held against the list where given."""

    kind = "exam_scores"
    roles = STAFF
    batch_id: ClassVar[int]
    is_second: ClassVar[bool] = False
    columns = (
        Column(CANDIDATE, text=False),
        Column(NAME, required=False),
        # what the sheet handed out says of each, masked; nothing is held against it
        Column(SHOWN, required=False),
        Column(THEORY, required=False, text=False),
        Column(SKILL, required=False, text=False),
        Column(COMPREHENSIVE, required=False, text=False, alias=("综合评审",)),
        Column(MARK, required=False),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        batch = lock_own_batch(work, self.batch_id, *STAFF)
        self._needed = read_arrival_needed(work.session, batch)
        self._marks = read_pass_marks(work.session, batch)
        self._candidates = {each.id: each for each in list_batch_candidates(work.session, batch.id)}
        persons = [each.person_id for each in self._candidates.values()]
        self._names = people.accepted_name_indexes(work.session, persons)
        self._newest = find_newest_results(work.session, self._candidates)
        self._seen: set[int] = set()

    def expects(self) -> tuple[Column, ...]:
        """Return the columns, of which an exam with a comprehensive review cannot do without that one.

        A file that never speaks of it would fail everybody, and erase what was entered before.
        """
        reviewed = COMPREHENSIVE_SUBJECT in self._marks
        return tuple(
            replace(each, required=True) if reviewed and each.name == COMPREHENSIVE else each
            for each in self.columns
        )

    def check(self, reading: Reading) -> Scores | None:
        """Return the scores a row states."""
        candidate = reading.take(CANDIDATE, lambda cell: self._read_candidate(cell_text(cell).strip()))
        theory = reading.take(THEORY, parse_score, required=False)
        comprehensive = reading.take(COMPREHENSIVE, parse_score, required=False)
        # whoever passed the practical exam before reads out the comprehensive review alone
        skill = reading.take(SKILL, parse_score, required=self.is_second and comprehensive is None)
        mark = reading.words(MARK, parse_score_mark, required=False)
        name = reading.name(NAME) if reading.text(NAME) else None
        if candidate is None or reading.problems:
            return None
        accepted = self._names[candidate.person_id]
        if name is not None and people.name_index_of(self.work.keyring, name) not in accepted:
            reading.refuse(NAME, SCORE_NAME_DIFFERS.refusal())
        if candidate.id in self._seen:
            reading.refuse(CANDIDATE, SCORE_ROW_TWICE.refusal())
        self._seen.add(candidate.id)
        row = Scores(candidate.id, theory, skill, mark, comprehensive)
        self._check_row(reading, candidate, row)
        return row

    def _read_candidate(self, text: str) -> Candidate:
        found = self._candidates.get(int(text)) if text.isascii() and text.isdigit() else None
        if found is None:
            raise CANDIDATE_MISSING.refused()
        return found

    def _check_row(self, reading: Reading, candidate: Candidate, row: Scores) -> None:
        try:
            if not self.is_second:
                check_scores(self._needed, candidate, row, self._marks)
            elif find_entered(candidate, self._newest.get(candidate.id)) is None:
                raise SKILL_NOT_ENTERED.refused()
            else:
                check_second(candidate, _second_of(row), self._marks)
        except Refused as refused:
            reading.refuse(CANDIDATE, refused.refusal)

    def keep(self, piece: Sequence[tuple[int, Scores]]) -> None:
        """Write the scores down as the first or the second entry."""
        if self.is_second:
            again = [_second_of(row) for _, row in piece]
            written = enter_again(self.work, self.batch_id, again).count
        else:
            written = enter_results(self.work, self.batch_id, [row for _, row in piece])
        self.report.rows_added += written
        self.report.rows_unchanged += len(piece) - written


def _second_of(row: Scores) -> SecondScore:
    return SecondScore(row.candidate_id, row.skill_hundredths, row.comprehensive_hundredths)


def importer_for(exam_batch_id: int, *, second: bool) -> type[ScoresImporter]:
    """Return the importer of one exam's scores, for the first or the second entry."""

    class OfOneExam(ScoresImporter):
        """The scores of one exam."""

        batch_id = exam_batch_id
        is_second = second

    return OfOneExam
