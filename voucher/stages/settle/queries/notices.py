"""Public notices as anybody may read them: masked by type, never a full number, never an account."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.notices import Notice, Objection
from voucher.stages.settle.objection import NOTICE_NOT_OPEN, OBJECTION_MISSING
from voucher.stages.settle.published import PUBLISHED, NoticeLine, list_notice_lines

__all__ = ["PUBLISHED", "NoticeLine", "list_notice_lines"]


def list_notices(
    session: Session, *, state: str | None = None, before_id: int | None = None, limit: int = 20
) -> list[Notice]:
    """Return the newest notices that have not been withdrawn, all of them or those in one state."""
    query = select(Notice).where(Notice.state != "withdrawn")
    if state is not None:
        query = query.where(Notice.state == state)
    if before_id is not None:
        query = query.where(Notice.id < before_id)
    return list(session.scalars(query.order_by(Notice.id.desc()).limit(limit)))


def get_notice(session: Session, notice_id: int) -> Notice:
    """Return a notice. Raises Refused notice_not_open where there is none to see."""
    found = session.get(Notice, notice_id)
    if found is None or found.state == "withdrawn":
        raise NOTICE_NOT_OPEN.refused()
    return found


def sum_notice(session: Session, notice: Notice) -> tuple[int, int]:
    """Return how many lines a notice shows and their sum in fen."""
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(Claim.amount_fen), 0)).where(
            Claim.batch_id == notice.batch_id, Claim.state.in_(PUBLISHED)
        )
    ).one()
    return count, int(total)


def list_objections(
    session: Session,
    regions: Collection[str],
    *,
    state: str | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[tuple[Objection, Claim]]:
    """Return the newest objections of these regions with the claims they are against."""
    query = (
        select(Objection, Claim)
        .join(Claim, Claim.id == Objection.claim_id)
        .where(Claim.region_code.in_(sorted(regions)))
        .order_by(Objection.id.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(Objection.state == state)
    if before_id is not None:
        query = query.where(Objection.id < before_id)
    return [(objection, claim) for objection, claim in session.execute(query)]


def get_objection_by_number(session: Session, number: str) -> Objection:
    """Return an objection by the number its author was given. Raises Refused objection_missing."""
    found = session.scalars(select(Objection).where(Objection.number == number.strip())).first()
    if found is None:
        raise OBJECTION_MISSING.refused(number=number.strip()[:40])
    return found
