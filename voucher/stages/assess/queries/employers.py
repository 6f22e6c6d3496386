"""Exams employers hold of their own staff: who is about to sit one, and who passed one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry.institutions import EvaluatorFiling
from voucher.rules.vocabulary import EvaluatorKind
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.reading import find_counting_results


@dataclass(frozen=True, slots=True)
class EmployerExam:
    """One exam of an employer's own staff: who is to sit it, or, once it is published, who passed."""

    exam_on: date
    trade_code: str
    level: int
    published: bool
    person_ids: tuple[int, ...]


def list_employers(session: Session) -> list[tuple[int, str]]:
    """Return every evaluator filed as an employer, each with the region it is filed in."""
    rows = session.execute(
        select(EvaluatorFiling.institution_id, EvaluatorFiling.region_code)
        .where(EvaluatorFiling.kind == EvaluatorKind.EMPLOYER)
        .distinct()
        .order_by(EvaluatorFiling.institution_id, EvaluatorFiling.region_code)
    )
    return [(institution_id, region_code) for institution_id, region_code in rows]


def list_employer_exams(
    session: Session, institution_id: int, region_code: str, first: date, last: date
) -> list[EmployerExam]:
    """Return the exams an employer holds in a region between two days, cancelled ones left out."""
    batches = session.scalars(
        select(ExamBatch)
        .join(EvaluatorFiling, EvaluatorFiling.id == ExamBatch.filing_id)
        .where(
            ExamBatch.institution_id == institution_id,
            ExamBatch.region_code == region_code,
            ExamBatch.exam_on.between(first, last),
            ExamBatch.state.in_(("planned", "published")),
            EvaluatorFiling.kind == EvaluatorKind.EMPLOYER,
        )
        .order_by(ExamBatch.exam_on, ExamBatch.id)
    ).all()
    found = []
    for batch in batches:
        published = batch.state == "published"
        rows = session.execute(
            select(Candidate.id, Candidate.person_id)
            .where(Candidate.batch_id == batch.id)
            .order_by(Candidate.id)
        ).all()
        counting = find_counting_results(session, [each for each, _ in rows]) if published else {}
        people = tuple(
            person_id
            for candidate_id, person_id in rows
            if not published or (candidate_id in counting and counting[candidate_id].passed)
        )
        found.append(EmployerExam(batch.exam_on, batch.trade_code, batch.level, published, people))
    return found
