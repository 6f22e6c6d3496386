"""What of issuing waits: rosters and replacements for the office, people for money."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from voucher.ledger.budget import Budget, Waiting, home
from voucher.ledger.year_ends import home_of, select_family
from voucher.plumbing.secrets import Keyring
from voucher.registry import people
from voucher.rules.privacy import mask_identity, mask_name
from voucher.stages.issue.models import Issue, IssueLine, Programme


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One place in the queue of a budget; the first has position 1, amounts in fen.

    A claim in the queue stands there by its number only: its person is another stage's to name.
    """

    waiting_id: int
    position: int
    masked_name: str
    masked_number: str
    issue_id: int | None
    issue_number: str | None
    programme_name: str | None
    claim_id: int | None
    amount_fen: int
    queued_at: datetime


def count_filed(
    session: Session, regions: Collection[str], *, way: str, person_id: int
) -> tuple[int, datetime | None]:
    """Return how many issues of a way wait for this person's decision, and since when the oldest does.

    What a person has filed waits for another one.
    """
    count, oldest = session.execute(
        select(func.count(), func.min(Issue.filed_at))
        .join(Programme, Programme.id == Issue.programme_id)
        .where(
            Issue.state == "filed",
            Issue.way == way,
            Issue.filed_by_person_id != person_id,
            Programme.region_code.in_(sorted(regions)),
        )
    ).one()
    return count, oldest


def count_drafts(
    session: Session, regions: Collection[str], *, person_id: int
) -> tuple[int, datetime | None]:
    """Return how many drafted programmes this person may publish, and since when the oldest waits."""
    count, oldest = session.execute(
        select(func.count(), func.min(Programme.drafted_at)).where(
            Programme.state == "draft",
            Programme.drafted_by_person_id != person_id,
            Programme.region_code.in_(sorted(regions)),
        )
    ).one()
    return count, oldest


def count_queued(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many people wait for the money of these regions, and since when the first does."""
    count, oldest = session.execute(
        select(func.count(), func.min(Waiting.queued_at))
        .join(Budget, Budget.id == Waiting.budget_id)
        .where(
            Waiting.ended_at.is_(None),
            Waiting.issue_line_id.is_not(None),
            Budget.region_code.in_(sorted(regions)),
        )
    ).one()
    return count, oldest


def list_queues(session: Session, regions: Collection[str]) -> list[tuple[Budget, int, int]]:
    """Return the budgets of these regions somebody waits for, how many do and for how much, in fen.

    Whoever waits since an earlier year stands with the budget its money was carried into.
    """
    asked = aliased(Budget)
    rows = session.execute(
        select(Budget, func.count(), func.sum(Waiting.amount_fen))
        .join(asked, home(asked) == Budget.id)
        .join(Waiting, Waiting.budget_id == asked.id)
        .where(Waiting.ended_at.is_(None), Budget.region_code.in_(sorted(regions)))
        .group_by(Budget.id)
        .order_by(Budget.id)
    )
    return [(budget, count, int(total_fen)) for budget, count, total_fen in rows]


def list_waiting(
    session: Session, keyring: Keyring, budget_id: int, *, after_id: int = 0, limit: int = 50
) -> list[WaitingRow]:
    """Return the queue of a budget, and of what it was carried from or into, in the order it is served."""
    family = select_family(home_of(session, budget_id))
    open_places = select(Waiting).where(Waiting.budget_id.in_(family), Waiting.ended_at.is_(None))
    ahead = session.scalar(_count(open_places.where(Waiting.id <= after_id))) or 0
    rows = session.execute(
        open_places.add_columns(IssueLine, Issue, Programme)
        .outerjoin(IssueLine, IssueLine.id == Waiting.issue_line_id)
        .outerjoin(Issue, Issue.id == IssueLine.issue_id)
        .outerjoin(Programme, Programme.id == Issue.programme_id)
        .where(Waiting.id > after_id)
        .order_by(Waiting.id)
        .limit(limit)
    ).all()
    named = people.read_people(session, keyring, [line.person_id for _, line, _, _ in rows if line])
    return [
        _row(place, ahead + position, issue, programme, named.get(line.person_id) if line else None)
        for position, (place, line, issue, programme) in enumerate(rows, start=1)
    ]


def _count(query: Select[Waiting]) -> Select[int]:
    return select(func.count()).select_from(query.subquery())


def _row(
    place: Waiting,
    position: int,
    issue: Issue | None,
    programme: Programme | None,
    who: people.Named | None,
) -> WaitingRow:
    return WaitingRow(
        waiting_id=place.id,
        position=position,
        masked_name=mask_name(who.name) if who else "",
        masked_number=mask_identity(who.number) if who and who.number else "",
        issue_id=issue.id if issue is not None else None,
        issue_number=issue.number if issue is not None else None,
        programme_name=programme.name if programme is not None else None,
        claim_id=place.claim_id,
        amount_fen=place.amount_fen,
        queued_at=place.queued_at,
    )
