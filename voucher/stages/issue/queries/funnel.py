"""How far the vouchers of a programme have come, and where and why some were lost on the way."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.states import StateEvent
from voucher.ledger.vouchers import Voucher
from voucher.rules.lifecycle import STATE_NAMES, Thing

WAY = ("issued", "accepted", "enrolled", "training", "trained", "assessed", "certified", "settled")
ENDED = (
    "expired",
    "withdrawn",
    "revoked",
    "dropped",
    "completed",
    "lapsed",
    "recovering",
    "recovered",
)


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One step of the way: how many vouchers ever came so far, and how many stand there now."""

    state: str
    state_name: str
    count: int
    standing: int


@dataclass(frozen=True, slots=True)
class Loss:
    """Vouchers that ended without payment: from where, how, and the reason as it was written down."""

    from_state: str
    from_name: str
    state: str
    state_name: str
    why: str | None
    count: int


def funnel(session: Session, programme_id: int) -> list[FunnelStep]:
    """Return every step from 发放 to 兑现 with its numbers."""
    mine = select(Voucher.id).where(Voucher.programme_id == programme_id)
    reached: dict[str, int] = dict(
        session.execute(
            select(StateEvent.to_state, func.count(func.distinct(StateEvent.object_id)))
            .where(StateEvent.thing == str(Thing.VOUCHER), StateEvent.object_id.in_(mine))
            .group_by(StateEvent.to_state)
        ).all()
    )
    standing: dict[str, int] = dict(
        session.execute(
            select(Voucher.state, func.count())
            .where(Voucher.programme_id == programme_id)
            .group_by(Voucher.state)
        ).all()
    )
    names = STATE_NAMES[Thing.VOUCHER]
    return [FunnelStep(each, names[each], reached.get(each, 0), standing.get(each, 0)) for each in WAY]


def list_losses(session: Session, programme_id: int) -> list[Loss]:
    """Return what became of the vouchers that left the way, the most frequent reason first."""
    rows = session.execute(
        select(StateEvent.from_state, Voucher.state, StateEvent.reason, func.count())
        .join(Voucher, (Voucher.id == StateEvent.object_id) & (Voucher.seq == StateEvent.seq))
        .where(
            StateEvent.thing == str(Thing.VOUCHER),
            Voucher.programme_id == programme_id,
            Voucher.state.in_(ENDED),
        )
        .group_by(StateEvent.from_state, Voucher.state, StateEvent.reason)
    ).all()
    names = STATE_NAMES[Thing.VOUCHER]
    losses = [
        Loss(before, names[before], after, names[after], why, count) for before, after, why, count in rows
    ]
    return sorted(losses, key=lambda each: (-each.count, each.state, each.from_state, each.why or ""))
