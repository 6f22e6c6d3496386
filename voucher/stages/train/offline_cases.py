"""A case (离线登记待核查): the office says what came of an unconfirmed scan, which redeems nobody."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import check_role
from voucher.rules.errors import Family, reason
from voucher.rules.offline import SOURCE
from voucher.rules.words import check_why
from voucher.stages.train.models.offline import CONFLICT, OfflineScan
from voucher.stages.train.reading import OFFICERS, load_class, reaches_class

OFFLINE_CASE_MISSING = reason(
    "offline_case_missing",
    "没有找到这条离线登记，或已经办结",
    "请从“离线登记待核查”列表重新选择",
    SOURCE,
    Family.MISSING,
)


def close_case(work: Work, scan_id: int, conclusion: str) -> OfflineScan:
    """Write down what was found out about a conflict and return it.

    Raises Refused role_missing, offline_case_missing (also for a foreign one), why_missing.
    """
    check_role(work.actor, *OFFICERS)
    words = check_why(conclusion)
    found = work.session.scalars(
        select(OfflineScan)
        .where(OfflineScan.id == scan_id, OfflineScan.outcome == CONFLICT, OfflineScan.closed_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None or not reaches_class(work.actor, load_class(work.session, found.class_id)):
        raise OFFLINE_CASE_MISSING.refused()
    found.closed_at, found.closed_by_person_id, found.conclusion = (
        work.at,
        work.actor.person_id,
        words,
    )
    work.session.flush()
    audit.record_one(work, "offline_scan", found.id, "close", conclusion=words)
    return found
