"""The ledger as one workbook (账本工作簿): asked for, written in the background, taken when it is there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, send_file
from sqlalchemy.orm import Session

from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.settle.ledger_exports import (
    STATE_NAMES,
    LedgerExportFilter,
    LedgerExports,
    LedgerExportState,
    NewLedgerExport,
)
from voucher.plumbing.files import FileStore
from voucher.plumbing.jobs import Job, JobState
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import require_parameter_number
from voucher.stages.oversee.handover.keeping import KEPT_DAYS
from voucher.stages.oversee.handover.ledger_asking import (
    ask_ledger,
    get_ledger_export,
    list_ledger_exports,
    take_ledger,
)
from voucher.stages.settle.queries.ledger_search import LedgerWish, say_wish, search_ledger

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ledger_exports = Room("ledger_exports", __name__, url_prefix="/api/v1", description="账本工作簿")


@ledger_exports.look("/ledger-exports", query=LedgerExportFilter, answer=LedgerExports)
def list_exports(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本账号申请的账本工作簿，新的在前。"""
    user_id = current_actor().user_id
    page = paged(
        asked,
        lambda before, limit: list_ledger_exports(session, user_id, before_id=before, limit=limit),
        lambda row: row.id,
    )
    return page | {"items": [_tell(session, each) for each in page["items"]]}


@ledger_exports.act(
    "/ledger-exports",
    body=NewLedgerExport,
    answer=LedgerExportState,
    example={"year": 2024, "month": 12, "act": "spend"},
)
def ask_export(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """申请账本工作簿：本辖区的全部记账或其中一部分，不限行数，后台生成；上一份生成完才能再申请。"""
    month = None if given["month"] is None else (given["year"], given["month"])
    wish = LedgerWish(given["voucher_number"], given["act"], given["budget_id"], month)
    told = say_wish(work.session, work.actor.regions, wish)
    job_id = ask_ledger(work, search_ledger(work.session, wish), told)
    return _tell(work.session, get_ledger_export(work.session, work.actor.user_id, job_id))


@ledger_exports.look("/ledger-exports/<int:export_id>", answer=LedgerExportState)
def show_export(session: Session, _asked: dict[str, Any], export_id: int) -> dict[str, Any]:
    """一份工作簿生成到哪里；别人申请的和没有的一样。"""
    return _tell(session, get_ledger_export(session, current_actor().user_id, export_id))


@ledger_exports.route("/ledger-exports/<int:export_id>/content")
@ledger_exports.describe_look("take_export")
@ledger_exports.response(200, content_type=XLSX, schema={"type": "string", "format": "binary"})
def take_export(export_id: int) -> Response:
    """下载工作簿；每次下载都留痕，Digest 里是文件的 SHA-256。"""
    store, held = FileStore(the_door().config.exports_folder), list[str]()

    def take(work: Work) -> Any:
        job = get_ledger_export(work.session, work.actor.user_id, export_id)
        content = take_ledger(work, store, export_id)
        held[:] = [str(job.result["sha256"]) if job.result is not None else ""]
        return content

    answer = send_file(
        perform(take), mimetype=XLSX, as_attachment=True, download_name=f"ledger-all-{export_id}.xlsx"
    )
    answer.headers["Digest"] = f"sha-256={held[0]}"
    return answer


def _tell(session: Session, job: Job) -> dict[str, Any]:
    """Return a workbook's row as it goes out."""
    kept = timedelta(days=require_parameter_number(session, KEPT_DAYS, the_door().today, ()))
    result = job.result or {}
    done = job.state == JobState.DONE and job.result is not None
    return {
        "id": job.id,
        "state": job.state,
        "state_name": STATE_NAMES[JobState(job.state)],
        "conditions": [{"name": name, "value": value} for name, value in job.payload["told"]],
        "asked_at": job.created_at,
        "lines_done": job.progress_done,
        "lines_total": job.progress_total,
        "finished_at": job.finished_at,
        "kept_until": job.finished_at + kept if done and job.finished_at is not None else None,
        **{name: result.get(name) for name in ("lines", "amount_fen", "size", "sha256", "next_step")},
    }
