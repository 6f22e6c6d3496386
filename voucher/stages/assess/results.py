"""Results of an exam: entered by two people, published by a third.

Scores are never changed: what replaces them is the next revision, and a revision counts once a second
person has agreed to it, at publication or to the correction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voucher.ledger import audit, holds, states
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import Voucher, advance, lock_vouchers
from voucher.plumbing.bulk import write_many
from voucher.plumbing.constraints import CHANGED_MEANWHILE
from voucher.plumbing.unit_of_work import Work
from voucher.registry.second_hands import check_second_hand
from voucher.rules.actor import Role
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.scores import ScoreMark, check_twice_read
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult
from voucher.stages.assess.reading import (
    CANDIDATE_MISSING,
    SOURCE,
    STAFF,
    check_planned,
    find_newest_results,
    list_batch_candidates,
    lock_own_batch,
    read_arrival_needed,
    read_pass_marks,
)
from voucher.stages.assess.readings import read_others, read_twice
from voucher.stages.assess.scoring import (
    Scores,
    Told,
    check_scores,
    is_judged_before,
    passes,
    says_the_same,
    scores_of,
)

BEFORE_PUBLICATION = "公布前更正"
# a refusal names so many candidates; whoever has dealt with them is told the next ones
NAMED_MOST = 20


RESULTS_MISSING = reason(
    "results_missing",
    "本批次还没有录入任何成绩",
    "请先录入成绩再公布；无人参加考试的，请取消本批次",
    SOURCE,
    Family.CONFLICT,
)
JUDGED_BEFORE = reason(
    "results_judged_before",
    "有 {count} 名考生的成绩是按原来的科目或合格线判定的，不能公布",
    "请重新录入考生编号 {candidates} 的成绩：补录缺少的科目，不再考的科目（如综合评审）留空，"
    "系统按考试当天的科目和合格线重新判定；不是第一遍录入人的，请用表格导入第一遍",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Published:
    """How many passed, failed and were absent; `held` are the vouchers a hold keeps from passing."""

    passed: int
    failed: int
    absent: int
    held: tuple[int, ...]


def enter_results(work: Work, batch_id: int, rows: Sequence[Scores]) -> int:
    """Write down scores before publication and return how many were new or changed.

    Raises Refused role_missing, exam_batch_missing, exam_batch_closed, candidate_missing,
    candidate_not_admitted, result_empty, score_malformed, score_mark_with_scores, subject_carried,
    comprehensive_not_asked, comprehensive_untold, parameter_missing.
    """
    batch = lock_own_batch(work, batch_id, *STAFF)
    check_planned(batch, "录入成绩")
    candidates = {each.id: each for each in list_batch_candidates(work.session, batch.id)}
    newest = find_newest_results(work.session, candidates)
    pass_marks = read_pass_marks(work.session, batch)
    needs_arrival = read_arrival_needed(work.session, batch)
    made: list[ExamResult] = []
    for row in rows:
        candidate = candidates.get(row.candidate_id)
        if candidate is None:
            raise CANDIDATE_MISSING.refused()
        before = newest.get(candidate.id)
        if before is not None and says_the_same(batch, candidate, row, before, pass_marks):
            continue
        told = check_scores(needs_arrival, candidate, row, pass_marks)
        made.append(_judge(work, batch, row, told, before, BEFORE_PUBLICATION, pass_marks))
        newest[candidate.id] = made[-1]
    if made:
        batch.entered_by_person_id = work.actor.person_id
        work.session.flush()
        _write_many(work, made)
    return len(made)


def write_result(
    work: Work,
    batch: ExamBatch,
    candidate: Candidate,
    row: Scores,
    before: ExamResult | None,
    why: str,
    *,
    pass_marks: Mapping[str, int],
    needs_arrival: bool,
) -> ExamResult:
    """Write the next revision of a candidate's scores and return it; the batch's day says the keywords."""
    told = check_scores(needs_arrival, candidate, row, pass_marks)
    made = _judge(work, batch, row, told, before, why, pass_marks)
    work.session.add(made)
    work.session.flush()
    audit.record(work, [_told(made)])
    return made


def _judge(
    work: Work,
    batch: ExamBatch,
    row: Scores,
    told: Told,
    before: ExamResult | None,
    why: str,
    pass_marks: Mapping[str, int],
) -> ExamResult:
    theory, skill, comprehensive = told
    return ExamResult(
        candidate_id=row.candidate_id,
        revision=before.revision + 1 if before is not None else 1,
        theory_hundredths=theory,
        skill_hundredths=skill,
        comprehensive_hundredths=comprehensive,
        mark=str(row.mark) if row.mark is not None else None,
        passed=passes(batch, told, pass_marks),
        why=why if before is not None or batch.state == "published" else None,
        entered_by_person_id=work.actor.person_id,
        entered_at=work.at,
    )


def _write_many(work: Work, made: Sequence[ExamResult]) -> None:
    """Keep revisions nobody needs to hold, with their audit rows, all at once."""
    scored = ("theory_hundredths", "skill_hundredths", "comprehensive_hundredths")
    columns = ("candidate_id", "revision", *scored, "passed", "why", "mark")
    rows = [
        (
            *(each.candidate_id, each.revision, *scores_of(each)),
            *(int(each.passed), each.why, each.mark),
        )
        for each in made
    ]
    same = {"entered_by_person_id": work.actor.person_id, "entered_at": work.at}
    write_many(work.session, ExamResult, columns, rows, same)
    audit.record(work, [_told(each) for each in made])


def _told(made: ExamResult) -> audit.Entry:
    told = {"revision": made.revision, "passed": made.passed}
    return audit.Entry("candidate", made.candidate_id, "enter_result", told)


def publish(work: Work, batch_id: int) -> Published:
    """Publish what others entered: those who passed are assessed, all others stay where they are.

    A voucher on hold does not pass and stops nobody else; `pass_due` passes it when the hold is closed.
    Raises Refused role_missing, exam_batch_missing, event_not_allowed, results_missing,
    skill_read_once, skill_readings_differ, results_judged_before, changed_meanwhile, parameter_missing and
    what `check_second_hand` refuses of anybody who entered.
    """
    locked = _lock_vouchers_of(work, batch_id)
    batch = lock_own_batch(work, batch_id, Role.EVALUATOR_ADMIN)
    check_event(Thing.EXAM_BATCH, batch.state, "publish")
    candidates = list_batch_candidates(work.session, batch.id)
    if any(each.voucher_id is not None and each.voucher_id not in locked for each in candidates):
        raise CHANGED_MEANWHILE.refused()  # somebody was listed while the vouchers were being locked
    results = find_newest_results(work.session, [each.id for each in candidates])
    if not results or batch.entered_by_person_id is None:
        raise RESULTS_MISSING.refused()
    standings = read_twice(work.session, batch, candidates)
    check_twice_read([standing for standing, _ in standings.values()])
    marks = read_pass_marks(work.session, batch)
    if stale := [one for one, each in results.items() if is_judged_before(batch, each, marks)]:
        shown = "、".join(str(each) for each in sorted(stale)[:NAMED_MOST])
        raise JUDGED_BEFORE.refused(
            count=len(stale), candidates=shown + ("等" if len(stale) > NAMED_MOST else "")
        )
    again = read_others(work.session, [each.id for each in candidates]).values()
    hands = {each.person_id for entries in again for each in entries}
    hands |= {each.entered_by_person_id for each in results.values()}
    for person_id in sorted(hands | {batch.entered_by_person_id}):
        check_second_hand(work, person_id)
    for each in results.values():
        each.confirmed_by_person_id, each.confirmed_at = work.actor.person_id, work.at
    batch.published_by_person_id, batch.published_at = work.actor.person_id, work.at
    work.session.flush()
    states.move(work, ExamBatch, [batch], "publish")
    passed = [each for each in candidates if each.id in results and results[each.id].passed]
    held = pass_vouchers(work, [locked[each.voucher_id] for each in passed if each.voucher_id is not None])
    sat = sum(1 for each in results.values() if each.mark != ScoreMark.ABSENT)
    return Published(len(passed), sat - len(passed), len(candidates) - sat, held)


def _lock_vouchers_of(work: Work, batch_id: int) -> dict[int, Voucher]:
    ids = [each.voucher_id for each in list_batch_candidates(work.session, batch_id)]
    wanted = sorted(each for each in ids if each is not None)
    return {each.id: each for each in lock_vouchers(work, Voucher.id.in_(wanted))}


def pass_vouchers(work: Work, vouchers: Sequence[Voucher]) -> tuple[int, ...]:
    """Pass those that are still trained and return the ids of those among them that a hold keeps back."""
    trained = [each for each in vouchers if each.state == "trained"]
    stopped = set(
        work.session.scalars(
            holds.select_held(Thing.VOUCHER).where(Hold.object_id.in_([each.id for each in trained]))
        )
    )
    advance(work, [each for each in trained if each.id not in stopped], "pass")
    return tuple(sorted(stopped))
