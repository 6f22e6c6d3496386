"""Whether what let somebody into an exam still stands, asked of the certificate that came of the exam.

Only places in contests and honours are asked for again: they are entered, and taken back, by the office.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.registry import catalogue
from voucher.registry.talents import competitions
from voucher.registry.talents.competitions import Held
from voucher.rules.competitions import ENTRY_CONTESTED, RECORDED_WAYS, Placed, check_still_recorded
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.entries import Entry, EntryWay
from voucher.rules.errors import Refusal, Refused
from voucher.stages.assess.entries import read_entries
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.models_examiners import CandidateEntry
from voucher.stages.assess.reading import find_counting_results

WAYS = tuple(str(each) for each in RECORDED_WAYS)
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Earned:
    """A certificate as its exam is found: whose it is, who issued it, for what, when; level 0 is none."""

    person_id: int
    institution_id: int
    trade_code: str
    level: int
    issued_on: date


@dataclass(frozen=True, slots=True)
class _Sat:
    """An exam somebody was listed for, the way in, and what came of it; neither passed nor failed is open."""

    institution_id: int
    trade_code: str
    exam_on: date
    entry: Entry | None
    passed: bool
    failed: bool
    carried: bool
    voucher_id: int | None


_Standing = tuple[Mapping[int, Sequence[Placed]], Mapping[int, Sequence[Held]]]


def find_entered_people(session: Session, person_ids: Sequence[int]) -> set[int]:
    """Return who of some people ever entered an exam on a place or an honour."""
    rows = session.scalars(
        select(Candidate.person_id)
        .join(CandidateEntry, CandidateEntry.candidate_id == Candidate.id)
        .where(among(session, Candidate.person_id, person_ids), CandidateEntry.way.in_(WAYS))
    )
    return set(rows)


def find_recorded_entries(
    session: Session, earned: Mapping[Key, Earned], act: str
) -> dict[Key, Refusal | None]:
    """Return, for every certificate whose exam was entered on a place or an honour, why that bars an act.

    None where it still stands; a certificate of any other exam, or of none here, is not among them.
    """
    recorded = RecordedEntries(session, [each.person_id for each in earned.values()], act)
    return {key: recorded.find_bar(each) for key, each in earned.items() if recorded.is_behind(each)}


class RecordedEntries:
    """What some people entered their exams on, each thing read once; `act` is what it may bar."""

    def __init__(self, session: Session, person_ids: Sequence[int], act: str) -> None:
        self._session, self._act = session, act
        self._people = sorted(find_entered_people(session, person_ids))
        self._sat = _list_sat(session, self._people) if self._people else {}
        self._aliases = catalogue.read_aliases(session) if self._sat else {}
        self._standing: dict[bool, _Standing] = {}

    def is_behind(self, earned: Earned) -> bool:
        """Return whether the exam of a certificate was entered on a place or an honour."""
        return bool(self._list_behind(earned))

    def find_bar(self, earned: Earned) -> Refusal | None:
        """Return why the way into the exam of a certificate bars the act; None if it does not."""
        for exam in self._list_behind(earned):
            told = self._check(earned.person_id, exam, contested=False)
            if told is not None:
                if self._check(earned.person_id, exam, contested=True) is not None:
                    return told
                is_place = exam.entry is not None and exam.entry.way is EntryWay.COMPETITION
                return ENTRY_CONTESTED.refusal(what="竞赛成绩" if is_place else "荣誉", act=self._act)
        return None

    def _check(self, person_id: int, exam: _Sat, *, contested: bool) -> Refusal | None:
        if contested not in self._standing:
            self._standing[contested] = (
                competitions.read_placed(self._session, self._people, contested=contested),
                competitions.list_held(self._session, self._people, date.max, contested=contested),
            )
        placed, held = self._standing[contested]
        honours = {each.honour for each in held.get(person_id, ()) if each.awarded_on <= exam.exam_on}
        try:
            check_still_recorded(
                exam.entry, exam.trade_code, exam.exam_on,
                placed.get(person_id, ()), honours, self._aliases, self._act,
            )  # fmt: skip
        except Refused as refused:
            return refused.refusal
        return None

    def _list_behind(self, earned: Earned) -> list[_Sat]:
        """Return the exams a certificate came of that were entered on a place or an honour."""
        exams = _choose_exams(earned, self._sat, self._aliases)
        return [each for each in exams if each.entry is not None and each.entry.way in RECORDED_WAYS]


def _list_sat(session: Session, person_ids: Sequence[int]) -> dict[tuple[int, int], list[_Sat]]:
    """Return the exams people were listed for, newest first, by person and level.

    One that is published and was not passed is no certificate's; of one that is not, nobody knows yet.
    """
    rows = session.execute(
        select(Candidate, ExamBatch)
        .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
        .where(among(session, Candidate.person_id, person_ids), ExamBatch.state != "cancelled")
        .order_by(ExamBatch.exam_on.desc(), ExamBatch.id.desc())
    ).all()
    ids = [candidate.id for candidate, _ in rows]
    entries, counting = read_entries(session, ids), find_counting_results(session, ids)
    found: dict[tuple[int, int], list[_Sat]] = {}
    for candidate, batch in rows:
        published = batch.state == "published"
        result = counting.get(candidate.id)
        carried = (
            candidate.carried_theory_hundredths,
            candidate.carried_skill_hundredths,
            candidate.carried_comprehensive_hundredths,
        )
        exam = _Sat(
            batch.institution_id,
            batch.trade_code,
            batch.exam_on,
            entries.get(candidate.id),
            passed=published and result is not None and result.passed,
            failed=published and (result is None or not result.passed),
            carried=any(each is not None for each in carried),
            voucher_id=candidate.voucher_id,
        )
        found.setdefault((candidate.person_id, batch.level), []).append(exam)
    return found


def _choose_exams(
    earned: Earned, sat: Mapping[tuple[int, int], Sequence[_Sat]], aliases: Mapping[str, str]
) -> list[_Sat]:
    """Return the exam a certificate came of, and those whose scores were brought along into it.

    It is the newest one passed at who issued it, up to the day of issue; where none is known to be, the
    newest not failed. Scores may be brought along from another house.
    """
    trade = canonical_occupation(earned.trade_code, aliases)
    before = [
        each
        for each in sat.get((earned.person_id, earned.level), ())
        if each.exam_on <= earned.issued_on and canonical_occupation(each.trade_code, aliases) == trade
    ]
    open_still = [each for each in before if each.institution_id == earned.institution_id and not each.failed]
    chosen = next((each for each in open_still if each.passed), next(iter(open_still), None))
    if chosen is None:
        return []
    behind = [chosen]
    for earlier in before[before.index(chosen) + 1 :]:
        if not behind[-1].carried:
            break
        if earlier.voucher_id == chosen.voucher_id:
            behind.append(earlier)
    return behind
