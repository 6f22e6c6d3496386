"""What draws on a budget: its programmes, what they keep, what they may still ask for, who waits."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.budget import Waiting
from voucher.ledger.vouchers import Voucher
from voucher.ledger.year_ends import home_of, select_family
from voucher.stages.issue.judging import count_room
from voucher.stages.issue.models import Issue, IssueLine, Programme


@dataclass(frozen=True, slots=True)
class Draw:
    """One programme on a budget; amounts in fen. `open_fen` is what all it may still issue would need."""

    programme_id: int
    programme_number: str
    programme_name: str
    state: str
    reserved_fen: int
    remaining: int
    open_fen: int
    waiting: int


def list_draws(session: Session, budget_id: int) -> list[Draw]:
    """Return the programmes paid from a budget, the newest first; discarded ones aside."""
    # what was carried into this year is kept by it now; a year that is over keeps nothing
    home = home_of(session, budget_id)
    family = session.scalars(select_family(home)).all() if home == budget_id else []
    programmes = session.scalars(
        select(Programme)
        .where(Programme.budget_id.in_(family), Programme.state != "discarded")
        .order_by(Programme.id.desc())
    ).all()
    kept: dict[int, int] = dict(
        session.execute(
            select(Voucher.programme_id, func.sum(Voucher.reserved_fen))
            .where(Voucher.budget_id.in_(family))
            .group_by(Voucher.programme_id)
        ).all()
    )
    queued: dict[int, int] = dict(
        session.execute(
            select(Issue.programme_id, func.count())
            .select_from(Waiting)
            .join(IssueLine, IssueLine.id == Waiting.issue_line_id)
            .join(Issue, Issue.id == IssueLine.issue_id)
            .where(Waiting.budget_id.in_(family), Waiting.ended_at.is_(None))
            .group_by(Issue.programme_id)
        ).all()
    )
    return [_draw(session, each, kept, queued) for each in programmes]


def _draw(session: Session, programme: Programme, kept: dict[int, int], queued: dict[int, int]) -> Draw:
    issuing = programme.state in ("published", "stopped", "draft")
    remaining = max(0, count_room(session, programme)) if issuing else 0
    return Draw(
        programme_id=programme.id,
        programme_number=programme.number,
        programme_name=programme.name,
        state=programme.state,
        reserved_fen=int(kept.get(programme.id, 0)),
        remaining=remaining,
        open_fen=remaining * programme.cap_fen,
        waiting=queued.get(programme.id, 0),
    )
