"""Results of an exam: entered by two people, published by a third.

Scores are never changed: what replaces them is the next revision, and a revision counts once a second
person has agreed to it, at publication or to the correction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voucher.ledger import audit, holds, states
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import Voucher, advance, lock_vouchers
from voucher.plumbing.bulk import write_many
from voucher.plumbing.constraints import CHANGED_MEANWHILE
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.approval import check_two_people
from voucher.rules.arrivals import may_have_scores
from voucher.rules.assessment import SKILL, THEORY, Marks, ScoreOutcome, format_score, judge_exam
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.scores import SUBJECT_CARRIED, ScoreMark, check_mark, check_twice_read
from voucher.rules.vocabulary import CertificateKind
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

BEFORE_PUBLICATION = "公布前更正"


RESULTS_MISSING = reason(
    "results_missing",
    "本批次还没有录入任何成绩",
    "请先录入成绩再公布；无人参加考试的，请取消本批次",
    SOURCE,
    Family.CONFLICT,
)
RESULT_EMPTY = reason(
    "result_empty",
    "没有填写任何一科成绩",
    "缺考的考生不录入成绩；参加考试的，请至少填写一科",
    SOURCE,
)
NOT_ADMITTED = reason(
    "candidate_not_admitted",
    "该考生没有核对证件入场，不能录入成绩",
    "未到场的记为缺考；确已到场的，请考评员先核对证件入场",
    "豫办〔2021〕29号 第16项 人证相符; S2-16c,d; AC-C3",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Scores:
    """What one candidate reached, in hundredths of a point; empty where a subject was not sat.

    Subjects passed before and brought into a retake are left empty; `mark` says why there is no score.
    """

    candidate_id: int
    theory_hundredths: int | None
    skill_hundredths: int | None
    mark: ScoreMark | None = None


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
    parameter_missing.
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
        if before is not None and _says_the_same(candidate, row, before):
            continue
        told = check_scores(needs_arrival, candidate, row)
        made.append(_judge(work, batch, row, told, before, BEFORE_PUBLICATION, pass_marks))
        newest[candidate.id] = made[-1]
    if made:
        batch.entered_by_person_id = work.actor.person_id
        work.session.flush()
        _write_many(work, made)
    return len(made)


def _says_the_same(candidate: Candidate, row: Scores, before: ExamResult) -> bool:
    theory, skill = _bring_along(candidate, row)
    told = (theory, skill, str(row.mark) if row.mark is not None else None)
    return told == (before.theory_hundredths, before.skill_hundredths, before.mark)


def check_scores(needed: bool, candidate: Candidate, row: Scores) -> tuple[int | None, int | None]:
    """Check what a row says of a candidate and return theory and skill with what a retake brings along.

    `needed` is whether scores need an arrival. Raises Refused score_mark_with_scores,
    candidate_not_admitted, result_empty, subject_carried.
    """
    check_mark(row.mark, row.theory_hundredths, row.skill_hundredths)
    if row.mark is None and not may_have_scores(needed, candidate.admitted_at):
        raise NOT_ADMITTED.refused()
    if row.mark is None and row.theory_hundredths is None and row.skill_hundredths is None:
        raise RESULT_EMPTY.refused()
    return _bring_along(candidate, row)


def _bring_along(candidate: Candidate, row: Scores) -> tuple[int | None, int | None]:
    """Return theory and skill with what is brought into a retake. Raises Refused subject_carried."""
    told = []
    for subject, given, carried in (
        (THEORY, row.theory_hundredths, candidate.carried_theory_hundredths),
        (SKILL, row.skill_hundredths, candidate.carried_skill_hundredths),
    ):
        if carried is not None and given not in (None, carried):
            raise SUBJECT_CARRIED.refused(subject=subject, score=format_score(carried))
        told.append(given if carried is None or row.mark is not None else carried)
    return told[0], told[1]


def write_result(
    work: Work,
    batch: ExamBatch,
    candidate: Candidate,
    row: Scores,
    before: ExamResult | None,
    why: str,
    *,
    pass_marks: Marks,
    needs_arrival: bool,
) -> ExamResult:
    """Write the next revision of a candidate's scores and return it; the batch's day says the keywords."""
    told = check_scores(needs_arrival, candidate, row)
    made = _judge(work, batch, row, told, before, why, pass_marks)
    work.session.add(made)
    work.session.flush()
    audit.record(work, [_told(made)])
    return made


def _judge(
    work: Work,
    batch: ExamBatch,
    row: Scores,
    told: tuple[int | None, int | None],
    before: ExamResult | None,
    why: str,
    pass_marks: Marks,
) -> ExamResult:
    theory, skill = told
    judgement = judge_exam(CertificateKind(batch.certificate_kind), theory, skill, pass_marks)
    return ExamResult(
        candidate_id=row.candidate_id,
        revision=before.revision + 1 if before is not None else 1,
        theory_hundredths=theory,
        skill_hundredths=skill,
        mark=str(row.mark) if row.mark is not None else None,
        passed=judgement.outcome is ScoreOutcome.PASSED,
        why=why if before is not None or batch.state == "published" else None,
        entered_by_person_id=work.actor.person_id,
        entered_at=work.at,
    )


def _write_many(work: Work, made: Sequence[ExamResult]) -> None:
    """Keep revisions nobody needs to hold, with their audit rows, all at once."""
    columns = ("candidate_id", "revision", "theory_hundredths", "skill_hundredths", "passed", "why", "mark")
    rows = [
        (
            *(each.candidate_id, each.revision, each.theory_hundredths, each.skill_hundredths),
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
    second_person_needed, skill_read_once, skill_readings_differ, changed_meanwhile.
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
    again = read_others(work.session, [each.id for each in candidates]).values()
    hands = {each.person_id for entries in again for each in entries}
    hands |= {each.entered_by_person_id for each in results.values()}
    for person_id in sorted(hands | {batch.entered_by_person_id}):
        check_two_people(person_id, work.actor.person_id)
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
