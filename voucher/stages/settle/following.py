"""Batches follow their lines: forward once nothing waits behind, to an end once nothing goes on.

A line may leave a batch at any time (withdrawn, rejected, upheld against, carried into another batch), so
every act that moves lines asks here afterwards; a batch never holds up a line that may go on.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.stages.settle.models.claims import Claim, SettlementBatch

UNPAID_ENDS = frozenset({"rejected", "withdrawn"})
PAID_ENDS = frozenset({"paid", "recovering", "recovered"})
SENT = PAID_ENDS | {"paying", "bounced"}
# batch state, event, what holds the batch there, what must be past it
ROUNDS: tuple[tuple[str, str, frozenset[str], frozenset[str]], ...] = (
    (
        "filed",
        "review_first",
        frozenset({"submitted"}),
        frozenset({"first_reviewed", "second_reviewed"}),
    ),
    (
        "first_reviewed",
        "review_second",
        frozenset({"first_reviewed"}),
        frozenset({"second_reviewed"}),
    ),
    ("cleared", "approve", frozenset({"cleared"}), SENT | {"approved"}),
    ("approved", "release", frozenset(), SENT),
)
NOTHING_LEFT = "本批申领均已撤回、不予通过或转入其他批次"
BEFORE_RELEASE = ("open", "filed", "first_reviewed", "second_reviewed", "noticed", "cleared", "approved")


def follow(work: Work, batch_ids: Iterable[int]) -> None:
    """Bring batches up to where their lines stand now."""
    batches = work.session.scalars(
        select(SettlementBatch)
        .where(SettlementBatch.id.in_(sorted(set(batch_ids))))
        .order_by(SettlementBatch.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for batch in batches:
        _follow(work, batch)


def _follow(work: Work, batch: SettlementBatch) -> None:
    found = set(work.session.scalars(select(Claim.state).where(Claim.batch_id == batch.id).distinct()))
    for state, event, holding, past in ROUNDS:
        if batch.state == state and found & past and not found & holding:
            states.move(work, SettlementBatch, [batch], event)
    if batch.state == "released" and found <= UNPAID_ENDS | PAID_ENDS | {"returned"}:
        states.move(work, SettlementBatch, [batch], "close")
    elif batch.state in BEFORE_RELEASE and found <= UNPAID_ENDS:
        states.move(work, SettlementBatch, [batch], "cancel", reason=NOTHING_LEFT)
