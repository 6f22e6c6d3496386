"""People without a voucher out of a file, each with the way in: all of them are listed or nobody is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, TypeVar

from voucher.plumbing.spreadsheets import Cell, Column, cell_text
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.importing.frame import Importer, Report
from voucher.registry.importing.reading import Reading
from voucher.registry.people import Newcomer
from voucher.registry.talents import ladder
from voucher.rules.actor import Role
from voucher.rules.competitions import ENTRY_HONOUR_UNRECORDED, ENTRY_RESULT_UNRECORDED
from voucher.rules.entries import (
    EDUCATION_NAMES,
    ENTRY_LEVEL_TOO_HIGH,
    ENTRY_PLACE_EARNS_NOTHING,
    ENTRY_SOURCE,
    ENTRY_WAY_NAMES,
    Entry,
    check_entry,
)
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.levels import clean_word, mask_word, parse_level
from voucher.rules.privacy import mask_identity
from voucher.stages.assess.entries import Direct, find_unrecorded, read_open_ways
from voucher.stages.assess.newcomers import CANDIDATE_NAME_DIFFERS
from voucher.stages.assess.plan import add_candidates
from voucher.stages.assess.reading import check_planned, lock_own_batch
from voucher.stages.assess.staff import find_not_staff

NAME, NUMBER, WAY, EVIDENCE, EDUCATION = "姓名", "证件号码", "申报条件", "依据", "学历"
YEARS, HELD, HELD_NUMBER, AWARD = "从业年数", "原证书等级", "原证书编号", "奖项"
COMPETITION, TEAM, PLACE = "赛事类别", "参赛人数", "名次"
WHOLE_MOST = 200
UNRECORDED = (
    ENTRY_RESULT_UNRECORDED.code,
    ENTRY_HONOUR_UNRECORDED.code,
    ENTRY_PLACE_EARNS_NOTHING.code,
    ENTRY_LEVEL_TOO_HIGH.code,
)
Word = TypeVar("Word", bound=StrEnum)

DIRECT_ROW_TWICE = reason(
    "direct_row_twice",
    "同一名考生在文件中出现两次",
    "一名考生一行，请删去重复的一行",
    ENTRY_SOURCE,
    Family.CONFLICT,
)
DIRECT_WORD_UNKNOWN = reason(
    "direct_word_unknown",
    "“{given}”不是规定的填写内容",
    "请填写以下之一：{accepted}",
    ENTRY_SOURCE,
)


class DirectImporter(Importer[Direct]):
    """Columns 姓名, 证件号码, 申报条件, 依据, and what the way asks for; an item asks for no way."""

    kind = "exam_entries"
    roles = (Role.EVALUATOR_ADMIN,)
    batch_id: ClassVar[int]
    columns = (
        Column(NAME),
        Column(NUMBER),
        Column(WAY, required=False),
        Column(EVIDENCE, required=False),
        Column(EDUCATION, required=False),
        Column(YEARS, required=False, text=False, alias=("从事本职业年数",)),
        Column(HELD, required=False),
        Column(HELD_NUMBER, required=False),
        Column(AWARD, required=False),
        Column(COMPETITION, required=False),
        Column(TEAM, required=False, text=False),
        Column(PLACE, required=False, text=False),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._batch = lock_own_batch(work, self.batch_id, Role.EVALUATOR_ADMIN)
        check_planned(self._batch, "增加考生")
        self._ways = read_open_ways(work.session, self._batch)
        placings = ladder.list_placings(work.session, None)
        self._competitions = {each.competition: each.name for each in placings}
        self._seen: set[str] = set()

    def check(self, reading: Reading) -> Direct | None:
        """Return whom a row lists, and by which way."""
        name, number = reading.name(NAME), reading.identity(NUMBER, self.work.today)
        way = reading.words(WAY, lambda text: _read(text, ENTRY_WAY_NAMES), required=False)
        education = reading.words(EDUCATION, lambda text: _read(text, EDUCATION_NAMES), required=False)
        held = reading.words(HELD, parse_level, required=False)
        award = reading.words(AWARD, lambda text: _read_code(text, self._ways.honours), required=False)
        competition = reading.words(
            COMPETITION, lambda text: _read_code(text, self._competitions), required=False
        )
        years, team, place = (
            reading.take(each, _read_whole, required=False) for each in (YEARS, TEAM, PLACE)
        )
        if name is None or number is None or reading.problems:
            return None
        entry = None
        if way is not None:
            entry = Entry(
                way, reading.text(EVIDENCE), education, years, int(held) if held is not None else None,
                reading.text(HELD_NUMBER) or None, award, competition, team, place,
            )  # fmt: skip
        try:
            check_entry(entry, self._batch.level, self._ways)
        except Refused as refused:
            reading.refuse(WAY, refused.refusal)
        if number in self._seen:
            reading.refuse(NUMBER, DIRECT_ROW_TWICE.refusal(), mask_identity)
        self._seen.add(number)
        return Direct(Newcomer(number, name), entry)

    def keep(self, piece: Sequence[tuple[int, Direct]]) -> None:
        """List everybody, where nobody's name, place of work or earlier exam speaks against it."""
        opened = people.open_people(self.work, [row.person for _, row in piece])
        ids = [opened[people.index_of(self.work.keyring, row.person.number)] for _, row in piece]
        accepted = people.accepted_name_indexes(self.work.session, ids)
        entries = {person_id: row.entry for (_, row), person_id in zip(piece, ids, strict=True)}
        barred = {
            **find_not_staff(self.work, self._batch, ids),
            **find_unrecorded(self.work, self._batch, entries, self._ways),
        }
        for (line, row), person_id in zip(piece, ids, strict=True):
            shown = mask_identity(row.person.number)
            if people.name_index_of(self.work.keyring, row.person.name) not in accepted[person_id]:
                self.report.refuse(line, NAME, shown, CANDIDATE_NAME_DIFFERS.refusal())
                continue
            if person_id in barred:
                refusal = barred[person_id].refusal
                column = WAY if refusal.code in UNRECORDED else NUMBER
                self.report.refuse(line, column, shown, refusal)
        if not self.report.rows_refused:
            made = add_candidates(self.work, self._batch.id, [], [row for _, row in piece])
            self.report.rows_added += len(made)


def importer_for(exam_batch_id: int) -> type[DirectImporter]:
    """Return the importer of one exam's people without a voucher."""

    class OfOneExam(DirectImporter):
        """The people of one exam."""

        batch_id = exam_batch_id

    return OfOneExam


def _read(text: str, names: Mapping[Word, str]) -> Word:
    word = clean_word(text)
    for each, name in names.items():
        if word in (clean_word(name), str(each)):
            return each
    raise DIRECT_WORD_UNKNOWN.refused(given=mask_word(word), accepted="、".join(names.values()))


def _read_code(text: str, names: Mapping[str, str]) -> str:
    word = clean_word(text)
    for code, name in names.items():
        if word in (clean_word(name), code):
            return code
    raise DIRECT_WORD_UNKNOWN.refused(given=mask_word(word), accepted="、".join(names.values()))


def _read_whole(cell: Cell) -> int:
    word = clean_word(cell_text(cell)).removesuffix("年").removesuffix("名").removeprefix("第")
    if not (word.isascii() and word.isdigit() and int(word) <= WHOLE_MOST):
        raise DIRECT_WORD_UNKNOWN.refused(given=mask_word(word), accepted="整数，例如 6")
    return int(word)
