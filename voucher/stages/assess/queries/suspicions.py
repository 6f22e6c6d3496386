"""What looks made up among an evaluator's own results, so that it sees it before anybody else does."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.registry import tables
from voucher.registry.standards import ANYWHERE
from voucher.rules.scores import ScoreMark
from voucher.rules.suspicions import SatResult, Suspicion, Thresholds, find_suspicions
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.reading import find_counting_results


def read_thresholds(session: Session, on: date) -> Thresholds:
    """Return from which figures on results are suspicious on a day. Raises parameter_missing."""
    names = ("suspicious_pass_percent", "suspicious_people_least", "suspicious_people_a_day")
    percent, least, a_day, same = (
        tables.require_parameter_number(session, name, on, [ANYWHERE])
        for name in (*names, "suspicious_same_scores")
    )
    return Thresholds(percent, least, a_day, same)


def list_suspicions(session: Session, evaluator_id: int, on: date) -> list[Suspicion]:
    """Return what looks made up in an evaluator's published exams of the last days the parameter says.

    Raises parameter_missing.
    """
    days = tables.require_parameter_number(session, "suspicious_days", on, [ANYWHERE])
    rows = session.execute(
        select(Candidate.id, ExamBatch.id, ExamBatch.exam_on)
        .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
        .where(
            ExamBatch.institution_id == evaluator_id,
            ExamBatch.state == "published",
            ExamBatch.exam_on >= on - timedelta(days=days),
        )
    ).all()
    counting = find_counting_results(session, [candidate_id for candidate_id, _, _ in rows])
    sat = [
        SatResult(
            batch_id,
            exam_on,
            counting[candidate_id].theory_hundredths,
            counting[candidate_id].skill_hundredths,
            bool(counting[candidate_id].passed),
            counting[candidate_id].comprehensive_hundredths,
        )
        for candidate_id, batch_id, exam_on in rows
        if candidate_id in counting and counting[candidate_id].mark != ScoreMark.ABSENT
    ]
    return find_suspicions(sat, read_thresholds(session, on))


def number_batches(session: Session, batch_ids: Collection[int]) -> dict[int, str]:
    """Return the numbers of exams by id."""
    rows = session.scalars(select(ExamBatch).where(among(session, ExamBatch.id, batch_ids)))
    return {each.id: each.number for each in rows}
