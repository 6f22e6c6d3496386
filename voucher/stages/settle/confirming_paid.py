"""恢复以后的付款核对: two finance people, each for themselves, say that what was paid since is entered."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.ledger.restoring import PAID_SOURCE, THING, RestoredCopy, RestoredPaid, find_unpaid
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import list_ancestry
from voucher.rules.actor import Role, check_reach
from voucher.rules.approval import SECOND_PERSON_NEEDED
from voucher.rules.errors import Family, reason
from voucher.rules.words import check_why

FINANCE_HANDS = (Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.FINANCE_RELEASER)

NOTHING_OPEN = reason(
    "restored_payments_confirmed",
    "这个地区没有等待核对的恢复，或已由两人核对",
    "不必办理；可以制单、签发、下载",
    PAID_SOURCE,
    Family.CONFLICT,
)


def confirm_paid(work: Work, region_code: str, words: str) -> bool:
    """Say for a region that what it paid after the backup is entered; return whether two have said so.

    It counts for the regions below as well, and for every restore that was noticed until now. Raises Refused
    role_missing, region_foreign, why_missing, restored_payments_confirmed, second_person_needed.
    """
    check_reach(work.actor, region_code, *FINANCE_HANDS)
    said = check_why(words)
    regions = list_ancestry(work.session, region_code)
    if find_unpaid(work.session, regions) is None:
        raise NOTHING_OPEN.refused()
    mine = select(RestoredPaid.copy_id).where(
        RestoredPaid.person_id == work.actor.person_id, RestoredPaid.region_code == region_code
    )
    copies = work.session.scalars(
        select(RestoredCopy.id).where(RestoredCopy.id.not_in(mine)).order_by(RestoredCopy.id)
    ).all()
    if not copies:
        raise SECOND_PERSON_NEEDED.refused()
    for copy_id in copies:
        work.session.add(
            RestoredPaid(
                copy_id=copy_id,
                region_code=region_code,
                person_id=work.actor.person_id,
                words=said,
                said_at=work.at,
            )
        )
        work.session.flush()
        audit.record_one(work, THING, copy_id, "confirm_paid", region=region_code, words=said)
    return find_unpaid(work.session, regions) is None


def list_paid_words(session: Session, regions: Sequence[str]) -> list[RestoredPaid]:
    """Return who has vouched for these regions since the last restore, in the order they did."""
    last = session.scalar(select(func.max(RestoredCopy.id)))
    return list(
        session.scalars(
            select(RestoredPaid)
            .where(RestoredPaid.copy_id == last, RestoredPaid.region_code.in_(regions))
            .order_by(RestoredPaid.said_at, RestoredPaid.region_code)
        )
    )
