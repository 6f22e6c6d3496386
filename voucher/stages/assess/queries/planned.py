"""Exams still ahead of one evaluator, for whoever decides about it."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.stages.assess.models import ExamBatch


def count_planned(session: Session, institution_id: int) -> int:
    """Return how many exam batches of an evaluator have no published results yet."""
    planned = select(func.count()).where(
        ExamBatch.institution_id == institution_id, ExamBatch.state == "planned"
    )
    return session.scalar(planned) or 0
