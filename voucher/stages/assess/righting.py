"""What puts an upheld appeal right: a better result a second person has confirmed, or another exam.

The days it took are given back to the voucher, whose holder could not go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from voucher.ledger import states
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.rules.appeals import AppealKind, Scored, is_better
from voucher.stages.assess.models import Candidate, ExamResult
from voucher.stages.assess.models_appeals import Appeal
from voucher.stages.assess.reading import find_counting_results
from voucher.stages.assess.telling import tell_appellants

# with the office for being late does not keep a correction from counting
UPHELD = ("upheld", "escalated", "overruled")
WAITING_FOR = ("trained", "assessed")


def right_by_correction(
    work: Work,
    candidate: Candidate,
    former: ExamResult | None,
    result: ExamResult,
    vouchers: Sequence[Voucher],
) -> None:
    """Meet the upheld appeals against a candidate's scores by a result just confirmed, where it is better.

    It is better than what counted before, and than what each appeal is against.
    """
    if former is None or not is_better(scored(former), scored(result)):
        return
    met = work.session.scalars(
        select(Appeal)
        .where(
            Appeal.candidate_id == candidate.id,
            Appeal.kind == AppealKind.RESULT,
            Appeal.state.in_(UPHELD),
        )
        .order_by(Appeal.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for each in met:
        if _beats_appealed(work, each, result):
            each.settled_result_id = result.id
            settle(work, each, vouchers)


def right_by_counting(work: Work, appeal: Appeal, vouchers: Sequence[Voucher]) -> None:
    """Meet a locked appeal just overruled by the result that counts, where a correction was ahead of it."""
    if appeal.candidate_id is None or appeal.kind != AppealKind.RESULT:
        return
    counting = find_counting_results(work.session, [appeal.candidate_id])[appeal.candidate_id]
    if _beats_appealed(work, appeal, counting):
        appeal.settled_result_id = counting.id
        settle(work, appeal, vouchers)


def _beats_appealed(work: Work, appeal: Appeal, result: ExamResult) -> bool:
    return is_better(scored(work.session.get_one(ExamResult, appeal.result_id)), scored(result))


def scored(result: ExamResult) -> Scored:
    """Return what a result says, for the rule that compares two."""
    return Scored(
        result.theory_hundredths, result.skill_hundredths, result.mark, result.comprehensive_hundredths
    )


def settle(work: Work, appeal: Appeal, vouchers: Sequence[Voucher]) -> None:
    """End a locked appeal by what it says met it, and give its locked voucher the days back."""
    give_days_back(work, appeal, vouchers)
    states.move(work, Appeal, [appeal], "settle")
    appeal.due_on = None
    work.session.flush()
    tell_appellants(work, [appeal], "settle")


def give_days_back(work: Work, appeal: Appeal, vouchers: Sequence[Voucher]) -> None:
    """Add the days since an appeal was filed to the last day for a certificate of its locked voucher."""
    waited = work.today - day_of(appeal.filed_at)
    for each in vouchers:
        if each.state in WAITING_FOR and each.certify_by is not None and waited > timedelta():
            each.certify_by += waited
    work.session.flush()
