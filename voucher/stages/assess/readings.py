"""The second entry of practical scores: by another person, who sees the first only when both are in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.bulk import write_many
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.rules.assessment import FULL_SCORE_HUNDREDTHS, SCORE_MALFORMED
from voucher.rules.errors import Family, reason
from voucher.rules.scores import (
    TWICE_SOURCE,
    Entered,
    TwiceRead,
    check_other_reader,
    judge_twice_read,
)
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult, SkillReading
from voucher.stages.assess.reading import (
    CANDIDATE_MISSING,
    STAFF,
    check_planned,
    find_newest_results,
    list_batch_candidates,
    lock_own_batch,
)

SKILL_NOT_ENTERED = reason(
    "skill_not_entered",
    "该考生还没有第一遍技能成绩，不能录入第二遍",
    "请先由一人录入第一遍；缺考、作弊和免考技能的考生不录第二遍",
    TWICE_SOURCE,
    Family.CONFLICT,
)
SECOND_ENTRY_NOT_ASKED = reason(
    "second_entry_not_asked",
    "本批次的技能成绩只录一遍，不需要第二遍",
    "请直接核对后公布",
    TWICE_SOURCE,
    Family.CONFLICT,
)
LOOKUP_CHUNK = 500


@dataclass(frozen=True, slots=True)
class SecondScore:
    """A practical score as the second person reads it from the sheet, in hundredths of a point."""

    candidate_id: int
    skill_hundredths: int


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """How many second entries were new, and whose two entries differ."""

    count: int
    differing: tuple[int, ...]


def enter_again(work: Work, batch_id: int, rows: Sequence[SecondScore]) -> ReadAgain:
    """Write down practical scores a second time, by another person than the first.

    Raises Refused role_missing, exam_batch_missing, exam_batch_closed, second_entry_not_asked,
    candidate_missing, skill_not_entered, second_reader_needed, score_malformed, parameter_missing.
    """
    batch = lock_own_batch(work, batch_id, *STAFF)
    check_planned(batch, "录入成绩")
    if read_entries_needed(work.session, batch) < 2:
        raise SECOND_ENTRY_NOT_ASKED.refused()
    candidates = {each.id: each for each in list_batch_candidates(work.session, batch.id)}
    newest = find_newest_results(work.session, candidates)
    mine = {
        each.candidate_id: each.skill_hundredths
        for each in _list_readings(work.session, candidates)
        if each.entered_by_person_id == work.actor.person_id
    }
    made: list[tuple[int, int]] = []
    for row in rows:
        candidate = candidates.get(row.candidate_id)
        if candidate is None:
            raise CANDIDATE_MISSING.refused()
        first = find_entered(candidate, newest.get(candidate.id))
        if first is None:
            raise SKILL_NOT_ENTERED.refused()
        check_other_reader(first.person_id, work.actor.person_id)
        if not 0 <= row.skill_hundredths <= FULL_SCORE_HUNDREDTHS:
            raise SCORE_MALFORMED.refused()
        if mine.get(candidate.id) == row.skill_hundredths:
            continue
        mine[candidate.id] = row.skill_hundredths
        made.append((candidate.id, row.skill_hundredths))
    same = {"entered_by_person_id": work.actor.person_id, "entered_at": work.at}
    write_many(work.session, SkillReading, ("candidate_id", "skill_hundredths"), made, same)
    audit.record(work, [audit.Entry("candidate", each, "enter_again", {}) for each, _ in made])
    standings = read_twice(work.session, batch, list(candidates.values()))
    wrong = (each for each, (standing, _) in standings.items() if standing is TwiceRead.DIFFERENT)
    return ReadAgain(len(made), tuple(sorted(wrong)))


def find_entered(candidate: Candidate, result: ExamResult | None) -> Entered | None:
    """Return the practical score that was sat and entered; None where there is none or it was carried."""
    if result is None or result.skill_hundredths is None or candidate.carried_skill_hundredths is not None:
        return None
    return Entered(result.entered_by_person_id, result.skill_hundredths)


def read_entries_needed(session: Session, batch: ExamBatch) -> int:
    """Return how often a practical score is entered on the day of the exam. Raises parameter_missing."""
    regions = catalogue.list_ancestry(session, batch.region_code)
    return tables.read_parameter_number(session, "skill_entries", batch.exam_on, regions) or 1


def read_twice(
    session: Session, batch: ExamBatch, candidates: Sequence[Candidate]
) -> dict[int, tuple[TwiceRead, Entered | None]]:
    """Return by candidate how the second entry stands and the one that counts.

    Raises parameter_missing.
    """
    needed = read_entries_needed(session, batch)
    newest = find_newest_results(session, [each.id for each in candidates])
    others = read_others(session, [each.id for each in candidates])
    found: dict[int, tuple[TwiceRead, Entered | None]] = {}
    for each in candidates:
        first, again = find_entered(each, newest.get(each.id)), others.get(each.id, [])
        foreign = [one for one in again if first is not None and one.person_id != first.person_id]
        found[each.id] = judge_twice_read(needed, first, again), foreign[-1] if foreign else None
    return found


def read_others(session: Session, candidate_ids: Iterable[int]) -> Mapping[int, list[Entered]]:
    """Return every second entry by candidate, oldest first."""
    found: dict[int, list[Entered]] = {}
    for each in _list_readings(session, candidate_ids):
        found.setdefault(each.candidate_id, []).append(
            Entered(each.entered_by_person_id, each.skill_hundredths)
        )
    return found


def _list_readings(session: Session, candidate_ids: Iterable[int]) -> list[SkillReading]:
    ordered = sorted(set(candidate_ids))
    found: list[SkillReading] = []
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        query = select(SkillReading).where(
            SkillReading.candidate_id.in_(ordered[start : start + LOOKUP_CHUNK])
        )
        found += session.scalars(query.order_by(SkillReading.id))
    return found
