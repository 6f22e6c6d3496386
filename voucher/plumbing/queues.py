"""The seam to Huey: a store beside the database, and a message that is a job's number and nothing else.

Huey's own messages are pickles, so whoever could write to the store could run code in the worker. Here a
message is one decimal number; what is to be done stands in the `job` table.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from huey import Huey, MemoryHuey, PostgresHuey, SqliteHuey
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer
from sqlalchemy.engine import make_url

QUEUE_NAME = "voucher"
TASK_NAME = "run_job"
STORE_WAIT_SECONDS = 30
POLL_SECONDS = 1


class NumberSerializer(Serializer):  # type: ignore[misc]  # huey ships no types
    """Writes a message as the number of its job, and reads nothing else."""

    def _serialize(self, data: Message) -> bytes:
        (job_id,) = data.args
        return str(int(job_id)).encode("ascii")

    def _deserialize(self, data: bytes) -> Message:
        number = bytes(data).decode("ascii")
        if not number.isdecimal():
            raise ValueError("a queued message is not the number of a job")
        return Message(
            id=f"job-{number}", name=f"{__name__}.{TASK_NAME}", retries=0, args=(int(number),), kwargs={}
        )


class JobQueue:
    """Carries numbers of jobs from whoever pushes them to whoever is bound to run them; at most once."""

    def __init__(self, huey: Huey) -> None:
        self.huey = huey
        self._task: Any = None

    def bind(self, run: Callable[[int], None]) -> None:
        """Say what runs a job; once per queue."""

        def run_job(job_id: int) -> None:
            run(job_id)

        self._task = self.huey.task(name=TASK_NAME)(run_job)

    def push(self, job_id: int) -> None:
        """Put a job's number into the store; an immediate queue runs the job before this returns."""
        self._task(job_id)

    def count_waiting(self) -> int:
        """Return how many numbers nobody has taken yet."""
        return int(self.huey.storage.queue_size())

    def close(self) -> None:
        """Close the store's connection."""
        if hasattr(self.huey.storage, "close"):
            self.huey.storage.close()


class ThreadConsumer(Consumer):  # type: ignore[misc]  # huey ships no types
    """Takes numbers from the store in threads of this process, and leaves the process's signals alone."""

    def __init__(self, queue: JobQueue, threads: int) -> None:
        super().__init__(
            queue.huey,
            workers=threads,
            periodic=False,
            max_delay=POLL_SECONDS,
            check_worker_health=False,
        )

    def _set_signal_handlers(self) -> None:
        # Only a main thread may set them, and the web server of the demo has its own.
        return


def make_queue(database_url: str, *, immediate: bool = False) -> JobQueue:
    """Return the queue that belongs to a database: a file beside SQLite, tables inside PostgreSQL.

    Immediate queues keep nothing and run a job the moment it is pushed. A queue holds a connection, so it
    is made after a server forks, once per process.
    """
    url = make_url(database_url)
    options: dict[str, Any] = {"results": False, "serializer": NumberSerializer()}
    if immediate or (url.get_backend_name() == "sqlite" and not url.database):
        return JobQueue(MemoryHuey(QUEUE_NAME, immediate=immediate, **options))
    if url.get_backend_name() == "sqlite":
        beside = Path(str(url.database)).with_suffix(".queue.db")
        beside.parent.mkdir(parents=True, exist_ok=True)
        # No fsync: a message lost in a crash is pushed again by the sweep; the job row is what counts.
        options |= {"filename": str(beside), "timeout": STORE_WAIT_SECONDS, "fsync": False}
        return JobQueue(SqliteHuey(QUEUE_NAME, **options))
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return JobQueue(PostgresHuey(QUEUE_NAME, dsn=dsn, table_prefix="queue", **options))
