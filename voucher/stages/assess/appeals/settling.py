"""An upheld appeal against a door or a registration is met: another exam lists its candidate."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.rules.appeals import SOURCE, AppealKind
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.stages.assess.appeals.reading import get_served, lock_served, voucher_of
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.models_appeals import Appeal
from voucher.stages.assess.righting import settle

SETTLED_BY_SCORES = reason(
    "appeal_settled_by_scores",
    "成绩的复核申请以更正成绩落实",
    "请在评价批次里提出成绩更正，由另一人确认后自动落实",
    SOURCE,
    Family.CONFLICT,
)
NO_OTHER_EXAM = reason(
    "appeal_exam_missing",
    "还没有为申请人另行安排考试",
    "请先安排同一职业、等级的考试并列入该考生，再回来确认",
    SOURCE,
    Family.CONFLICT,
)
WAITS_FOR_OFFICE = reason(
    "appeal_with_office",
    "这件复核申请正由人社部门复查",
    "请等待复查决定；认定成立的，再安排考试并确认",
    SOURCE,
    Family.CONFLICT,
)


def settle_by_exam(work: Work, appeal_id: int) -> Appeal:
    """Meet an upheld appeal against a door or a registration: another exam lists its candidate by now.

    One the evaluator upheld may be met late, while the office looks at it; any other waits for the office.
    Raises Refused role_missing, appeal_missing, event_not_allowed, appeal_settled_by_scores,
    appeal_with_office, appeal_exam_missing.
    """
    voucher_id = voucher_of(work.session, get_served(work, appeal_id))
    vouchers = lock_vouchers(work, Voucher.id == voucher_id) if voucher_id is not None else []
    appeal = lock_served(work, appeal_id)
    check_event(Thing.APPEAL, appeal.state, "settle")
    if appeal.state == "escalated" and appeal.answer != "upheld":
        raise WAITS_FOR_OFFICE.refused()
    if appeal.kind == AppealKind.RESULT:
        raise SETTLED_BY_SCORES.refused()
    query = (
        select(Candidate.id)
        .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
        .where(
            Candidate.person_id == appeal.person_id,
            ExamBatch.institution_id == appeal.institution_id,
            ExamBatch.state != "cancelled",
            ExamBatch.planned_at >= appeal.filed_at,
        )
        .order_by(Candidate.id)
    )
    if voucher_id is not None:
        query = query.where(Candidate.voucher_id == voucher_id)
    if appeal.candidate_id is not None:
        turned_away_from = work.session.get_one(Candidate, appeal.candidate_id).batch_id
        sat = work.session.get_one(ExamBatch, turned_away_from)
        query = query.where(ExamBatch.trade_code == sat.trade_code, ExamBatch.level == sat.level)
    found = work.session.scalars(query.limit(1)).first()
    if found is None:
        raise NO_OTHER_EXAM.refused()
    appeal.settled_candidate_id = found
    settle(work, appeal, vouchers)
    return appeal
