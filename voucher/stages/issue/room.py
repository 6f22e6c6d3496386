"""How many more vouchers a programme may promise, without counting a million lines for every piece."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.stages.issue.judging import COUNTED, count_room
from voucher.stages.issue.models import Issue, IssueLine, Programme


@dataclass(slots=True)
class Room:
    """What one run remembers of the promises under its programme: those up to a line have been counted once.

    Whoever promises anything under a programme holds its lock, so nothing appears behind the mark. What has
    lapsed since is still counted here; where that seems to leave too little, all is counted anew.
    """

    mark: int = 0
    promised: int = 0

    def left(self, session: Session, programme: Programme, wanted: int) -> int:
        """Return how many more may be promised, never more than there are."""
        newest = session.scalar(select(func.max(IssueLine.id))) or 0
        added = session.scalar(
            select(func.count())
            .select_from(IssueLine)
            .join(Issue, Issue.id == IssueLine.issue_id)
            .where(
                IssueLine.id > self.mark,
                IssueLine.id <= newest,
                Issue.programme_id == programme.id,
                IssueLine.outcome.in_(("pending", *COUNTED)),
                IssueLine.replaces_voucher_id.is_(None),
            )
        )
        self.mark, self.promised = newest, self.promised + (added or 0)
        left = programme.quantity - self.promised
        return left if left >= wanted else count_room(session, programme)
