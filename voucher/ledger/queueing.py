"""The queue for money: places in strict order, served from the year in which the money stands."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.ledger import holds
from voucher.ledger.budget import Waiting, get_home
from voucher.ledger.postings import Line
from voucher.ledger.year_ends import home_of, select_family
from voucher.plumbing.bulk import write_many
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import Thing


def queue_claims(work: Work, budget_id: int, lines: Sequence[Line]) -> None:
    """Put claims that found no money into the queue, in the given order."""
    _queue(work, [(budget_id, line.claim_id, None, line.amount_fen) for line in lines])


def queue_issue_lines(work: Work, budget_id: int, lines: Sequence[tuple[int, int]]) -> None:
    """Put lines of an issue (id, amount in fen) that found no money into the queue; no voucher exists yet."""
    _queue(work, [(budget_id, None, line_id, amount_fen) for line_id, amount_fen in lines])


def _queue(work: Work, places: Sequence[tuple[int, int | None, int | None, int]]) -> None:
    """Write places in the queue, in their order; the number of a place is its turn."""
    columns = ("budget_id", "claim_id", "issue_line_id", "amount_fen")
    write_many(work.session, Waiting, columns, places, {"queued_at": work.at})


def next_waiting(work: Work, budget_id: int) -> Waiting | None:
    """Return the first in the queue that is not on hold, if there is money for it; nobody overtakes that one.

    Whoever is on hold keeps the number, so that the next money after the hold is for that place.
    """
    # locked before the queue is read: whoever serves it at the same moment must not serve the same place
    home = get_home(work, budget_id, lock=True)
    available_fen = home.available_fen
    free = Waiting.claim_id.is_(None) | Waiting.claim_id.not_in(holds.select_held(Thing.CLAIM))
    first = work.session.scalars(
        select(Waiting)
        .where(Waiting.budget_id.in_(select_family(home.id)), Waiting.ended_at.is_(None), free)
        .order_by(Waiting.id)
        .limit(1)
    ).first()
    return None if first is None or available_fen < first.amount_fen else first


def end_waiting(work: Work, place: Waiting, *, served: bool) -> None:
    """Take a place out of the queue."""
    place.ended_at = work.at
    place.served = int(served)
    work.session.flush()


def is_waited_for(work: Work, budget_id: int) -> bool:
    """Return whether anybody stands in the queue of a budget."""
    family = select_family(home_of(work.session, budget_id))
    first = select(Waiting.id).where(Waiting.budget_id.in_(family), Waiting.ended_at.is_(None)).limit(1)
    return work.session.scalar(first) is not None
