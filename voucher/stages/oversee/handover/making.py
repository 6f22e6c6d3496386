"""Which job makes which export."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from voucher.plumbing.db import Database
from voucher.plumbing.files import FileStore
from voucher.plumbing.handling import Jobs
from voucher.plumbing.secrets import Keyring
from voucher.stages.oversee.handover import ledger_asking
from voucher.stages.oversee.handover.asking import JOB_KIND, LEDGER_KIND, STATISTICS_KIND, pack_as_job
from voucher.stages.oversee.handover.drill_asking import write_as_job


def register(
    jobs: Jobs, database: Database, keyring: Keyring, now: Callable[[], datetime], store: FileStore
) -> None:
    """Name the handlers of every export to the queue."""
    jobs.register(JOB_KIND, pack_as_job(database, keyring, now, store))
    jobs.register(STATISTICS_KIND, write_as_job(database, now, store))
    jobs.register(LEDGER_KIND, ledger_asking.write_as_job(database, now, store))
