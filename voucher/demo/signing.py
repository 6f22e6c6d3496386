"""Signing as the pages do it: what carries no caution together, every other line by itself."""

from __future__ import annotations

from sqlalchemy import select

from voucher.plumbing.unit_of_work import Work
from voucher.rules.approval import Step
from voucher.stages.settle import review
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.review import AT_PROVINCE, WAITS_FOR
from voucher.stages.settle.seen import list_amber


def pass_all(work: Work, batch_id: int, step: Step, opinion: str) -> int:
    """Pass every line of a batch that waits for a step and return how many. Raises Refused as `sign` does."""
    state = WAITS_FOR[step][0] if step in WAITS_FOR else AT_PROVINCE
    amber = sorted(list_amber(work.session, batch_id, state))
    if not amber:
        return review.sign(work, batch_id, step, opinion=opinion)
    green = list(
        work.session.scalars(
            select(Claim.id).where(Claim.batch_id == batch_id, Claim.state == state, Claim.id.not_in(amber))
        )
    )
    portions = [green, *([each] for each in amber)] if green else [[each] for each in amber]
    return sum(review.sign(work, batch_id, step, claim_ids=portion, opinion=opinion) for portion in portions)
