"""Issues and their lines as an office or the institution that filed them reads them: masked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry import people
from voucher.rules.privacy import mask_identity, mask_name
from voucher.stages.issue.models import Issue, IssueLine, Programme
from voucher.stages.issue.reading import ISSUE_MISSING


@dataclass(frozen=True, slots=True)
class LineView:
    """One person of an issue; on a pending line the refusal is what would stand in the way today."""

    id: int
    position: int
    masked_name: str
    masked_number: str
    outcome: str
    refusal: dict[str, Any] | None
    voucher_id: int | None
    voucher_number: str | None
    replaces_voucher_id: int | None


def get_issue(
    session: Session, issue_id: int, regions: Collection[str], institutions: Collection[int] = ()
) -> Issue:
    """Return an issue of these regions, or one these institutions filed. Raises Refused issue_missing."""
    found = session.execute(
        select(Issue, Programme.region_code)
        .join(Programme, Programme.id == Issue.programme_id)
        .where(Issue.id == issue_id)
    ).first()
    if found is None or (found[1] not in regions and found[0].institution_id not in institutions):
        raise ISSUE_MISSING.refused()
    return found[0]


def list_issues(
    session: Session,
    regions: Collection[str],
    institutions: Collection[int] = (),
    *,
    programme_id: int | None = None,
    way: str | None = None,
    state: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Issue]:
    """Return the newest issues of these regions and those these institutions filed."""
    query = (
        select(Issue)
        .join(Programme, Programme.id == Issue.programme_id)
        .where(
            or_(Programme.region_code.in_(sorted(regions)), Issue.institution_id.in_(sorted(institutions)))
        )
        .order_by(Issue.id.desc())
        .limit(limit)
    )
    if programme_id is not None:
        query = query.where(Issue.programme_id == programme_id)
    if way is not None:
        query = query.where(Issue.way == way)
    if state is not None:
        query = query.where(Issue.state == state)
    if before_id is not None:
        query = query.where(Issue.id < before_id)
    return list(session.scalars(query))


def count_outcomes(session: Session, issue_id: int) -> dict[str, int]:
    """Return how many lines of an issue came to what."""
    rows = session.execute(
        select(IssueLine.outcome, func.count())
        .where(IssueLine.issue_id == issue_id)
        .group_by(IssueLine.outcome)
    )
    return dict(rows.all())


def sum_reserved(session: Session, issue_id: int) -> int:
    """Return what the vouchers of an issue keep reserved, in fen."""
    total = session.scalar(
        select(func.sum(Voucher.reserved_fen))
        .join(IssueLine, IssueLine.voucher_id == Voucher.id)
        .where(IssueLine.issue_id == issue_id)
    )
    return int(total or 0)


def list_issue_lines(
    session: Session,
    keyring: Keyring,
    issue_id: int,
    *,
    outcome: str | None = None,
    after_position: int = 0,
    limit: int | None = None,
) -> list[LineView]:
    """Return the lines of an issue in order, people masked."""
    query = (
        select(IssueLine, Voucher)
        .outerjoin(Voucher, Voucher.id == IssueLine.voucher_id)
        .where(IssueLine.issue_id == issue_id, IssueLine.position > after_position)
        .order_by(IssueLine.position)
        .limit(limit)
    )
    if outcome is not None:
        query = query.where(IssueLine.outcome == outcome)
    rows = session.execute(query).all()
    named = people.read_people(session, keyring, [line.person_id for line, _ in rows])
    return [
        LineView(
            id=line.id,
            position=line.position,
            masked_name=mask_name(who.name) if (who := named.get(line.person_id)) else "",
            masked_number=mask_identity(who.number) if who and who.number else "",
            outcome=line.outcome,
            refusal=line.refusal,
            voucher_id=line.voucher_id,
            voucher_number=voucher.number if voucher is not None else None,
            replaces_voucher_id=line.replaces_voucher_id,
        )
        for line, voucher in rows
    ]
