"""Withdrawing: the submitter takes claims back before the money has left."""

from __future__ import annotations

from collections.abc import Sequence

from voucher.plumbing.unit_of_work import Work
from voucher.stages.settle.ending import end_claims
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.reading import CLAIM_MISSING, check_submitter, lock_claims
from voucher.stages.settle.review import OPINION_MISSING


def withdraw(work: Work, claim_ids: Sequence[int], why: str) -> int:
    """Withdraw claims; their keys are freed and their money is released. Returns how many.

    Raises Refused role_missing, claim_missing, opinion_missing, event_not_allowed, claim_in_payment_file.
    """
    if not why.strip():
        raise OPINION_MISSING.refused()
    claims = lock_claims(work, Claim.id.in_(list(claim_ids)), money=True)
    if not claims or len(claims) != len(set(claim_ids)):
        raise CLAIM_MISSING.refused()
    for claim in claims:
        check_submitter(work, claim)
    end_claims(work, claims, "withdraw", why)
    return len(claims)
