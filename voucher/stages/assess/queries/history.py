"""Every published result of one person, whatever paid for the exam; what was corrected stays."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry import catalogue
from voucher.registry.institutions import Institution
from voucher.rules.levels import Level, name_level
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult
from voucher.stages.assess.reading import find_counting_results

NO_LEVEL = "不分等级"


@dataclass(frozen=True, slots=True)
class Sitting:
    """One revision of the scores of one exam in words; `counts` where it is the valid one."""

    result: ExamResult
    batch: ExamBatch
    evaluator_name: str
    trade_name: str
    level_name: str
    counts: bool


def list_sittings(session: Session, person_id: int) -> list[Sitting]:
    """Return every confirmed revision of a person's published results, the first exam first."""
    rows = session.execute(
        select(ExamResult, ExamBatch, Institution.name)
        .join(Candidate, Candidate.id == ExamResult.candidate_id)
        .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
        .join(Institution, Institution.id == ExamBatch.institution_id)
        .where(
            Candidate.person_id == person_id,
            ExamBatch.state == "published",
            ExamResult.confirmed_at.is_not(None),
        )
        .order_by(ExamBatch.exam_on, ExamBatch.id, ExamResult.revision)
    ).all()
    counting = find_counting_results(session, [result.candidate_id for result, _, _ in rows])
    trades = catalogue.name_trades(session, [batch.trade_code for _, batch, _ in rows])
    return [
        Sitting(
            result=result,
            batch=batch,
            evaluator_name=evaluator,
            trade_name=trades.get(batch.trade_code, batch.trade_code),
            level_name=name_level(Level(batch.level)) if batch.level else NO_LEVEL,
            counts=counting[result.candidate_id].id == result.id,
        )
        for result, batch, evaluator in rows
    ]
