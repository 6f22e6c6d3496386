"""A list's lines go when its time is over; what it was, its digest and what it found stay."""

from __future__ import annotations

from sqlalchemy import delete, select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.stages.oversee.joins.models import AuditList, AuditListRow


def forget_lists(work: Work) -> int:
    """Delete the lines of lists whose last day has passed and return how many lists that were.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    old = work.session.scalars(
        select(AuditList)
        .where(AuditList.forgotten_at.is_(None), AuditList.keep_until < work.today)
        .order_by(AuditList.id)
        .with_for_update()
    ).all()
    for each in old:
        work.session.execute(delete(AuditListRow).where(AuditListRow.list_id == each.id))
        each.forgotten_at = work.at
        audit.record_one(work, "audit_list", each.id, "forget", rows=each.row_count)
    work.session.flush()
    return len(old)
