"""Lists and answers go when their time is over, a portion at a time; their digests and counts stay."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.windows import add_months
from voucher.stages.oversee.joins.models import (
    AuditJoin,
    AuditJoinConclusion,
    AuditJoinHit,
    AuditList,
    AuditListRow,
)

JOIN_KEPT_MONTHS = "audit_join_kept_months"
PORTION = 5_000


def forget_joined(work: Work) -> int:
    """Delete a portion of the lists, then of the answers, that have been kept long enough; 0 when done.

    Raises Refused role_missing, parameter_missing.
    """
    return forget_lists(work) or forget_joins(work)


def forget_lists(work: Work) -> int:
    """Delete a portion of the lines of lists whose last day has passed and return how many; 0 when done.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    each = work.session.scalars(
        select(AuditList)
        .where(AuditList.forgotten_at.is_(None), AuditList.keep_until < work.today)
        .order_by(AuditList.id)
        .limit(1)
        .with_for_update()
    ).first()
    if each is None:
        return 0
    gone = _delete_some(work.session, AuditListRow, AuditListRow.list_id == each.id, AuditListRow.line)
    if gone < PORTION:
        each.forgotten_at = work.at
        audit.record_one(work, "audit_list", each.id, "forget", rows=each.row_count)
    work.session.flush()
    return max(gone, 1)


def forget_joins(work: Work) -> int:
    """Delete a portion of the hits and conclusions of answers kept long enough; return how many, 0 when done.

    Raises Refused role_missing, parameter_missing.
    """
    check_role(work.actor, Role.CLOCK)
    each = _find_due(work)
    if each is None:
        return 0
    # from now on its rows may go; the database lets none go before
    each.forgotten_at = each.forgotten_at or work.at
    work.session.flush()
    gone = _delete_some(
        work.session,
        AuditJoinConclusion,
        AuditJoinConclusion.join_id == each.id,
        AuditJoinConclusion.position,
    )
    gone = gone or _delete_some(
        work.session, AuditJoinHit, AuditJoinHit.join_id == each.id, AuditJoinHit.position
    )
    audit.record_one(work, "audit_join", each.id, "forget", rows=gone, hits=each.hits, sha256=each.sha256)
    return max(gone, 1)


def keep_join_until(session: Session, found: AuditJoin) -> date:
    """Return the last day an answer's hits are kept, by the rule of the day it was given.

    Raises Refused parameter_missing.
    """
    on = day_of(found.ran_at)
    return add_months(on, require_parameter_number(session, JOIN_KEPT_MONTHS, on, ()))


def _find_due(work: Work) -> AuditJoin | None:
    """Return an answer that still has hits it should not have, one half forgotten before others."""
    left = select(AuditJoinHit.join_id).where(AuditJoinHit.join_id == AuditJoin.id).exists()
    half = work.session.scalars(
        select(AuditJoin).where(AuditJoin.forgotten_at.is_not(None), left).order_by(AuditJoin.id).limit(1)
    ).first()
    if half is not None:
        return half
    standing = work.session.scalars(
        select(AuditJoin).where(AuditJoin.forgotten_at.is_(None)).order_by(AuditJoin.id)
    )
    return next((each for each in standing if keep_join_until(work.session, each) < work.today), None)


def _delete_some(session: Session, table: Any, mine: Any, order: Any) -> int:
    """Delete the rows up to the end of a portion, and return how many."""
    last = session.scalar(select(order).where(mine).order_by(order).offset(PORTION - 1).limit(1))
    conditions = [mine] if last is None else [mine, order <= last]
    done = cast(CursorResult[Any], session.execute(delete(table).where(*conditions)))
    return int(done.rowcount)
