"""Exams whose results are published, by the number that certificates quote."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.stages.assess.models import ExamBatch

# evaluator, trade, level and the whole number
Named = tuple[int, str, int, str | None]


def find_published_exams(session: Session) -> dict[Named, date]:
    """Return the days of published exams by evaluator, trade, level and the whole number people quote."""
    published = session.scalars(select(ExamBatch).where(ExamBatch.published_at.is_not(None)))
    return {
        (each.institution_id, each.trade_code, each.level, each.number): each.exam_on for each in published
    }
