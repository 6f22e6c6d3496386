"""Arrivals out of a card reader's file: all of its people are in or nobody, and every wrong row is named.

What the reader saw is held against the list as at the door itself: number, name and the end of the card. A
wrong card or name is kept with the exam like one shown at the door, and counts as a try, whether the file
was meant or only looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from sqlalchemy import select

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.bulk import among
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.spreadsheets import Cell, Column, Limits, cell_text
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people
from voucher.registry.importing.frame import Importer, ImportRefused, Report, import_file
from voucher.registry.importing.reading import Reading
from voucher.registry.tables import require_parameter_number
from voucher.rules.arrivals import (
    ARRIVAL_TO_COME,
    CARD_END_DIFFERS,
    NAME_DIFFERS,
    NOT_ON_LIST,
    SOURCE,
    ArrivalWay,
    check_card_end,
    check_reader_file_day,
    parse_arrival_time,
    parse_slip_number,
)
from voucher.rules.errors import Family, KeptRefused, Refusal, Refused, reason
from voucher.rules.privacy import mask_name
from voucher.rules.spelling import fold_spelling
from voucher.stages.assess.arrive import Came, count_wrong_cards, keep_refused, let_all_in, read_card_tries
from voucher.stages.assess.entries import find_taken_back
from voucher.stages.assess.examiners import check_may_begin
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.reading import (
    DOOR,
    NOT_EXAM_DAY,
    check_planned,
    list_batch_candidates,
    lock_own_batch,
)
from voucher.stages.assess.seating import list_seats
from voucher.stages.assess.staff import find_not_staff

NUMBER, SHOWN, NAME = "准考证号", "考生", "姓名"
LAST4, SEEN, SEAT = "证件号后四位", "到场时间", "座位号"
FILE_DAYS = "reader_file_days"
VOUCHER_LETTER = "Q"

ARRIVAL_ROW_TWICE = reason(
    "arrival_row_twice",
    "同一名考生在文件中出现两次",
    "一名考生一行，保留第一次读卡的一行",
    SOURCE,
    Family.CONFLICT,
)
ARRIVAL_SEAT_DIFFERS = reason(
    "arrival_seat_differs",
    "座位号与本场编排的不一致",
    "请对照座位表核对该考生是否坐错；没有排座位的，请删去“座位号”一列",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A candidate a card reader saw, and when."""

    candidate: Candidate
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file came to: its report, whom it lets in, and who of the list is not in after it."""

    report: Report
    let_in_ids: tuple[int, ...]
    missing_ids: tuple[int, ...]


class ReaderFileRefused(ImportRefused, KeptRefused):
    """The refusal of a whole file that shows somebody else's card: who that was stays written down."""


class ArrivalsImporter(Importer[Seen]):
    """Columns 准考证号 (or the number of the voucher), 姓名, 证件号后四位, 到场时间, 座位号 where given."""

    kind = "exam_arrivals"
    roles = DOOR
    batch_id: ClassVar[int]
    turned_away: ClassVar[list[tuple[Came, Refusal]]]
    let_in: ClassVar[list[int]]
    columns = (
        Column(NUMBER, alias=("准考证号或券号", "券号")),
        # what the sheet handed out says of each, masked; nothing is held against it
        Column(SHOWN, required=False),
        Column(NAME),
        Column(LAST4, alias=("证件后四位", "身份证后四位")),
        Column(SEEN, text=False),
        Column(SEAT, required=False, text=False, alias=("座位",)),
    )

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        batch = lock_own_batch(work, self.batch_id, *DOOR)
        _check_open(work, batch)
        self._batch = batch
        self._candidates = {each.id: each for each in list_batch_candidates(work.session, batch.id)}
        persons = [each.person_id for each in self._candidates.values()]
        self._named = people.read_people(work.session, work.keyring, persons)
        self._names = people.accepted_name_indexes(work.session, persons)
        self._vouchers = _number_vouchers(work, self._candidates.values())
        self._seats = {each.candidate_id: each.number for each in list_seats(work.session, batch.id)}
        self._wrong = count_wrong_cards(work, list(self._candidates))
        self._most = read_card_tries(work, batch)
        self._read: set[int] = set()

    def check(self, reading: Reading) -> Seen | None:
        """Return whom a row lets in, and when the reader saw them."""
        candidate = reading.words(NUMBER, self._recognise)
        name = reading.name(NAME)
        last4 = reading.words(LAST4, str)
        seen_at = reading.take(SEEN, self._read_time)
        seat = reading.take(SEAT, cell_text, required=False)
        if candidate is None:
            return None
        if candidate.id in self._read:
            # of a second row nothing is judged, or a file would be a list of guesses
            reading.refuse(NUMBER, ARRIVAL_ROW_TWICE.refusal())
            return None
        self._read.add(candidate.id)
        self._hold(reading, candidate, name, last4)
        if seat is not None and seat != str(self._seats.get(candidate.id)):
            reading.refuse(SEAT, ARRIVAL_SEAT_DIFFERS.refusal())
        return Seen(candidate, seen_at) if seen_at is not None else None

    def _recognise(self, text: str) -> Candidate:
        """Return whom a slip or a voucher names. Raises candidate_not_listed, slip_number_malformed."""
        folded = fold_spelling(text).upper()
        if folded.startswith(VOUCHER_LETTER):
            found = self._vouchers.get(folded)
        else:
            batch_id, candidate_id = parse_slip_number(text)
            found = self._candidates.get(candidate_id) if batch_id == self.batch_id else None
        if found is None:
            raise NOT_ON_LIST.refused()
        return found

    def _read_time(self, cell: Cell) -> datetime:
        """Return the moment a reader wrote down. Raises what `parse_arrival_time` does, arrival_to_come."""
        seen = parse_arrival_time(cell_text(cell), self._batch.exam_on)
        at = datetime.combine(self._batch.exam_on, seen, SHANGHAI)
        if at > self.work.at:
            raise ARRIVAL_TO_COME.refused(at=at.strftime("%Y-%m-%d %H:%M:%S"))
        return at

    def _hold(self, reading: Reading, candidate: Candidate, name: str | None, last4: str | None) -> None:
        """Hold name and end of the card against the candidate's; who differs is turned away."""
        came = Came(ArrivalWay.READER, candidate.id, candidate.voucher_id)
        if last4 is not None:
            named = self._named.get(candidate.person_id)
            try:
                check_card_end(
                    named.number if named else None, last4, self._wrong.get(candidate.id, 0), self._most
                )
            except Refused as refused:
                reading.refuse(LAST4, refused.refusal, _mask_all)
                if refused.refusal.code == CARD_END_DIFFERS.code:
                    self.turned_away.append((came, refused.refusal))
        accepted = self._names.get(candidate.person_id, frozenset())
        if name is not None and people.name_index_of(self.work.keyring, name) not in accepted:
            reading.refuse(NAME, NAME_DIFFERS.refusal(), mask_name)
            self.turned_away.append((came, NAME_DIFFERS.refusal()))

    def keep(self, piece: Sequence[tuple[int, Seen]]) -> None:
        """Let in whoever is not in yet, where the exam is theirs to sit."""
        fresh = []
        coming = [row.candidate for _, row in piece if row.candidate.admitted_at is None]
        not_staff = find_not_staff(self.work, self._batch, [each.person_id for each in coming])
        taken_back = find_taken_back(self.work, self._batch, coming)
        for line, row in piece:
            if row.candidate.admitted_at is not None:
                self.report.rows_unchanged += 1
                continue
            refused = not_staff.get(row.candidate.person_id) or taken_back.get(row.candidate.id)
            if refused is not None:
                self.report.refuse(line, NUMBER, "", refused.refusal)
            else:
                fresh.append(row)
        let_all_in(self.work, [(row.candidate, row.seen_at) for row in fresh], ArrivalWay.READER)
        self.let_in.extend(row.candidate.id for row in fresh)
        self.report.rows_added += len(fresh)


