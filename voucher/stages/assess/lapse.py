"""Without a certificate no value (无证无价): failed for good, out of time, and passes that had to wait."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import select

from voucher.ledger import holds
from voucher.ledger.commitments import end_vouchers
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.rules.scores import ScoreMark
from voucher.stages.assess.appeals.reading import select_appealed
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult
from voucher.stages.assess.reading import check_why, find_counting_results, may_bring_scores
from voucher.stages.assess.results import pass_vouchers

SOURCE = "豫办〔2021〕29号 第16项 无证无价; S2-16f; AC-F3"
LAPSING = ("training", "trained", "assessed")
OUT_OF_TIME = "超过取证截止日，无证无价"

FAILURE_MISSING = reason(
    "failure_missing",
    "该培训券没有已公布的不合格成绩，或还在等待考试",
    "只有考试不合格、且不再补考的，才能办理最终不合格",
    SOURCE,
    Family.CONFLICT,
)
APPEAL_OPEN = reason(
    "appeal_open",
    "考生对此申请了复核，还没有最终结果，不能办理最终不合格",
    "请先办结复核申请",
    SOURCE,
    Family.CONFLICT,
)


def fail_for_good(work: Work, voucher_id: int, why: str) -> Voucher:
    """End a voucher whose holder failed this evaluator's exam and sits no other one: money and keys free.

    Raises Refused role_missing, assessment_why_missing, voucher_missing, failure_missing, appeal_open,
    on_hold.
    """
    check_role(work.actor, Role.EVALUATOR_ADMIN)
    told = check_why(why)
    found = lock_vouchers(work, Voucher.id == voucher_id, money=True)
    rows = work.session.execute(
        select(Candidate.id, ExamBatch.institution_id, may_bring_scores(work.today))
        .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
        .where(Candidate.voucher_id == voucher_id, ExamBatch.state != "cancelled")
    ).all()
    if not any(work.actor.serves(institution_id, Role.EVALUATOR_ADMIN) for _, institution_id, _ in rows):
        raise VOUCHER_MISSING.refused()
    counting = find_counting_results(work.session, [candidate_id for candidate_id, _, _ in rows])
    failed_here = any(
        work.actor.serves(institution_id, Role.EVALUATOR_ADMIN)
        and candidate_id in counting
        and not counting[candidate_id].passed
        and counting[candidate_id].mark != ScoreMark.ABSENT
        for candidate_id, institution_id, _ in rows
    )
    still_open = any(waits for _, _, waits in rows)
    passed = any(each.passed for each in counting.values())
    if found[0].state != "trained" or not failed_here or still_open or passed:
        raise FAILURE_MISSING.refused()
    if voucher_id in work.session.scalars(select_appealed()).all():
        raise APPEAL_OPEN.refused()
    end_vouchers(work, found, "lapse", told)
    return found[0]


def _nobody(_work: Work) -> Collection[int]:
    return ()


def lapse_due(work: Work, spare: Callable[[Work], Collection[int]] = _nobody) -> int:
    """End every voucher whose day for a certificate has passed, and return how many.

    Held ones wait, those whose holder waits for the answer to an appeal, and those a later stage says to
    `spare`.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    due = lock_vouchers(
        work,
        Voucher.certify_by < work.today,
        Voucher.state.in_(LAPSING),
        Voucher.id.not_in(holds.select_held(Thing.VOUCHER)),
        Voucher.id.not_in(select_appealed()),
        Voucher.id.not_in(sorted(spare(work))),
        money=True,
    )
    end_vouchers(work, due, "lapse", OUT_OF_TIME)
    return len(due)


def pass_due(work: Work) -> int:
    """Pass every trained voucher whose holder has passed and whose hold has been closed; return how many.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    vouchers = lock_vouchers(
        work,
        Voucher.state == "trained",
        Voucher.id.in_(
            select(Candidate.voucher_id)
            .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
            .join(ExamResult, ExamResult.candidate_id == Candidate.id)
            .where(
                ExamBatch.state == "published",
                Candidate.voucher_id.is_not(None),
                ExamResult.passed.in_((True,)),
                ExamResult.confirmed_at.is_not(None),
            )
        ),
        Voucher.id.not_in(holds.select_held(Thing.VOUCHER)),
    )
    candidates = work.session.execute(
        select(Candidate.id, Candidate.voucher_id)
        .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
        .where(ExamBatch.state == "published", Candidate.voucher_id.in_([each.id for each in vouchers]))
    ).all()
    counting = find_counting_results(work.session, [candidate_id for candidate_id, _ in candidates])
    passed = {
        voucher_id
        for candidate_id, voucher_id in candidates
        if candidate_id in counting and counting[candidate_id].passed
    }
    ready = [each for each in vouchers if each.id in passed]
    pass_vouchers(work, ready)
    return len(ready)
