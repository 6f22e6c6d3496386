"""What assessment holds of one person: filed as an examiner, exams ahead and sat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.models_examiners import Examiner


@dataclass(frozen=True, slots=True)
class AssessedHeld:
    """Whether a person is an examiner in force, the exams not published yet, and those that were."""

    is_examiner: bool
    open_numbers: list[str]
    sat: int
    last_on: date | None


def read_assessed_held(session: Session, person_id: int, on: date) -> AssessedHeld:
    """Return what there is of examining and being examined in a person's name."""
    filed = session.scalar(
        select(func.count()).where(
            Examiner.person_id == person_id,
            Examiner.since <= on,
            or_(Examiner.until.is_(None), Examiner.until >= on),
        )
    )
    batches = session.scalars(
        select(ExamBatch)
        .join(Candidate, Candidate.batch_id == ExamBatch.id)
        .where(Candidate.person_id == person_id)
        .order_by(ExamBatch.id)
    ).all()
    days = [each.exam_on for each in batches if each.state == "published"]
    planned = [each.number for each in batches if each.state == "planned"]
    return AssessedHeld(bool(filed), planned, len(days), max(days, default=None))


def list_candidate_ids(session: Session, person_id: int) -> list[int]:
    """Return in which places on lists of exams a person stands."""
    return list(session.scalars(select(Candidate.id).where(Candidate.person_id == person_id)))
