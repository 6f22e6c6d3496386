"""The second entry of what is judged by hand: by another person, who sees the first only when both are in.

That is the practical score, and that of the comprehensive review where an exam asks for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.bulk import write_many
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.registry.second_hands import check_second_hand
from voucher.rules.assessment import (
    COMPREHENSIVE,
    COMPREHENSIVE_NOT_ASKED,
    FULL_SCORE_HUNDREDTHS,
    SCORE_MALFORMED,
    SKILL,
)
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
    read_pass_marks,
)
from voucher.stages.assess.scoring import check_carried, list_carried

SKILL_NOT_ENTERED = reason(
    "skill_not_entered",
    "该考生还没有第一遍技能（综合评审）成绩，不能录入第二遍",
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
    """What the second person reads from the sheet, in hundredths of a point; empty where there is none."""

    candidate_id: int
    skill_hundredths: int | None
    comprehensive_hundredths: int | None = None


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """How many second entries were new, and whose two entries differ."""

    count: int
    differing: tuple[int, ...]


def enter_again(work: Work, batch_id: int, rows: Sequence[SecondScore]) -> ReadAgain:
    """Write down practical and comprehensive scores a second time, by another person than the first.

    Raises Refused role_missing, exam_batch_missing, exam_batch_closed, second_entry_not_asked,
    candidate_missing, skill_not_entered, second_reader_needed, score_malformed, comprehensive_not_asked,
    subject_carried, parameter_missing and what `check_second_hand` refuses.
    """
    batch = lock_own_batch(work, batch_id, *STAFF)
    check_planned(batch, "录入成绩")
    if read_entries_needed(work.session, batch) < 2:
        raise SECOND_ENTRY_NOT_ASKED.refused()
    candidates = {each.id: each for each in list_batch_candidates(work.session, batch.id)}
    newest = find_newest_results(work.session, candidates)
    pass_marks = read_pass_marks(work.session, batch)
    mine = {
        each.candidate_id: (each.skill_hundredths, each.comprehensive_hundredths)
        for each in _list_readings(work.session, candidates)
        if each.entered_by_person_id == work.actor.person_id
    }
    made: list[tuple[int, int | None, int | None]] = []
    apart: set[int] = set()
    for row in rows:
        candidate = candidates.get(row.candidate_id)
        if candidate is None:
            raise CANDIDATE_MISSING.refused()
        first = find_entered(candidate, newest.get(candidate.id))
        if first is None:
            raise SKILL_NOT_ENTERED.refused()
        check_other_reader(first.person_id, work.actor.person_id)
        if first.person_id not in apart:
            check_second_hand(work, first.person_id)
            apart.add(first.person_id)
        told = check_second(candidate, row, pass_marks)
        if mine.get(candidate.id) == told:
            continue
        mine[candidate.id] = told
        made.append((candidate.id, *told))
    same = {"entered_by_person_id": work.actor.person_id, "entered_at": work.at}
    columns = ("candidate_id", "skill_hundredths", "comprehensive_hundredths")
    write_many(work.session, SkillReading, columns, made, same)
    audit.record(work, [audit.Entry("candidate", each, "enter_again", {}) for each, *_ in made])
    standings = read_twice(work.session, batch, list(candidates.values()))
    wrong = (each for each, (standing, _) in standings.items() if standing is TwiceRead.DIFFERENT)
    return ReadAgain(len(made), tuple(sorted(wrong)))


def check_second(
    candidate: Candidate, row: SecondScore, pass_marks: Mapping[str, int]
) -> tuple[int | None, int | None]:
    """Return what was read, with what a retake brings along, held to what the first entry is held to.

    Raises Refused score_malformed, comprehensive_not_asked, subject_carried.
    """
    given = (row.skill_hundredths, row.comprehensive_hundredths)
    if given == (None, None) or any(
        each is not None and not 0 <= each <= FULL_SCORE_HUNDREDTHS for each in given
    ):
        raise SCORE_MALFORMED.refused()
    if given[1] is not None and COMPREHENSIVE not in pass_marks:
        raise COMPREHENSIVE_NOT_ASKED.refused()
    _, skill, comprehensive = list_carried(candidate, pass_marks)
    check_carried(SKILL, given[0], skill)
    check_carried(COMPREHENSIVE, given[1], comprehensive)
    return (
        given[0] if skill is None else skill,
        given[1] if comprehensive is None else comprehensive,
    )


def find_entered(candidate: Candidate, result: ExamResult | None) -> Entered | None:
    """Return what was judged by hand and entered; None where nothing was, or all of it was carried."""
    if result is None:
        return None
    skill, comprehensive = result.skill_hundredths, result.comprehensive_hundredths
    if (skill is None or candidate.carried_skill_hundredths is not None) and (
        comprehensive is None or candidate.carried_comprehensive_hundredths is not None
    ):
        return None
    return Entered(result.entered_by_person_id, skill, comprehensive)


def read_entries_needed(session: Session, batch: ExamBatch) -> int:
    """Return how often what is judged by hand is entered on the day of the exam. Raises parameter_missing."""
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
            Entered(each.entered_by_person_id, each.skill_hundredths, each.comprehensive_hundredths)
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
