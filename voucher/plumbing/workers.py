"""The worker: threads that take jobs from the queue, and the clockwork that calls what is due.

Embedded in the demo's server, or alone as `voucher worker`. Every machine may run one: jobs are taken once,
and what is called by the clockwork must bear being called by several.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

import structlog

from voucher.plumbing.handling import Jobs
from voucher.plumbing.logs import describe_error
from voucher.plumbing.queues import ThreadConsumer

log = structlog.stdlib.get_logger(__name__)

SWEEP_SECONDS = 30
STOP_WAIT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Periodic:
    """Something to be called every so many seconds; it reads the clock and opens its own transactions."""

    name: str
    every_seconds: int
    call: Callable[[], object]

    def __post_init__(self) -> None:
        if self.every_seconds < 1:
            raise ValueError("a periodic call needs at least a second of rest")


class Worker:
    """Runs the jobs and the periodic calls of this process in threads of its own."""

    def __init__(
        self,
        jobs: Jobs,
        periodic: tuple[Periodic, ...] = (),
        *,
        threads: int = 1,
        sweep_seconds: int = SWEEP_SECONDS,
    ) -> None:
        self._consumer = ThreadConsumer(jobs.queue, threads)
        self._stop = threading.Event()
        self._clockworks = [
            threading.Thread(target=self._keep_calling, args=(each,), name=each.name, daemon=True)
            for each in (Periodic("sweep_jobs", sweep_seconds, jobs.sweep), *periodic)
        ]

    def start(self) -> None:
        """Start all threads and return."""
        self._consumer.start()
        for thread in self._clockworks:
            thread.start()

    def stop(self) -> None:
        """Ask all threads to finish what they are at, and wait for them for a while."""
        self._stop.set()
        self._consumer.stop(graceful=True)
        for thread in self._clockworks:
            thread.join(STOP_WAIT_SECONDS)

    def __enter__(self) -> Worker:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _keep_calling(self, periodic: Periodic) -> None:
        # One thread each: a slow call must not keep the sealer from its two seconds.
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                periodic.call()
            except Exception as error:  # noqa: BLE001 — the next call may succeed; the clockwork must not die
                log.error("periodic call failed", call=periodic.name, error=describe_error(error))
            self._stop.wait(max(0, periodic.every_seconds - (time.monotonic() - began)))


def run_worker(worker: Worker, until: threading.Event) -> None:
    """Run the worker until the event is set; whoever calls this in a main thread sets it on a signal."""
    with worker:
        until.wait()
