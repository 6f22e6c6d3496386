"""What the budget can carry: strictly in order, and behind everybody who waits for money already."""

from __future__ import annotations

from collections.abc import Sequence

from voucher.ledger import queueing
from voucher.ledger.budget import BUDGET_EXHAUSTED, SOURCE, Budget
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import Outcome
from voucher.stages.settle.judging import Verdict

WAITING_IN_LINE = reason(
    "waiting_in_line",
    "前面还有申领在等候资金，本条需要 {needed} 元，按先后顺序候补",
    "有资金释放或追加预算后，按先后自动申报，不必重新提交",
    SOURCE,
    Family.CONFLICT,
)


def fit_budget(work: Work, fund: Budget, verdicts: Sequence[Verdict]) -> None:
    """Leave waiting, in order, what the budget cannot carry; nobody behind overtakes."""
    left_fen = fund.available_fen
    queued = queueing.is_waited_for(work, fund.id)
    for verdict in verdicts:
        if verdict.outcome is not Outcome.PAYABLE:
            continue
        needed_fen = verdict.amount_fen
        if not queued and needed_fen <= left_fen:
            left_fen -= needed_fen
            continue
        needed = format_yuan(needed_fen)
        told = (
            WAITING_IN_LINE.refusal(needed=needed)
            if queued
            else BUDGET_EXHAUSTED.refusal(needed=needed, available=format_yuan(left_fen))
        )
        queued = True
        verdict.proposed_fen = needed_fen
        verdict.refuse(told)


def waits_for_money(verdict: Verdict) -> bool:
    """Return whether a line is refused for want of money only: it keeps its place in the queue."""
    return verdict.refusal is not None and verdict.refusal.code in (
        BUDGET_EXHAUSTED.code,
        WAITING_IN_LINE.code,
    )
