"""How long a package lies on disk: so many days after it was made, then the clock deletes it.

What was asked for, by whom, why, and every download stay: the job's row and the trail are not touched.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.audit import record_one
from voucher.plumbing.files import FileStore
from voucher.plumbing.jobs import Job, JobState
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.stages.oversee.handover.asking import KINDS, name_making

KEPT_DAYS = "audit_export_kept_days"
FILES = ("sha256", "csv_sha256")  # what of a result names a file; the statistics are in two
OPEN = (JobState.QUEUED, JobState.RUNNING)


def forget_exports(work: Work, store: FileStore) -> int:
    """Delete packages kept long enough and whatever no package's row names; return how many rows that were.

    So do the folders of runs that stopped in the middle, once their job is over.

    Raises Refused role_missing, parameter_missing.
    """
    check_role(work.actor, Role.CLOCK)
    # listed before the rows are read: a file that comes later is looked at the next time
    lying, making = store.list_digests(), store.list_making()
    days = require_parameter_number(work.session, KEPT_DAYS, work.today, ())
    old = _list_made(work.session, work.at - timedelta(days=days))
    for job, files in old:
        record_one(work, job.kind, job.id, "forget", sha256=files[0])
        job.result = None
    work.session.flush()
    open_ones = _list_open(work.session)
    # a run that was silent too long may still live: its folder stays as long as its job is not over
    made = {name_making(job_id) for job_id in open_ones}
    for name in making:
        if name not in made and name.rpartition("-")[0] not in made:
            store.give_up_making(name)
    # while a package is being made its file lies there before its row says so
    if lying and not open_ones:
        kept = {sha256 for _, files in _list_made(work.session) for sha256 in files}
        for sha256 in sorted(lying - kept):
            store.remove(sha256)
    return len(old)


def _list_made(session: Session, before: datetime | None = None) -> list[tuple[Job, list[str]]]:
    """Return the packages that are there, each with the digests of its files."""
    query = select(Job).where(Job.kind.in_(KINDS), Job.state == JobState.DONE, Job.result.is_not(None))
    if before is not None:
        query = query.where(Job.finished_at < before)
    found = session.scalars(query.order_by(Job.id))
    return [
        (job, [str(job.result[each]) for each in FILES if each in job.result])
        for job in found
        if job.result is not None
    ]


def _list_open(session: Session) -> set[int]:
    """Return the jobs of packages that are waited for."""
    return set(session.scalars(select(Job.id).where(Job.kind.in_(KINDS), Job.state.in_(OPEN))))
