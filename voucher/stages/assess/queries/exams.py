"""What later stages build on: which exam a voucher's holder passed, and every score there ever was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult
from voucher.stages.assess.reading import find_counting_results

LOOKUP_CHUNK = 500


@dataclass(frozen=True, slots=True)
class PassedExam:
    """A published exam the holder of a voucher passed: which one, on which day, at which evaluator."""

    batch_id: int
    institution_id: int
    exam_on: date


@dataclass(frozen=True, slots=True)
class ResultView:
    """One revision of the scores of one exam; scores in hundredths, `counts` where it is the valid one."""

    result_id: int
    batch_id: int
    batch_number: str
    batch_state: str
    institution_id: int
    exam_on: date
    revision: int
    theory_hundredths: int | None
    skill_hundredths: int | None
    comprehensive_hundredths: int | None
    passed: bool
    why: str | None
    entered_at: datetime
    confirmed_at: datetime | None
    counts: bool


def exams_passed(session: Session, voucher_ids: Sequence[int]) -> dict[int, PassedExam]:
    """Return the first exam each voucher's holder has passed; those who passed none are left out."""
    found: dict[int, PassedExam] = {}
    ordered = sorted(set(voucher_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = session.execute(
            select(Candidate.id, Candidate.voucher_id, ExamBatch)
            .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
            .where(
                Candidate.voucher_id.in_(ordered[start : start + LOOKUP_CHUNK]),
                ExamBatch.state == "published",
            )
            .order_by(ExamBatch.exam_on, ExamBatch.id)
        ).all()
        counting = find_counting_results(session, [candidate_id for candidate_id, _, _ in rows])
        for candidate_id, voucher_id, batch in rows:
            if voucher_id is not None and candidate_id in counting and counting[candidate_id].passed:
                exam = PassedExam(batch.id, batch.institution_id, batch.exam_on)
                found.setdefault(voucher_id, exam)
    return found


def results_of(session: Session, voucher_id: int) -> list[ResultView]:
    """Return every revision of every score of a voucher's holder, oldest exam first."""
    rows = session.execute(
        select(ExamResult, ExamBatch)
        .join(Candidate, Candidate.id == ExamResult.candidate_id)
        .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
        .where(Candidate.voucher_id == voucher_id)
        .order_by(ExamBatch.exam_on, ExamBatch.id, ExamResult.revision)
    ).all()
    counting = find_counting_results(session, [result.candidate_id for result, _ in rows])
    return [
        ResultView(
            result_id=result.id,
            batch_id=batch.id,
            batch_number=batch.number,
            batch_state=batch.state,
            institution_id=batch.institution_id,
            exam_on=batch.exam_on,
            revision=result.revision,
            theory_hundredths=result.theory_hundredths,
            skill_hundredths=result.skill_hundredths,
            comprehensive_hundredths=result.comprehensive_hundredths,
            passed=bool(result.passed),
            why=result.why,
            entered_at=result.entered_at,
            confirmed_at=result.confirmed_at,
            counts=_counts(result, counting),
        )
        for result, batch in rows
    ]


def _counts(result: ExamResult, counting: dict[int, ExamResult]) -> bool:
    chosen = counting.get(result.candidate_id)
    return chosen is not None and chosen.id == result.id


@dataclass(frozen=True, slots=True)
class Revision:
    """Who entered one revision of whose scores, when, why, and whether it counts."""

    result_id: int
    candidate_id: int
    revision: int
    theory_hundredths: int | None
    skill_hundredths: int | None
    comprehensive_hundredths: int | None
    mark: str | None
    why: str | None
    entered_by_person_id: int
    entered_at: datetime
    confirmed: bool


def list_revisions(session: Session, batch_id: int) -> list[Revision]:
    """Return every revision of every score of an exam, oldest first."""
    rows = session.scalars(
        select(ExamResult)
        .join(Candidate, Candidate.id == ExamResult.candidate_id)
        .where(Candidate.batch_id == batch_id)
        .order_by(ExamResult.id)
    )
    return [
        Revision(
            result_id=each.id,
            candidate_id=each.candidate_id,
            revision=each.revision,
            theory_hundredths=each.theory_hundredths,
            skill_hundredths=each.skill_hundredths,
            comprehensive_hundredths=each.comprehensive_hundredths,
            mark=each.mark,
            why=each.why,
            entered_by_person_id=each.entered_by_person_id,
            entered_at=each.entered_at,
            confirmed=each.confirmed_at is not None,
        )
        for each in rows
    ]
