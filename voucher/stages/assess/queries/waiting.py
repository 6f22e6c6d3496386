"""What waits at an evaluator: exams by what they lack, corrections nobody has agreed to yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult

LISTED_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class ExamStanding:
    """A planned exam and how far it has come; `entered` counts candidates with scores."""

    batch: ExamBatch
    listed: int
    admitted: int
    entered: int

    def lacks(self, today: date) -> str:
        """Return what is due: `sit` before and on the day, `enter` while scores are missing, `publish`."""
        if self.admitted > self.entered:
            return "enter"
        if self.entered and self.batch.exam_on <= today:
            return "publish"
        return "sit"


@dataclass(frozen=True, slots=True)
class PendingCorrection:
    """Scores somebody asked to correct after publication, waiting for a second person."""

    result_id: int
    batch_id: int
    batch_number: str
    why: str
    asked_at: datetime
    asked_by_person_id: int


def list_standings(session: Session, evaluator_id: int) -> list[ExamStanding]:
    """Return the planned exams of an evaluator, the earliest first."""
    entered = (
        select(Candidate.batch_id, func.count(func.distinct(Candidate.id)).label("entered"))
        .join(ExamResult, ExamResult.candidate_id == Candidate.id)
        .group_by(Candidate.batch_id)
        .subquery()
    )
    rows = session.execute(
        select(
            ExamBatch,
            func.count(Candidate.id),
            func.count(Candidate.admitted_at),
            func.max(entered.c.entered),
        )
        .outerjoin(Candidate, Candidate.batch_id == ExamBatch.id)
        .outerjoin(entered, entered.c.batch_id == ExamBatch.id)
        .where(ExamBatch.institution_id == evaluator_id, ExamBatch.state == "planned")
        .group_by(ExamBatch.id)
        .order_by(ExamBatch.exam_on, ExamBatch.id)
        .limit(LISTED_AT_MOST)
    )
    return [ExamStanding(batch, listed, admitted, done or 0) for batch, listed, admitted, done in rows]


def list_pending_corrections(session: Session, evaluator_id: int) -> list[PendingCorrection]:
    """Return the corrections of an evaluator's published results that wait for a second person."""
    newest = (
        select(ExamResult.candidate_id, func.max(ExamResult.revision).label("revision"))
        .group_by(ExamResult.candidate_id)
        .subquery()
    )
    rows = session.execute(
        select(ExamResult, ExamBatch)
        .join(Candidate, Candidate.id == ExamResult.candidate_id)
        .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
        .join(
            newest,
            (newest.c.candidate_id == ExamResult.candidate_id) & (newest.c.revision == ExamResult.revision),
        )
        .where(
            ExamBatch.institution_id == evaluator_id,
            ExamBatch.state == "published",
            ExamResult.confirmed_at.is_(None),
        )
        .order_by(ExamResult.id)
        .limit(LISTED_AT_MOST)
    )
    return [
        PendingCorrection(
            result_id=result.id,
            batch_id=batch.id,
            batch_number=batch.number,
            why=result.why or "",
            asked_at=result.entered_at,
            asked_by_person_id=result.entered_by_person_id,
        )
        for result, batch in rows
    ]
