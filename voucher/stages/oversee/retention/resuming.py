"""A run whose job gave up is taken up again by the clock, where it was cut off: none stays half done."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select

from voucher.plumbing.jobs import Job, JobState, add_job
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.stages.oversee.retention.asking import CARRY_OUT, JOB_KIND, LIST
from voucher.stages.oversee.retention.models import RetentionRun

# what made a job fail is rarely over the next minute
PAUSE = timedelta(minutes=10)


def resume_runs(work: Work) -> int:
    """Ask for a job again for every run that has work to do and no job, and return how many.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    unfinished = work.session.scalars(
        select(RetentionRun)
        .where(
            RetentionRun.ended_at.is_(None),
            or_(RetentionRun.listed_at.is_(None), RetentionRun.confirmed_at.is_not(None)),
        )
        .order_by(RetentionRun.id)
    ).all()
    if not unfinished:
        return 0
    busy = {
        payload["run"]
        for payload in work.session.scalars(
            select(Job.payload).where(
                Job.kind == JOB_KIND,
                or_(
                    Job.state.in_((JobState.QUEUED, JobState.RUNNING)),
                    Job.finished_at > work.at - PAUSE,
                ),
            )
        )
    }
    left = [each for each in unfinished if each.id not in busy]
    for each in left:
        add_job(work, JOB_KIND, {"run": each.id, "step": LIST if each.confirmed_at is None else CARRY_OUT})
    return len(left)
