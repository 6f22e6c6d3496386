"""Ask for a package, have it packed by the background, take it; asking and every download leave a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.audit import record_one
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.db import Database
from voucher.plumbing.files import FileStore
from voucher.plumbing.jobs import Job, JobState, Run, add_job
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.vocabulary import FundSource
from voucher.stages.oversee.handover.packing import pack
from voucher.stages.settle.queries.paid import PaidWish

JOB_KIND = "audit_export"
STATISTICS_KIND = "statistics_export"  # asked for in `drill_asking`, listed and forgotten like its neighbour
LEDGER_KIND = "ledger_export"  # asked for in `ledger_asking` by the desks of the money, listed there
LISTED = (JOB_KIND, STATISTICS_KIND)
KINDS = (*LISTED, LEDGER_KIND)
SOURCE = "豫办〔2021〕29号 四（三）专项审计; S2-Z3b"
WHO = (Role.SUPERVISOR, Role.AUDITOR)
DAYS_MOST = "audit_export_days_most"

SPAN_UNSOUND = reason(
    "export_span_unsound",
    "导出的期间不对：从 {since} 到 {until}",
    "开始日不晚于结束日，一次最多 {days} 天；更长的请分几次导出",
    SOURCE,
)
EXPORT_MISSING = reason(
    "export_missing",
    "没有找到这份导出包",
    "请从“我的导出”打开；只有申请的人能下载",
    SOURCE,
    Family.MISSING,
)
EXPORT_FORGOTTEN = reason(
    "export_forgotten",
    "这份导出包保留期满，已经删除",
    "仍然需要的，请按同样的期间重新申请",
    SOURCE,
    Family.MISSING,
)
EXPORT_BEYOND = reason(
    "export_beyond_regions",
    "导出包里有您现在不负责监管、审计的地区",
    "请按现在负责的地区重新申请一份导出包",
    SOURCE,
    Family.FORBIDDEN,
)
EXPORT_NOT_READY = reason(
    "export_not_ready",
    "导出包还没有生成好",
    "请稍后刷新“我的导出”",
    SOURCE,
    Family.CONFLICT,
)


def name_making(job_id: int) -> str:
    """Return how the folders begin in which the runs of a job make their file; each run has its own."""
    return f"ledger-{job_id}"


def ask_export(
    work: Work,
    since: date,
    until: date,
    *,
    fund: FundSource | None = None,
    institution_id: int | None = None,
    unmask_why: str | None = None,
) -> int:
    """Ask for a package of what was released from a day to a day, both counted; return the job.

    Names and numbers stay masked unless a reason is written. Raises Refused role_missing,
    export_span_unsound, parameter_missing.
    """
    check_role(work.actor, *WHO)
    most = require_parameter_number(work.session, DAYS_MOST, work.today, ())
    if not timedelta(0) <= until - since < timedelta(days=most):
        raise SPAN_UNSOUND.refused(since=since, until=until, days=most)
    asked: dict[str, object] = {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "fund": None if fund is None else str(fund),
        "institution_id": institution_id,
        "unmask_why": unmask_why,
        "regions": sorted(work.actor.regions_as(*WHO)),
    }
    job_id = add_job(work, JOB_KIND, asked)
    told = {name: value for name, value in asked.items() if value is not None and name != "regions"}
    record_one(work, JOB_KIND, job_id, "ask", **told)
    return job_id


def list_exports(session: Session, user_id: int, *, before_id: int | None, limit: int) -> Sequence[Job]:
    """Return what an account has asked for, the newest first."""
    query = select(Job).where(Job.kind.in_(LISTED), Job.created_by_user_id == user_id)
    if before_id is not None:
        query = query.where(Job.id < before_id)
    return session.scalars(query.order_by(Job.id.desc()).limit(limit)).all()


def take_export(work: Work, store: FileStore, job_id: int) -> BinaryIO:
    """Return a package of one's own, opened, and write the look down.

    Raises Refused role_missing, export_missing (also for somebody else's), export_not_ready,
    export_forgotten, export_beyond_regions, stored_file_missing, stored_file_damaged.
    """
    check_role(work.actor, *WHO)
    job = work.session.get(Job, job_id)
    if job is None or job.kind != JOB_KIND or job.created_by_user_id != work.actor.user_id:
        raise EXPORT_MISSING.refused()
    if job.state != JobState.DONE:
        raise EXPORT_NOT_READY.refused()
    if job.result is None:
        raise EXPORT_FORGOTTEN.refused()
    # a grant may have ended since it was asked for
    if not set(job.payload["regions"]) <= work.actor.regions_as(*WHO):
        raise EXPORT_BEYOND.refused()
    sha256 = str(job.result["sha256"])
    said = job.payload["unmask_why"]
    why = {} if said is None else {"why": said}
    record_one(work, JOB_KIND, job_id, "look", sha256=sha256, unmasked=said is not None, **why)
    return store.open(sha256)


def pack_as_job(
    database: Database, keyring: Keyring, now: Callable[[], datetime], store: FileStore
) -> Callable[[Run], Any]:
    """Return the handler of packages; run again, it packs again, and nothing of it changes the house."""

    def handle(run: Run) -> dict[str, object]:
        asked = run.payload
        wish = PaidWish(
            since=_start_of(date.fromisoformat(asked["since"])),
            before=_start_of(date.fromisoformat(asked["until"]) + timedelta(days=1)),
            fund_source=asked["fund"],
            institution_id=asked["institution_id"],
        )
        with database.read() as session:
            made = pack(
                session, keyring, asked["regions"], wish,
                made_at=now(), unmasked=asked["unmask_why"] is not None, progress=run.progress,
            )  # fmt: skip
        stored = store.put(made.content)
        return {
            "sha256": stored.sha256,
            "size": stored.size,
            "payments": made.payments,
            "amount_fen": made.amount_fen,
            "acts": made.acts,
            "left_out": made.left_out,
        }

    return handle


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=SHANGHAI)
