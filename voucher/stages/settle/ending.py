"""Ending claims without payment: the key is freed, the money released, the queue served."""

from __future__ import annotations

from collections.abc import Sequence

from voucher.ledger import budget as budgets
from voucher.ledger import entitlements, states
from voucher.ledger.postings import Line
from voucher.plumbing.unit_of_work import Work
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.waiting import leave_queue, serve_queue


def money_of(claim: Claim, amount_fen: int) -> Line:
    """Return a ledger line for a claim, with the project and institution it is for."""
    return Line(
        amount_fen=amount_fen,
        claim_id=claim.id,
        project_id=claim.project_id,
        institution_id=claim.institution_id,
    )


def end_claims(work: Work, claims: Sequence[Claim], event: str, why: str) -> None:
    """Reject, withdraw or uphold against claims that have not been paid."""
    states.move(work, Claim, claims, event, reason=why)
    entitlements.free(work, [each.entitlement_id for each in claims])
    leave_queue(work, [each.id for each in claims])
    for budget_id in sorted({each.budget_id for each in claims}):
        mine = [each for each in claims if each.budget_id == budget_id]
        budgets.release(work, budget_id, [money_of(each, each.reserved_fen) for each in mine])
        for each in mine:
            each.reserved_fen = 0
        work.session.flush()
        serve_queue(work, budget_id)
