"""Work that outlives a request: asked for within an act, pushed after its commit, run by a handler.

A job may be run twice (a worker died, a sweep was early): handlers are written so that twice is once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import structlog

from voucher.plumbing import clock
from voucher.plumbing.db import Database
from voucher.plumbing.jobs import (
    SOURCE,
    Patience,
    Run,
    add_job,
    collect_lost,
    finish_job,
    note_progress,
    take_job,
)
from voucher.plumbing.logs import describe_error
from voucher.plumbing.queues import JobQueue
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.actor import Actor
from voucher.rules.errors import Family, Refused, reason

JOB_FAILED = reason(
    "job_failed",
    "后台任务因程序错误未能完成",
    "没有生效的部分可以重新提交；仍然失败时请联系系统管理员并告知任务编号",
    SOURCE,
    Family.UNAVAILABLE,
)

log = structlog.stdlib.get_logger(__name__)

Result = TypeVar("Result")
Handler = Callable[[Run], Any]

# Bookkeeping on job rows is nobody's act; what a handler does carries the actor it was registered with.
_BOOKKEEPER = Actor(user_id=0, login="jobs", person_id=0, grants=())


class Jobs:
    """The jobs of one process: handlers by kind, the queue, and the database they are kept in."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        queue: JobQueue,
        *,
        patience: Patience | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.queue = queue
        self._database = database
        self._keyring = keyring
        self._patience = patience or Patience()
        self._now = now
        self._handlers: dict[str, Handler] = {}
        queue.bind(self.run)

    def register(self, kind: str, handler: Handler) -> None:
        """Say what handles a kind of job. Raises ValueError for a kind registered twice."""
        if kind in self._handlers:
            raise ValueError(f"job kind {kind} is registered twice")
        self._handlers[kind] = handler

    def enqueue(self, work: Work, kind: str, payload: Any) -> int:
        """Ask for a job within the act's transaction and return its id; it is pushed after the commit.

        Raises KeyError for a kind nobody handles.
        """
        if kind not in self._handlers:
            raise KeyError(kind)
        job_id = add_job(work, kind, payload)
        work.after_commit(lambda: self._push(job_id))
        return job_id

    def run(self, job_id: int) -> None:
        """Run a queued job to its end; does nothing where it is not queued (any more).

        Never raises: the outcome stands in the row, and what could not even be written there is swept.
        """
        try:
            run = self._perform(lambda work: take_job(work, job_id))
            if run is None:
                return
            with self._heartbeat(run):
                result = self._call(run)
            self._perform(lambda work: finish_job(work, run, result))
        except Exception as error:  # noqa: BLE001 — the queue would log the text of the error, values and all
            log.error("job interrupted", job_id=job_id, error=describe_error(error))

    def sweep(self) -> int:
        """Push again what was queued or silent too long, fail what was tried too often; return how many.

        Harmless at any time and from several machines at once, since only a queued job can be taken.
        """
        lost = self._perform(lambda work: collect_lost(work, self._patience))
        for job_id in lost:
            self._push(job_id)
        return len(lost)

    def _perform(self, act: Callable[[Work], Result]) -> Result:
        return perform(self._database, self._keyring, _BOOKKEEPER, self._now(), act)

    def _push(self, job_id: int) -> None:
        try:
            self.queue.push(job_id)
        except Exception as error:  # noqa: BLE001 — the act is committed; the sweep will push again
            log.warning("job not pushed", job_id=job_id, error=describe_error(error))

    def _call(self, run: Run) -> Any:
        try:
            return self._handlers[run.kind](run)
        except Refused as refused:
            return refused.refusal
        except Exception as error:  # noqa: BLE001 — whatever it is, the row must say that the job is over
            log.error("job failed", job_id=run.job_id, kind=run.kind, error=describe_error(error))
            return JOB_FAILED.refusal()

    @contextmanager
    def _heartbeat(self, run: Run) -> Iterator[None]:
        """Tell the row, from a thread of its own, that the run is alive and how far it is.

        A handler inside its transaction holds SQLite's only write lock; telling from its own thread would
        wait for itself.
        """
        stop = threading.Event()

        def beat() -> None:
            while not stop.wait(self._patience.heartbeat.total_seconds()):
                try:
                    self._perform(lambda work: note_progress(work, run))
                except Exception as error:  # noqa: BLE001 — a missed beat is no reason to stop the work
                    log.warning("heartbeat missed", job_id=run.job_id, error=describe_error(error))

        thread = threading.Thread(target=beat, name=f"heartbeat-{run.job_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
