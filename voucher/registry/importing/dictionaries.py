"""Words of the dated dictionaries out of a file: a newer word of a code ends the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Column
from voucher.plumbing.unit_of_work import Work
from voucher.registry.dictionaries import DictionaryEntry
from voucher.registry.importing.frame import Importer, Report
from voucher.registry.importing.institutions import clean_title
from voucher.registry.importing.reading import Reading
from voucher.rules.actor import Role
from voucher.rules.dictionaries import (
    CODE_SHAPE,
    DICTIONARY_NAMES,
    SOURCE,
    WORD_CODE_MALFORMED,
    Dictionary,
    check_ruled,
    read_dictionary,
)
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.levels import clean_word, mask_code

DICTIONARY, CODE, NAME, DOCUMENT = "字典", "代码", "名称", "文件"
SINCE, UNTIL, EVIDENCE = "起始日期", "截止日期", "依据"
DAY = timedelta(days=1)

WORD_OVERLAPS = reason(
    "word_overlaps",
    "{dictionary}中的“{code}”在这些日期已另有登记（{since}起）",
    "同一代码的各段日期不能重叠：请先填写原词的截止日期，或改正起始日期",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class WordRow:
    """A word as a file states it, in canonical form."""

    dictionary: str
    code: str
    name: str
    document: str | None
    since: date
    until: date | None
    source: str


def read_code(text: str) -> str:
    """Return the code of a word. Raises word_code_malformed."""
    code = clean_word(text)
    if not CODE_SHAPE.fullmatch(code):
        raise WORD_CODE_MALFORMED.refused(given=mask_code(code[:40]))
    return code


class DictionariesImporter(Importer[WordRow]):
    """Columns 字典, 代码, 名称, 文件, 起始日期, 截止日期, 依据."""

    kind = "dictionaries"
    roles = (Role.OPERATOR, Role.OFFICER_PROVINCE)
    columns = (
        Column(DICTIONARY, alias=("dictionary",)),
        Column(CODE, alias=("code",)),
        Column(NAME, alias=("name",)),
        Column(DOCUMENT, required=False, alias=("document", "文号")),
        Column(SINCE, alias=("since", "有效期起")),
        Column(UNTIL, required=False, alias=("until", "有效期止")),
        Column(EVIDENCE, alias=("source", "来源")),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._known: dict[tuple[str, str], list[DictionaryEntry]] = {}
        for row in work.session.scalars(select(DictionaryEntry).order_by(DictionaryEntry.since)):
            self._known.setdefault((row.dictionary, row.code), []).append(row)

    def check(self, reading: Reading) -> WordRow | None:
        """Return the word a row states."""
        dictionary = reading.words(DICTIONARY, read_dictionary)
        code, name = reading.words(CODE, read_code), reading.words(NAME, clean_title)
        source = reading.words(EVIDENCE, str.strip)
        since, until = reading.period(SINCE, UNTIL)
        if dictionary is None or code is None or name is None or since is None or source is None:
            return None
        try:
            check_ruled(dictionary, code, name)
        except Refused as refused:
            reading.refuse(CODE, refused.refusal)
        return WordRow(str(dictionary), code, name, reading.text(DOCUMENT) or None, since, until, source)

    def keep(self, piece: Sequence[tuple[int, WordRow]]) -> None:
        """Add new words, ending the one in force before them, and bring known ones up to the file."""
        for line, row in piece:
            words = self._known.setdefault((row.dictionary, row.code), [])
            known = next((word for word in words if word.since == row.since), None)
            before = next((word for word in words if word.since < row.since and word.until is None), None)
            others = [word for word in words if word is not known and word is not before]
            clashing = next((word for word in others if _overlap(word, row)), None)
            if clashing is not None:
                told = WORD_OVERLAPS.refusal(
                    dictionary=DICTIONARY_NAMES[Dictionary(row.dictionary)],
                    code=row.code,
                    since=clashing.since.isoformat(),
                )
                self.report.refuse(line, SINCE, row.since.isoformat(), told)
                continue
            if before is not None:
                self._change(before, {"until": row.since - DAY})
            if known is None:
                words.append(self._add(row))
                self.report.rows_added += 1
            else:
                self._update(known, row)

    def _add(self, row: WordRow) -> DictionaryEntry:
        entry = DictionaryEntry(**asdict(row))
        self.work.session.add(entry)
        self.work.session.flush()
        audit.record_one(
            self.work, "dictionary_entry", entry.id, "add", dictionary=row.dictionary, code=row.code
        )
        return entry

    def _update(self, known: DictionaryEntry, row: WordRow) -> None:
        change = {
            name: value
            for name, value in asdict(row).items()
            # What the file leaves empty stays as it was recorded.
            if value is not None and value != getattr(known, name)
        }
        if change:
            self._change(known, change)
            self.report.rows_changed += 1
        else:
            self.report.rows_unchanged += 1

    def _change(self, entry: DictionaryEntry, change: dict[str, object]) -> None:
        for name, value in change.items():
            setattr(entry, name, value)
        self.work.session.flush()
        told = {
            name: value.isoformat() if isinstance(value, date) else value for name, value in change.items()
        }
        audit.record_one(self.work, "dictionary_entry", entry.id, "change", **told)


def _overlap(word: DictionaryEntry, row: WordRow) -> bool:
    return word.since <= (row.until or date.max) and row.since <= (word.until or date.max)
