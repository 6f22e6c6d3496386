"""What a voucher promised for one subsidy, and the hand-over of the money kept for it to its claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from voucher.ledger import budget as budgets
from voucher.ledger import commitments
from voucher.ledger.commitments import Commitment
from voucher.ledger.postings import Transfer
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.levels import Level
from voucher.stages.settle.models.claims import Claim

LOOKUP_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Promise:
    """One subsidy of one voucher: who is paid, at most how much in fen, and on which key.

    `fixed_words` explains an amount fixed beforehand (面值). Without `entitlement_id` the key was given back
    since, and the claim takes it and its money anew. `mode` is how its class was taught, `training_kind`
    what for; `priced_on` is the day whose standards were promised. `level` is what it was taught at, which is
    what is paid, and `raised_words` say who took a certificate above that, and why.
    """

    voucher_id: int
    voucher_number: str
    payee_id: int
    key: str
    amount_fen: int
    entitlement_id: int | None = None
    fixed_words: str | None = None
    hours: int | None = None
    mode: str | None = None
    training_kind: str | None = None
    priced_on: date | None = None
    level: Level | None = None
    raised_words: str | None = None


def hand_over(work: Work, claims: Sequence[Claim]) -> None:
    """Give back what vouchers still keep for these claims, so that each claim may reserve its own.

    What a claim has reserved before has left its voucher already. Budgets and vouchers are locked before.
    """
    kept = _find_kept(work, [each for each in claims if each.voucher_id is not None])
    if not kept:
        return
    vouchers = {
        each.id: each
        for each in work.session.scalars(
            select(Voucher)
            .where(Voucher.id.in_({each.voucher_id for each in kept}))
            .order_by(Voucher.id)
            .with_for_update()
        )
    }
    for budget_id in sorted({each.budget_id for each in vouchers.values()}):
        mine = [each for each in kept if vouchers[each.voucher_id].budget_id == budget_id]
        lines = [commitments.money_of(vouchers[each.voucher_id], each.amount_fen) for each in mine]
        budgets.release(work, budget_id, lines)
    for each in kept:
        vouchers[each.voucher_id].reserved_fen -= each.amount_fen
    work.session.flush()


def _find_kept(work: Work, claims: Sequence[Claim]) -> list[Commitment]:
    """Return the open commitments of claims that no money has moved for yet."""
    found: list[Commitment] = []
    for start in range(0, len(claims), LOOKUP_CHUNK):
        chunk = {each.id: each.entitlement_id for each in claims[start : start + LOOKUP_CHUNK]}
        moved = set(
            work.session.scalars(select(Transfer.claim_id).where(Transfer.claim_id.in_(chunk)).distinct())
        )
        waiting = [key for claim_id, key in chunk.items() if claim_id not in moved]
        found += work.session.scalars(
            select(Commitment)
            .where(Commitment.entitlement_id.in_(waiting), Commitment.ended_at.is_(None))
            .order_by(Commitment.id)
        )
    return found


def end_promises(work: Work, claims: Sequence[Claim]) -> None:
    """End what vouchers promised through these claims, which end without payment; money goes back first."""
    mine = [each for each in claims if each.voucher_id is not None]
    if mine:
        hand_over(work, mine)
        commitments.end_of(work, [each.entitlement_id for each in mine])
