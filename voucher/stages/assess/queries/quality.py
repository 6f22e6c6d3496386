"""How exams went, in sums per exam: who sat and passed, the largest group of one score; appeals, hands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.rules.scores import ScoreMark
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult
from voucher.stages.assess.models_appeals import Appeal
from voucher.stages.assess.models_examiners import ExamExaminer

# by what was answered, not by the state: one that is closed before it was put right was right all the same
RIGHT = or_(Appeal.answer == "upheld", Appeal.final_answer == "overruled")


@dataclass(frozen=True, slots=True)
class ExamSum:
    """One published exam: whose, when, how many sat and passed, how many had the very same scores."""

    batch_id: int
    evaluator_id: int
    exam_on: date
    sat: int
    passed: int
    same: int


def list_exam_sums(
    session: Session,
    regions: Collection[str],
    first: date,
    last: date,
    *,
    evaluator_id: int | None = None,
) -> list[ExamSum]:
    """Return the published exams of a period in regions, by the newest confirmed result of each candidate."""
    newest = (
        select(ExamResult.candidate_id, func.max(ExamResult.revision).label("revision"))
        .where(ExamResult.confirmed_at.is_not(None))
        .group_by(ExamResult.candidate_id)
        .subquery()
    )
    scores = (
        select(
            ExamBatch.id, ExamBatch.institution_id, ExamBatch.exam_on,
            func.count().label("sat"), func.sum(case((ExamResult.passed == 1, 1), else_=0)).label("passed"),
        )
        .join(Candidate, Candidate.batch_id == ExamBatch.id)
        .join(newest, newest.c.candidate_id == Candidate.id)
        .join(
            ExamResult,
            (ExamResult.candidate_id == Candidate.id) & (ExamResult.revision == newest.c.revision),
        )
        .where(
            ExamBatch.region_code.in_(sorted(regions)),
            ExamBatch.state == "published",
            ExamBatch.exam_on >= first,
            ExamBatch.exam_on <= last,
            or_(ExamResult.mark.is_(None), ExamResult.mark != str(ScoreMark.ABSENT)),
            *([ExamBatch.institution_id == evaluator_id] if evaluator_id is not None else []),
        )
        .group_by(
            ExamBatch.id, ExamBatch.institution_id, ExamBatch.exam_on,
            ExamResult.theory_hundredths, ExamResult.skill_hundredths, ExamResult.comprehensive_hundredths,
        )
        .subquery()
    )  # fmt: skip
    rows = session.execute(
        select(
            scores.c.id, scores.c.institution_id, scores.c.exam_on,
            func.sum(scores.c.sat), func.sum(scores.c.passed), func.max(scores.c.sat),
        )
        .group_by(scores.c.id, scores.c.institution_id, scores.c.exam_on)
        .order_by(scores.c.id)
    )  # fmt: skip
    return [ExamSum(each[0], each[1], each[2], int(each[3]), int(each[4]), int(each[5])) for each in rows]


def list_examiners_of(session: Session, batch_ids: Collection[int]) -> dict[int, set[int]]:
    """Return the persons who examined, per exam."""
    found: dict[int, set[int]] = {}
    rows = session.execute(
        select(ExamExaminer.batch_id, ExamExaminer.person_id).where(
            among(session, ExamExaminer.batch_id, batch_ids), ExamExaminer.removed_at.is_(None)
        )
    )
    for batch_id, person_id in rows:
        found.setdefault(batch_id, set()).add(person_id)
    return found


def count_appeals(
    session: Session, regions: Collection[str], first: date, last: date
) -> dict[int, tuple[int, int]]:
    """Return per evaluator how many appeals there were about a period, and how many were right."""
    rows = session.execute(
        select(Appeal.institution_id, func.count(), func.sum(case((RIGHT, 1), else_=0)))
        .where(
            Appeal.region_code.in_(sorted(regions)),
            Appeal.happened_on >= first,
            Appeal.happened_on <= last,
            Appeal.state != "withdrawn",
        )
        .group_by(Appeal.institution_id)
    )
    return {house: (int(count), int(right)) for house, count, right in rows}
