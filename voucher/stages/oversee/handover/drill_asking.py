"""Ask for the statistics of a region as a file, have it written by the background, take it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO

from voucher.ledger.audit import record_one
from voucher.plumbing.db import Database
from voucher.plumbing.files import FileStore
from voucher.plumbing.jobs import Job, JobState, Run, add_job
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import get_region
from voucher.rules.actor import check_reach, check_role
from voucher.rules.errors import Family, reason
from voucher.stages.oversee.handover.asking import (
    EXPORT_BEYOND,
    EXPORT_FORGOTTEN,
    EXPORT_MISSING,
    EXPORT_NOT_READY,
    STATISTICS_KIND,
    WHO,
)
from voucher.stages.oversee.handover.drill_tables import Depth, write_drill
from voucher.stages.oversee.statistics.reading import Wish, read_age

NOT_COUNTED = reason(
    "statistics_not_counted",
    "统计汇总还没有运行，现在没有可以导出的数字",
    "请几分钟后刷新页面再导出；超过十分钟请联系系统管理员",
    "【设】统计汇总",
    Family.CONFLICT,
)


class Form(StrEnum):
    """What the same figures are written as."""

    XLSX = "xlsx"
    CSV = "csv"


DIGEST = {Form.XLSX: "sha256", Form.CSV: "csv_sha256"}


def ask_statistics(work: Work, region_code: str, wish: Wish, depth: Depth, told: Mapping[str, str]) -> int:
    """Ask for the statistics of a region and all below it, down to a depth; return the job.

    `told` says in words what the wish means, label by label, for whoever reads the file.
    Raises Refused role_missing, region_foreign, region_unknown, statistics_not_counted.
    """
    check_reach(work.actor, region_code, *WHO)
    if read_age(work.session).counted_at is None:
        raise NOT_COUNTED.refused()
    asked: dict[str, object] = {
        "region": region_code,
        "region_name": get_region(work.session, region_code).name,
        "from_month": wish.from_month,
        "until_month": wish.until_month,
        "filters": dict(wish.filters),
        "depth": str(depth),
        "told": [list(each) for each in told.items()],  # kept in their order
    }
    job_id = add_job(work, STATISTICS_KIND, asked)
    record_one(work, STATISTICS_KIND, job_id, "ask", **asked)
    return job_id


def take_statistics(work: Work, store: FileStore, job_id: int, form: Form) -> BinaryIO:
    """Return a file of one's own, opened, and write the taking down.

    Raises Refused role_missing, export_missing (also for somebody else's), export_not_ready,
    export_forgotten, export_beyond_regions, stored_file_missing, stored_file_damaged.
    """
    check_role(work.actor, *WHO)
    job = work.session.get(Job, job_id)
    if job is None or job.kind != STATISTICS_KIND or job.created_by_user_id != work.actor.user_id:
        raise EXPORT_MISSING.refused()
    if job.state != JobState.DONE:
        raise EXPORT_NOT_READY.refused()
    if job.result is None:
        raise EXPORT_FORGOTTEN.refused()
    # a grant may have ended since it was asked for
    if job.payload["region"] not in work.actor.regions_as(*WHO):
        raise EXPORT_BEYOND.refused()
    sha256 = str(job.result[DIGEST[form]])
    record_one(work, STATISTICS_KIND, job_id, "take", sha256=sha256, form=str(form))
    return store.open(sha256)


def write_as_job(
    database: Database, now: Callable[[], datetime], store: FileStore
) -> Callable[[Run], dict[str, Any]]:
    """Return the handler of statistics exports; run again, it writes again and changes nothing else."""

    def handle(run: Run) -> dict[str, Any]:
        asked = run.payload
        wish = Wish(asked["from_month"], asked["until_month"], asked["filters"])
        with database.read() as session:
            made = write_drill(
                session, asked["region"], wish, Depth(asked["depth"]), dict(asked["told"]),
                made_at=now(), progress=run.progress,
            )  # fmt: skip
        book, lines = store.put(made.xlsx), store.put(made.csv)
        return {
            DIGEST[Form.XLSX]: book.sha256,
            DIGEST[Form.CSV]: lines.sha256,
            "size": book.size,
            "csv_size": lines.size,
            "rows": made.rows,
            "counted_until": made.counted_until,
        }

    return handle