def take_reader_file(work: Work, batch_id: int, path: Path, *, limits: Limits, trial: bool = False) -> Taken:
    """Let in everybody a card reader's file names who is not in yet, or nobody where a row is wrong.

    With `trial` nobody is let in, but a wrong card is kept all the same: else a file would be a way to guess.
    Raises ReaderFileRefused where somebody else's card or name is in it, ImportRefused for any other wrong
    row; Refused role_missing, exam_batch_missing, exam_batch_closed, not_exam_day, reader_file_late,
    examiners_too_few, parameter_missing and whatever a file as a whole is refused for.
    """
    importing = _importer_for(batch_id)
    # what is locked before a savepoint stays locked when it is rolled back
    batch = lock_own_batch(work, batch_id, *DOOR)
    try:
        with work.session.begin_nested() as savepoint:
            report = import_file(work, importing, path, limits=limits)
            listed = list_batch_candidates(work.session, batch.id)
            missing = [each.id for each in listed if each.admitted_at is None]
            if trial:
                savepoint.rollback()
    except ImportRefused as refused:
        for came, refusal in importing.turned_away:
            keep_refused(work, batch_id, came, refusal)
        if not importing.turned_away:
            raise
        raise ReaderFileRefused(refused.report) from None
    return Taken(report, tuple(importing.let_in), tuple(missing))


def _importer_for(exam_batch_id: int) -> type[ArrivalsImporter]:
    class OfOneExam(ArrivalsImporter):
        """The arrivals of one exam."""

        batch_id = exam_batch_id
        turned_away: ClassVar[list[tuple[Came, Refusal]]] = []
        let_in: ClassVar[list[int]] = []

    return OfOneExam


def _check_open(work: Work, batch: ExamBatch) -> None:
    """Refuse a file for an exam that is over or to come.

    Raises Refused exam_batch_closed, not_exam_day, reader_file_late, examiners_too_few, parameter_missing.
    """
    check_planned(batch, "入场")
    if work.today < batch.exam_on:
        raise NOT_EXAM_DAY.refused(exam_on=batch.exam_on.isoformat())
    regions = catalogue.list_ancestry(work.session, batch.region_code)
    days = require_parameter_number(work.session, FILE_DAYS, batch.exam_on, regions)
    check_reader_file_day(batch.exam_on, work.today, days)
    check_may_begin(work.session, batch)


def _number_vouchers(work: Work, candidates: Iterable[Candidate]) -> dict[str, Candidate]:
    """Return candidates by the number of the voucher that pays for them."""
    paid = {each.voucher_id: each for each in candidates if each.voucher_id is not None}
    rows = work.session.scalars(select(Voucher).where(among(work.session, Voucher.id, list(paid))))
    return {fold_spelling(each.number).upper(): paid[each.id] for each in rows}


def _mask_all(text: str) -> str:
    """Return nothing of the end of a card but its length."""
    return "*" * min(len(text), 4)
