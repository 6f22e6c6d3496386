"""The table of jobs: a row says what is to be done, how far it is and what came of it.

The queue delivers at most once and may forget, so the row is the truth. Only a queued row can be taken, and
only the latest run of a row may write its outcome; so a row pushed twice is still run once at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, and_, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Json, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, Refusal, reason

SOURCE = "【设】后台任务"
OPEN_ALONE = "alone_key IS NOT NULL AND state IN ('queued', 'running')"

JOB_LOST = reason(
    "job_lost",
    "后台任务多次中断，已停止重试",
    "请联系系统管理员检查后台服务后重新提交",
    SOURCE,
    Family.UNAVAILABLE,
)
# whatever kind of job it is: the index knows the key only
JOB_OPEN_ALREADY = reason(
    "job_open_already",
    "您申请的同一类文件正在生成",
    "请等它生成后再申请下一份",
    SOURCE,
    Family.CONFLICT,
)
translate("uq_job_open_alone", "job.alone_key", JOB_OPEN_ALREADY)


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Model):
    """One piece of work asked for: what, how far, and what came of it."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state_known"),
        CheckConstraint(
            "(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name="finished_when_over"
        ),
        CheckConstraint("(state = 'failed') = (error_code IS NOT NULL)", name="failed_with_code"),
        Index("ix_job_state", "state", "pushed_at"),
        Index("uq_job_open_alone", "alone_key", unique=True,
              sqlite_where=text(OPEN_ALONE), postgresql_where=text(OPEN_ALONE)),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    state: Mapped[str] = mapped_column(Text, nullable=False, default=JobState.QUEUED)
    progress_done: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    progress_total: Mapped[int | None] = mapped_column(Int64)
    payload: Mapped[Any] = mapped_column(Json, nullable=False)
    result: Mapped[Any | None] = mapped_column(Json)
    error_code: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    pushed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_by_user_id: Mapped[int] = mapped_column(Int64, nullable=False)
    attempts: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    # of those with the same key one is open at a time
    alone_key: Mapped[str | None] = mapped_column(Text)


@dataclass(slots=True)
class Run:
    """One run of a job, as its handler sees it: what is asked, who asked, and where to say how far it is."""

    job_id: int
    kind: str
    attempt: int
    payload: Any
    created_by_user_id: int
    done: int = 0
    total: int | None = None

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how far the work is; cheap, and safe inside a transaction: it is written from elsewhere."""
        self.done = done
        self.total = total if total is not None else self.total


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a job may be silent before it is taken for lost, and how often it is tried."""

    queued: timedelta = timedelta(minutes=1)
    running: timedelta = timedelta(minutes=5)
    heartbeat: timedelta = timedelta(seconds=2)
    attempts: int = 3


def add_job(work: Work, kind: str, payload: Any, *, alone_key: str | None = None) -> int:
    """Write a queued job and return its id; pushing it is left to whoever knows the queue.

    A second job with the same `alone_key` is not kept while the first is open.
    Raises Refused job_open_already.
    """
    job = Job(
        kind=kind,
        payload=payload,
        created_at=work.at,
        pushed_at=work.at,
        created_by_user_id=work.actor.user_id,
        alone_key=alone_key,
    )
    work.session.add(job)
    work.session.flush()
    return job.id


def take_job(work: Work, job_id: int) -> Run | None:
    """Take a queued job and return its run; None where it is not queued (any more)."""
    taken = work.session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.QUEUED)
        .values(state=JobState.RUNNING, started_at=work.at, seen_at=work.at, attempts=Job.attempts + 1)
        .returning(Job.kind, Job.attempts, Job.payload, Job.created_by_user_id)
    ).one_or_none()
    if taken is None:
        return None
    return Run(job_id, taken.kind, taken.attempts, taken.payload, taken.created_by_user_id)


def note_progress(work: Work, run: Run) -> None:
    """Write how far the run is and that it is alive, unless another run has begun since."""
    work.session.execute(
        update(Job)
        .where(*_latest(run))
        .values(seen_at=work.at, progress_done=run.done, progress_total=run.total)
    )


def finish_job(work: Work, run: Run, result: Any) -> None:
    """Write what came of the run: a refusal fails the job, anything else is its result."""
    refusal = result if isinstance(result, Refusal) else None
    work.session.execute(
        update(Job)
        .where(*_latest(run))
        .values(
            state=JobState.DONE if refusal is None else JobState.FAILED,
            error_code=None if refusal is None else refusal.code,
            result=result if refusal is None else _told(refusal),
            progress_done=run.done,
            progress_total=run.total,
            seen_at=work.at,
            finished_at=work.at,
        )
    )


def collect_lost(work: Work, patience: Patience) -> list[int]:
    """Put back to the queue what was queued or silent too long, and fail what was tried too often.

    Returns the ids to push again.
    """
    silent = and_(Job.state == JobState.RUNNING, Job.seen_at < work.at - patience.running)
    refusal = JOB_LOST.refusal()
    work.session.execute(
        update(Job)
        .where(silent, Job.attempts >= patience.attempts)
        .values(state=JobState.FAILED, error_code=refusal.code, result=_told(refusal), finished_at=work.at)
    )
    waiting = and_(Job.state == JobState.QUEUED, Job.pushed_at < work.at - patience.queued)
    lost = list(
        work.session.scalars(select(Job.id).where(or_(silent, waiting)).order_by(Job.id).with_for_update())
    )
    work.session.execute(update(Job).where(Job.id.in_(lost)).values(state=JobState.QUEUED, pushed_at=work.at))
    return lost


def _latest(run: Run) -> tuple[Any, ...]:
    return Job.id == run.job_id, Job.state == JobState.RUNNING, Job.attempts == run.attempt


def _told(refusal: Refusal) -> dict[str, str]:
    return {"title": refusal.title, "next_step": refusal.next_step}
