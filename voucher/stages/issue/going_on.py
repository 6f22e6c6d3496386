"""A roster that stopped at a restored database goes on by itself once that is reconciled."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger.restoring import UNRECONCILED, find_unreconciled
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.stages.issue.models_runs import IssueRun
from voucher.stages.issue.running import hand_over, lock_alone


def go_on_due(work: Work) -> int:
    """Hand the runs that stopped because nothing could be issued yet to the worker; return how many.

    They go on as whoever asked for them. Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    stopped = work.session.scalars(
        select(IssueRun).where(IssueRun.phase == "stopped").order_by(IssueRun.issue_id)
    ).all()
    paused = [each.issue_id for each in stopped if (each.stopped_by or {}).get("code") == UNRECONCILED.code]
    if not paused or find_unreconciled(work.session) is not None:
        return 0
    count = 0
    for issue_id in paused:
        run = lock_alone(work, issue_id)
        if run.phase == "stopped":
            run.phase, run.stopped_by, run.moved_at = "running", None, work.at
            hand_over(work, run, job=True)
            count += 1
    return count
