"""Ask for the whole ledger as a workbook, have it written by the background, take it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.audit import record_one
from voucher.ledger.entries import EntrySearch, bound, count_entries
from voucher.ledger.postings import Transfer
from voucher.plumbing.db import Database
from voucher.plumbing.files import FileStore
from voucher.plumbing.jobs import Job, JobState, Run, add_job
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.stages.oversee.handover.asking import LEDGER_KIND, name_making
from voucher.stages.oversee.handover.ledger_book import write_ledger

SOURCE = "【设】账本导出；豫办〔2021〕29号 四（三）专项审计"
WHO = (
    Role.OPERATOR, Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE,
    Role.FINANCE_APPROVER, Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.FINANCE_RELEASER,
    Role.SUPERVISOR, Role.AUDITOR,
)  # fmt: skip
OPEN = (JobState.QUEUED, JobState.RUNNING)

LEDGER_EXPORT_OPEN = reason(
    "ledger_export_open",
    "您申请的上一份账本工作簿还在生成",
    "请在“账本工作簿”里等它生成后下载，再申请下一份",
    SOURCE,
    Family.CONFLICT,
)
LEDGER_EXPORT_EMPTY = reason(
    "ledger_export_empty",
    "本辖区没有符合条件的记账，没有生成工作簿",
    "请核对券号、预算、事项和月份，换一个条件后再申请",
    SOURCE,
    Family.MISSING,
)
LEDGER_EXPORT_MISSING = reason(
    "ledger_export_missing",
    "没有找到这份账本工作簿",
    "请从“账本工作簿”打开；只有申请的人能下载",
    SOURCE,
    Family.MISSING,
)
LEDGER_EXPORT_NOT_READY = reason(
    "ledger_export_not_ready",
    "这份账本工作簿还没有生成好",
    "请稍后刷新“账本工作簿”；显示“未能生成”的请重新申请",
    SOURCE,
    Family.CONFLICT,
)
LEDGER_EXPORT_FORGOTTEN = reason(
    "ledger_export_forgotten",
    "这份账本工作簿保留期满，已经删除",
    "仍然需要的，请在“账本”按同样的条件重新生成",
    SOURCE,
    Family.MISSING,
)
LEDGER_EXPORT_BEYOND = reason(
    "ledger_export_beyond_regions",
    "这份账本工作簿里有您现在不负责的地区",
    "请按现在负责的地区重新生成一份",
    SOURCE,
    Family.FORBIDDEN,
)


def ask_ledger(work: Work, wanted: EntrySearch, told: Sequence[tuple[str, str]]) -> int:
    """Ask for every line of one's regions a search finds, as of now; return the job.

    `told` says in words what the search means, for whoever reads the file.
    Raises Refused role_missing, ledger_export_open, ledger_export_empty (also for what is posted elsewhere),
    and of two askings at once, which both find none open, job_open_already for the second.
    """
    check_role(work.actor, *WHO)
    mine = Job.created_by_user_id == work.actor.user_id
    open_ones = select(Job.id).where(Job.kind == LEDGER_KIND, mine, Job.state.in_(OPEN))
    if work.session.scalar(open_ones.limit(1)) is not None:
        raise LEDGER_EXPORT_OPEN.refused()
    regions = work.actor.regions_as(*WHO)
    # a file without a line would look like an answer
    if not count_entries(work.session, regions, bound(work.session, wanted), most=1):
        raise LEDGER_EXPORT_EMPTY.refused()
    newest = work.session.scalar(select(func.max(Transfer.id))) or 0
    asked: dict[str, object] = {
        "regions": sorted(regions),
        "budget_id": wanted.budget_id,
        "voucher_id": wanted.voucher_id,
        "claim_ids": list(wanted.claim_ids),
        "act": wanted.act,
        "since": None if wanted.since is None else wanted.since.isoformat(),
        "before": None if wanted.before is None else wanted.before.isoformat(),
        "before_id": newest + 1,
        "told": [list(each) for each in told],
    }
    job_id = add_job(work, LEDGER_KIND, asked, alone_key=f"{LEDGER_KIND} {work.actor.user_id}")
    record_one(work, LEDGER_KIND, job_id, "ask", told="；".join(f"{name} {value}" for name, value in told))
    return job_id


def list_ledger_exports(
    session: Session, user_id: int, *, before_id: int | None, limit: int
) -> Sequence[Job]:
    """Return the workbooks an account has asked for, the newest first."""
    query = select(Job).where(Job.kind == LEDGER_KIND, Job.created_by_user_id == user_id)
    if before_id is not None:
        query = query.where(Job.id < before_id)
    return session.scalars(query.order_by(Job.id.desc()).limit(limit)).all()


def get_ledger_export(session: Session, user_id: int, job_id: int) -> Job:
    """Return a workbook of an account's own asking. Raises Refused ledger_export_missing for others'."""
    job = session.get(Job, job_id)
    if job is None or job.kind != LEDGER_KIND or job.created_by_user_id != user_id:
        raise LEDGER_EXPORT_MISSING.refused()
    return job


def take_ledger(work: Work, store: FileStore, job_id: int) -> BinaryIO:
    """Return a workbook of one's own, opened, and write the taking down.

    Raises Refused role_missing, ledger_export_missing (also for somebody else's), ledger_export_not_ready,
    ledger_export_forgotten, ledger_export_beyond_regions, stored_file_missing, stored_file_damaged.
    """
    check_role(work.actor, *WHO)
    job = get_ledger_export(work.session, work.actor.user_id, job_id)
    if job.state != JobState.DONE:
        raise LEDGER_EXPORT_NOT_READY.refused()
    if job.result is None:
        raise LEDGER_EXPORT_FORGOTTEN.refused()
    # a grant may have ended since it was asked for
    if not set(job.payload["regions"]) <= work.actor.regions_as(*WHO):
        raise LEDGER_EXPORT_BEYOND.refused()
    sha256 = str(job.result["sha256"])
    record_one(work, LEDGER_KIND, job_id, "take", sha256=sha256)
    return store.open(sha256)


def write_as_job(
    database: Database, now: Callable[[], datetime], store: FileStore
) -> Callable[[Run], dict[str, Any]]:
    """Return the handler of ledger workbooks; run again, it writes the same lines again and nothing else."""

    def handle(run: Run) -> dict[str, Any]:
        asked = run.payload
        wanted = EntrySearch(
            asked["budget_id"], asked["voucher_id"], tuple(asked["claim_ids"]), asked["act"],
            _moment(asked["since"]), _moment(asked["before"]),
        )  # fmt: skip
        # a run that was silent too long may live on beside the next one
        with store.make_in(f"{name_making(run.job_id)}-{run.attempt}") as folder:
            book = folder.joinpath("ledger.xlsx")
            sums = write_ledger(
                database, asked["regions"], wanted, [(name, value) for name, value in asked["told"]],
                before_id=asked["before_id"], to=book, made_at=now(), progress=run.progress,
            )  # fmt: skip
            with book.open("rb") as file:
                stored = store.put(file)
        return {
            "sha256": stored.sha256,
            "size": stored.size,
            "lines": sums.lines,
            "amount_fen": sums.amount_fen,
        }

    return handle


def _moment(said: str | None) -> datetime | None:
    return None if said is None else datetime.fromisoformat(said)
